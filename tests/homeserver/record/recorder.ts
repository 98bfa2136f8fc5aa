// Writes down what clients log and upload, in the format that `fixtures/recorded/README.md` tells of.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { BrowserContext } from '@playwright/test';

import type { KeyUpload } from '../homeserver';
import { labelOf } from './labels';
import { watchConsole } from './watch-console';

const FOLDER = process.env['RECORD_TO'] || fileURLToPath(new URL('../../fixtures/recorded', import.meta.url));
const LINES_OF_A_SHAPE = 20;

interface Logged {
  at: number;
  level: string;
  args: unknown[];
  text: string;
}

export type Recorder = ReturnType<typeof recorder>;

export function recorder(scenario: string) {
  const start = Date.now();
  const lines: (Logged & { frame: string })[] = [];

  return {
    /** @param name which browser profile it is: `A`, `B` */
    async watch(context: BrowserContext, name: string) {
      await context.exposeBinding('recordLine', ({ page, frame }, line: string) => {
        const tab = context.pages().indexOf(page) + 1;
        const place = frame === page.mainFrame() ? 'main' : 'iframe';
        lines.push({ ...JSON.parse(line), frame: `${name}/tab${tab}/${place}` });
      });
      await context.addInitScript(watchConsole);
    },

    /** Replaces the recording that was made of the scenario before, with whichever SDK. */
    save(sdkVersion: string, uploads: KeyUpload[]) {
      const seen = new Map<string, number>();
      const kept = lines
        .sort((a, b) => a.at - b.at)
        .filter(({ level, text }) => {
          const shape = `${level} ${text.replace(/\S*\d\S*/g, '#').slice(0, 200)}`;
          seen.set(shape, (seen.get(shape) ?? 0) + 1);
          return (seen.get(shape) ?? 0) <= LINES_OF_A_SHAPE;
        });
      const about = { scenario, sdk_version: sdkVersion };
      write(
        '',
        kept.map(({ at, ...line }) => ({ ...about, t_ms: at - start, ...line, label: labelOf(line.text) })),
      );
      write(
        'uploads-',
        uploads.map((upload) => ({
          ...about,
          t_ms: upload.at - start,
          method: upload.method,
          path: upload.path,
          status: upload.status,
          duration_ms: upload.ms,
          one_time_keys: upload.oneTimeKeys,
          has_device_keys: upload.deviceKeys,
          response: upload.response === undefined ? null : readResponse(upload.response),
        })),
      );
      console.log(`  Recorded ${scenario}: ${kept.length} of ${lines.length} lines, ${uploads.length} uploads`);

      function write(prefix: string, rows: unknown[]) {
        const former = new RegExp(`^${prefix}${scenario}-\\d+\\.\\d+\\.\\d+\\.jsonl$`);
        for (const name of readdirSync(FOLDER)) if (former.test(name)) rmSync(join(FOLDER, name));
        const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
        writeFileSync(join(FOLDER, `${prefix}${scenario}-${sdkVersion}.jsonl`), text);
      }
    },
  };
}

function readResponse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
