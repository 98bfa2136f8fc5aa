// A client that nobody drives: it logs in by itself, as the query says, tells an address what the library says, and does
// what it is answered.
import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

import type { News } from './client-page';
import { lab, savedSession, start } from './matrix';

const query = new URLSearchParams(location.search);
const param = (name: string) => query.get(name) ?? '';
const loadedAt = performance.timeOrigin;

async function tell(): Promise<void> {
  const { cryptoStore, recovery, counts } = lib.getSnapshot();
  const report = JSON.parse(await lib.collectCryptoDiagReport(lab.client));
  const news: News = {
    loadedAt,
    syncState: lab.client?.getSyncState() ?? null,
    cryptoStore,
    recovery,
    oldKeys: counts['KE-1'],
    conclusions: Object.fromEntries(
      report.diagnosis.findings.map(({ id, conclusion }: Record<string, string>) => [id, conclusion]),
    ),
  };
  const answer = await fetch(param('tell'), { method: 'POST', body: JSON.stringify(news) });
  if ((await answer.text()) === 'reload') location.reload();
}

async function keepTelling(): Promise<void> {
  for (;;) {
    // Nobody hears while the browser has no network; what is said after that counts.
    await tell().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

void keepTelling();
const session = savedSession();
if (session) await start(session);
else await lab.login(param('homeserver'), param('user'), param('password'));
