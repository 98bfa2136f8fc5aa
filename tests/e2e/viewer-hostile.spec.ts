import { gzipSync } from 'node:zlib';

import { expect, test } from '@playwright/test';

import { drop, dropped, fileItem, openViewer, reportOf } from './viewer';

const MARKUP = '</script><script>window.pwned=1</script><img src=x onerror="window.pwned=1"><svg/onload=alert(1)>';
const SQL = "'; DROP TABLE devices; --";

/** The same report, with `text` in every text field. */
function poisoned(json: string, text: string): string {
  const own = new Set([
    'schema',
    'ke',
    'level',
    'kind',
    'cause',
    'verdict',
    'identity',
    'state',
    'breaker',
    'request',
    'failure',
  ]);
  const isTime = (value: string) => /^\d{4}-\d\d-\d\dT/.test(value);
  return JSON.stringify(JSON.parse(json), (name, value) => {
    if (['diagnosis', 'runbook'].includes(name)) return null;
    return typeof value === 'string' && !own.has(name) && !isTime(value) && value !== 'leader' ? text : value;
  });
}

test('markup, SQL and control characters in a report are shown as text, and no script runs', async ({ page }) => {
  const report = await reportOf(page, 'ke1-evict-crypto', 'ke3-malformed', 'ec-iframe');
  const pageErrors = await openViewer(page);
  const controls = '\0\x1b[31m\u202egpj.exe\u2066';
  await drop(
    page,
    dropped(`${MARKUP.replaceAll('/', '')}.json`, poisoned(report, `@a${MARKUP}${SQL}:${controls}`)),
    dropped('rows.json', JSON.stringify([{ user_id: MARKUP, device_id: SQL, algorithm: MARKUP, count: 0 }])),
    dropped('evil.log', `2026-11-25 09:00:00,000 WARNING x y ${MARKUP}${controls}\n`),
  );
  await expect(fileItem(page, 'evil.log')).toContainText('1 relevant line');
  await expect(fileItem(page, 'window.pwned')).toContainText('Report of a client.');
  await page.locator('.episode').first().click();
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  await expect(page.getByTestId('episode')).toContainText('</script><script>window.pwned=1');
  await expect(page.getByTestId('episode')).toContainText('␀␛[31m\\u{202e}gpj');
  expect(await page.locator('main img, main svg, main script, main iframe').count()).toBe(0);
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
  expect(pageErrors).toEqual([]);
});

test('unreadable files are refused with a reason, and a valid report among them is read', async ({ page }) => {
  const report = await reportOf(page, 'ke1-evict-crypto');
  const pageErrors = await openViewer(page);
  // One MiB of zeros, gzipped ten times.
  let zip: Buffer = Buffer.alloc(1024 ** 2);
  for (let level = 0; level < 10; level += 1) zip = gzipSync(zip);
  const bad: [string, string | Buffer, string][] = [
    ['ten-levels.gz', zip, 'packed twice with gzip'],
    ['nothing.zip', Buffer.from(`504b0506${'0'.repeat(36)}`, 'hex'), 'an empty zip archive'],
    ['empty.json', '', 'The file is empty.'],
    ['cut.json', report.slice(0, report.length / 2), 'It is a report, but it ends in the middle'],
    ['wrong.json', report.replace(/"entries": \[/, '"entries": [7, '), 'not as this page can read it'],
    ['later.json', '{"schema":"lotus-crypto-diag/7"}', 'a later form'],
    ['foreign.json', '{"name":"x"}', 'neither a report'],
    ['page.html', `<html>${MARKUP}</html>`, 'a page of HTML'],
    ['deep.json', '['.repeat(200_000), 'It is JSON'],
    ['noise.bin', Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 7919) % 29)), 'It is no text.'],
    ['zeros.bin', Buffer.alloc(10_000), 'It is no text.'],
  ];
  await drop(page, ...bad.map(([name, content]) => dropped(name, content)), dropped('good.json', report));
  for (const [name, , reason] of bad) await expect(fileItem(page, name)).toContainText(reason);
  await expect(fileItem(page, 'good.json')).toContainText('Report of a client.');
  await expect(page.getByTestId('refused-key')).toHaveCount(1);
  expect(pageErrors).toEqual([]);
});

test('a report in UTF-16, as a text editor saved it, is read', async ({ page }) => {
  const report = await reportOf(page, 'ke1-evict-crypto');
  await openViewer(page);
  await drop(page, dropped('utf16.json', Buffer.from(`\ufeff${report}`, 'utf16le')));
  await expect(fileItem(page, 'utf16.json')).toContainText('It is in UTF-16.');
  await expect(page.getByTestId('refused-key')).toContainText('signed_curve25519:AAAAAAAAAA0');
});

test('the Content Security Policy of the viewer blocks other scripts, images and requests', async ({ page }) => {
  await openViewer(page);
  const blocked = await page.evaluate(async () => {
    const violated: string[] = [];
    addEventListener('securitypolicyviolation', (event) => violated.push(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.pwned = 1';
    document.body.append(script);
    const image = new Image();
    image.src = 'http://127.0.0.1:4199/echo';
    await fetch('/echo').catch(() => undefined);
    // The page evaluates a text passed to a timer, which `page.evaluate` does not.
    setTimeout('window.pwned = 2' as never);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { violated, pwned: 'pwned' in window };
  });
  expect(blocked.pwned).toBe(false);
  expect(blocked.violated).toEqual(expect.arrayContaining(['script-src-elem', 'img-src', 'connect-src', 'script-src']));
});
