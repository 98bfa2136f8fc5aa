import type { CryptoDiagReport, Refusal } from 'lotus-crypto-diag';

export type RefusedKey = Refusal & { lines: number; firstTs: string; lastTs: string };

/** The refused keys of a report, each once, in the order of their first refusal. */
export function refusalsOf(report: CryptoDiagReport): RefusedKey[] {
  const byKey = new Map<string, RefusedKey>();
  const entries = [report, ...report.earlier].flatMap((page) => page.entries);
  for (const { detail, count, firstTs, lastTs } of entries) {
    if (detail.kind !== 'refusal') continue;
    const { keyId, oldKey, newKey } = detail;
    const name = JSON.stringify([keyId, oldKey, newKey]);
    const known = byKey.get(name);
    if (!known) byKey.set(name, { ...detail, lines: count, firstTs, lastTs });
    else {
      known.lines += count;
      known.lastTs = known.lastTs > lastTs ? known.lastTs : lastTs;
      known.firstTs = known.firstTs < firstTs ? known.firstTs : firstTs;
    }
  }
  return [...byKey.values()].sort((a, b) => a.firstTs.localeCompare(b.firstTs));
}
