// A client without a test driver: logs in by itself according to the query, reports the library's state to an address,
// and executes the commands in the answers.
import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

import type { PageStatus } from './client-page';
import { lab, savedSession, start } from './matrix';

const query = new URLSearchParams(location.search);
const param = (name: string) => query.get(name) ?? '';
const loadedAt = performance.timeOrigin;

async function sendStatus(): Promise<void> {
  const { cryptoStore, recovery, counts } = lib.getSnapshot();
  const report = JSON.parse(await lib.collectCryptoDiagReport(lab.client));
  const status: PageStatus = {
    loadedAt,
    syncState: lab.client?.getSyncState() ?? null,
    cryptoStore,
    recovery,
    oldKeys: counts['KE-1'],
    conclusions: Object.fromEntries(
      report.diagnosis.findings.map(({ id, conclusion }: Record<string, string>) => [id, conclusion]),
    ),
  };
  const answer = await fetch(param('reportTo'), { method: 'POST', body: JSON.stringify(status) });
  if ((await answer.text()) === 'reload') location.reload();
}

async function sendStatusRepeatedly(): Promise<void> {
  for (;;) {
    // Fails while the browser has no network; only later reports matter.
    await sendStatus().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

void sendStatusRepeatedly();
const session = savedSession();
if (session) await start(session);
else await lab.login(param('homeserver'), param('user'), param('password'));
