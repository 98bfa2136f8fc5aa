// What a failed test leaves for analysis: the console and report of each client, the requests through the proxy, and
// the server's log of that time.
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import type { BrowserContext, TestInfo } from '@playwright/test';

import type { LoggedRequest, ServerInfo } from './homeserver';

const REPORT_BOUND_MS = 5000;

interface HomeserverLogs {
  requests(): Promise<LoggedRequest[]>;
  server(): Promise<ServerInfo>;
}

export type Artefacts = ReturnType<typeof watch>;

export function watch(context: BrowserContext, homeserver: HomeserverLogs) {
  const lines: string[] = [];
  const note = (page: string | undefined, line: string) =>
    lines.push(`${new Date().toISOString()} ${page?.split('/').at(-1)} ${line}`);
  context.on('console', (line) => note(line.page()?.url(), `${line.type()}: ${line.text()}`));
  context.on('weberror', (error) => note(error.page()?.url(), `uncaught: ${error.error().stack}`));
  const logStart = homeserver.server().then(({ logFile }) => ({ logFile, start: statSync(logFile).size }));

  return {
    async keepIfFailed(info: TestInfo, name: string): Promise<void> {
      const { logFile, start } = await logStart;
      if (info.status === info.expectedStatus) return;
      const keep = (what: string, contents: string) => writeFileSync(info.outputPath(`${name}-${what}`), contents);
      keep('console.log', lines.join('\n'));
      for (const [index, page] of context.pages().entries()) {
        const report = page
          .evaluate(() => window.lib.buildCryptoDiagReport(window.lab?.client ?? null))
          .catch((error) => String(error));
        const late = new Promise<string>((resolve) => setTimeout(resolve, REPORT_BOUND_MS, 'no answer').unref());
        keep(`report-${index + 1}.json`, await Promise.race([report, late]));
      }
      keep('requests.json', JSON.stringify(await homeserver.requests(), null, 1));
      keep('homeserver.log', await text(createReadStream(logFile, { start })));
      console.log(`  Kept of ${name} for reading: ${info.outputPath(`${name}-*`)}`);
    },
  };
}
