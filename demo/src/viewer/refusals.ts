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
    const existing = byKey.get(name);
    if (!existing) byKey.set(name, { ...detail, lines: count, firstTs, lastTs });
    else {
      existing.lines += count;
      existing.lastTs = existing.lastTs > lastTs ? existing.lastTs : lastTs;
      existing.firstTs = existing.firstTs < firstTs ? existing.firstTs : firstTs;
    }
  }
  return [...byKey.values()].sort((a, b) => a.firstTs.localeCompare(b.firstTs));
}
