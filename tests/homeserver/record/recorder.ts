// Records what clients log and upload, in the format described in `fixtures/recorded/README.md`.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { BrowserContext } from '@playwright/test';

import type { KeyUpload } from '../homeserver';
import { labelOf } from './labels';
import type { Product } from './session';
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
  const chapters: { at: number; name: string }[] = [];
  const chapterOf = (at: number) => chapters.findLast((chapter) => chapter.at <= at)?.name;

  return {
    chapter(name: string) {
      chapters.push({ at: Date.now(), name });
    },

    hasLogged(words: string) {
      const since = chapters.at(-1)?.at ?? start;
      return lines.some(({ at, text }) => at >= since && text.includes(words));
    },

    /** @param name of the browser profile: `A`, `B` */
    async watch(context: BrowserContext, name: string) {
      await context.exposeBinding('recordLine', ({ page, frame }, line: string) => {
        const tab = context.pages().indexOf(page) + 1;
        const place = frame === page.mainFrame() ? 'main' : 'iframe';
        lines.push({ ...JSON.parse(line), frame: `${name}/tab${tab}/${place}` });
      });
      await context.addInitScript(watchConsole);
    },

    /** Replaces the scenario's previous recording, whatever its release. */
    save({ name, version, prefix }: Product, uploads: KeyUpload[]) {
      const seen = new Map<string, number>();
      const kept = lines
        .sort((a, b) => a.at - b.at)
        .filter(({ at, level, text }) => {
          const shape = `${chapterOf(at)} ${level} ${text.replace(/\S*\d\S*/g, '#').slice(0, 200)}`;
          seen.set(shape, (seen.get(shape) ?? 0) + 1);
          return (seen.get(shape) ?? 0) <= LINES_OF_A_SHAPE;
        });
      mkdirSync(FOLDER, { recursive: true });
      // The SDK's name is omitted.
      const about = { scenario, sdk_version: `${name} ${version}`.trim() };
      const when = (at: number) => ({ ...about, t_ms: at - start, chapter: chapterOf(at) });
      write(
        '',
        kept.map(({ at, ...line }) => ({ ...when(at), ...line, label: labelOf(line.text) })),
      );
      write(
        'uploads-',
        uploads.map((upload) => ({
          ...when(upload.at),
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

      function write(kind: string, rows: unknown[]) {
        const former = new RegExp(`^${kind}${scenario}-${prefix}\\d+\\.\\d+\\.\\d+(-[\\w.]+)?\\.jsonl$`);
        for (const file of readdirSync(FOLDER)) if (former.test(file)) rmSync(join(FOLDER, file));
        const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
        if (text) writeFileSync(join(FOLDER, `${kind}${scenario}-${prefix}${version}.jsonl`), text);
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
