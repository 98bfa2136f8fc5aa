import { readFileSync } from 'node:fs';

import { expect, type Page } from '@playwright/test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

const schema = JSON.parse(readFileSync(new URL('../../pkg-glue/schema/report-1.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);

/** Parses a report and validates it against the schema. */
export function readReport(json: string): CryptoDiagReport {
  const report = JSON.parse(json);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  return report;
}

/** Opens a page of `pages/`. The returned list collects uncaught exceptions, rejections and policy violations. */
export async function open(page: Page, path: string): Promise<string[]> {
  const pageErrors: string[] = [];
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.info(`violation: ${event.violatedDirective}`));
  });
  page.on('console', (line) => line.text().startsWith('violation:') && pageErrors.push(line.text()));
  await page.goto(path);
  await page.waitForFunction(() => 'lib' in window);
  return pageErrors;
}

/** Expands the card's details. */
export async function openDetails(page: Page): Promise<void> {
  await page.getByTestId('crypto-diagnostics').getByRole('button', { name: 'Details', expanded: false }).click();
}

/** Repeats an upload that the test server refuses, as a client does. */
export const refuse = (page: Page, times = 3) =>
  page.evaluate(async (count) => {
    const body = JSON.stringify({ one_time_keys: { 'signed_curve25519:AAAAAAAAAA0': {} } });
    for (let i = 0; i < count; i++) await fetch('/refuse/_matrix/client/v3/keys/upload', { method: 'POST', body });
  }, times);
