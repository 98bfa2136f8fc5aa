import { readFileSync } from 'node:fs';

import { expect, test } from '@playwright/test';

import { readReport } from './report';
import { drop, dropped, fileItem, fixture, openViewer, reportOf } from './viewer';

test('a dropped report is on the time line, with its lines and both values of the refused key', async ({ page }) => {
  const report = await reportOf(page, 'ke1-evict-crypto', 'ec-iframe', 'ke4-delayed', 'ke3-malformed');
  const pageErrors = await openViewer(page);
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'report.json'));
    return data;
  }, report);
  await page.getByTestId('drop').dispatchEvent('drop', { dataTransfer: transfer });
  const timeline = page.getByTestId('timeline');
  for (const fault of ['KE-1', 'KE-2', 'KE-3', 'KE-4']) {
    await expect(timeline.getByRole('group', { name: new RegExp(`^${fault}`) })).toBeVisible();
  }
  await timeline.getByRole('group', { name: /^KE-1/ }).getByRole('button').first().click();
  const episode = page.getByTestId('episode');
  await expect(episode).toContainText('80 lines');
  await episode.locator('summary').first().click();
  await expect(episode.getByLabel('Line').first()).toContainText('already exists. Old key:');
  const key = page.getByTestId('refused-key');
  const refused = ({ detail }: { detail: { kind: string } }) => detail.kind === 'refusal';
  const { detail } = JSON.parse(report).entries.find(refused);
  await expect(key).toContainText(detail.oldKey);
  await expect(key).toContainText(detail.newKey);
  expect(pageErrors).toEqual([]);
});

test('reports of several users and duplicate reports are merged on one time line', async ({ page }) => {
  const report = await reportOf(page, 'ke1-evict-crypto');
  const other = report.replaceAll('@you:example.org', '@bob:example.org');
  const later = { ...JSON.parse(report), generatedAt: new Date(Date.now() + 60_000).toISOString() };
  await openViewer(page);
  await drop(page, dropped('a.json', report), dropped('b.json', other), dropped('c.json', JSON.stringify(later)));
  await drop(page, dropped('again.json', report));
  await expect(fileItem(page, 'again.json')).toContainText('it is shown once');
  await expect(page.getByTestId('timeline').getByRole('group')).toHaveCount(2);
  const picker = page.getByLabel('Verdicts on the report of');
  await expect(picker.locator('option')).toHaveCount(3);
  await picker.selectOption({ index: 1 });
  await expect(picker.locator('option:checked')).toContainText('@bob:example.org');
  // The later report of the same page contains the same lines, which are counted once.
  await page.getByRole('group', { name: /@you/ }).getByRole('button').first().click();
  await expect(page.getByTestId('episode')).toContainText('20 lines');
  for (const name of ['a.json', 'c.json', 'again.json'])
    await page.getByRole('button', { name: `Remove ${name}` }).click();
  await expect(page.getByTestId('timeline').getByRole('group')).toHaveCount(1);
});

test('the kind of a file is recognised by its content, not by its name', async ({ page }) => {
  const report = await reportOf(page, 'ke1-evict-crypto');
  const pageErrors = await openViewer(page);
  const har = {
    startedDateTime: new Date().toISOString(),
    time: 20,
    request: { method: 'GET', url: 'https://hs/_matrix/client/v3/account/whoami' },
    response: { status: 200, content: {} },
  };
  await drop(
    page,
    dropped('1.txt', report),
    dropped('2.txt', fixture('viewer/homeserver.log')),
    dropped('3.txt', fixture('viewer/psql-aligned.txt')),
    dropped('4.txt', fixture('viewer/psql.csv')),
    dropped('5.txt', fixture('viewer/sqlite.json')),
    dropped('6.txt', JSON.stringify({ log: { version: '1.2', entries: [har] } })),
  );
  const summaries = [
    'Report of a client.',
    'Homeserver log:',
    'Answer of the database:',
    'Answer of the database:',
    'Answer of the database:',
    'HAR file: 1 request',
  ];
  for (const [index, summary] of summaries.entries()) {
    await expect(fileItem(page, `${index + 1}.txt`)).toContainText(summary);
  }
  await expect(page.getByTestId('latency-plot')).toHaveAccessibleName(/^Plot of \d\d requests/);
  expect(pageErrors).toEqual([]);
});

test('the summary can be saved as Markdown, and the redacted copy as a report without user, device and server', async ({
  page,
}) => {
  const report = await reportOf(page, 'ke1-evict-crypto', 'ke3-malformed', 'ec-iframe');
  await openViewer(page);
  await drop(page, dropped('report.json', report));
  const markdown = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save Markdown' }).click();
  const text = readFileSync(await (await markdown).path(), 'utf8');
  expect(text).toContain('# Encryption diagnosis');
  expect(text).toContain('| signed\\_curve25519:AAAAAAAAAA0 |');

  const copy = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save redacted report' }).click();
  const file = await copy;
  expect(file.suggestedFilename()).toMatch(/-redacted\.json$/);
  const redacted = readFileSync(await file.path(), 'utf8');
  readReport(redacted);
  const { deviceId } = JSON.parse(report);
  for (const id of ['@you:example.org', 'example.org', deviceId, 'lab.local', '127.0.0.1']) {
    expect(report.includes(id) && redacted.includes(id), id).toBe(false);
  }
  await drop(page, dropped('redacted.json', redacted));
  await expect(page.getByTestId('timeline').getByRole('group', { name: /^KE-1.*@user-1/ })).toBeVisible();
});

test('the redacted copy of a call contains none of thousands of users, in any encoding', async ({ page }) => {
  const report = JSON.parse(await reportOf(page, 'ke4-delayed'));
  const users = Array.from({ length: 8000 }, (_, n) => `_%40bob${n}x%3Apriv.org_DEVICE${n}X_m.call`);
  report.notes = [users.join(' '), 'device_id="DEVICE7X" of bob@priv.org, mxc://media.priv.org/abc, turn.priv.org'];
  await openViewer(page);
  await drop(page, dropped('report.json', JSON.stringify(report)));
  const copy = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save redacted report' }).click();
  const redacted = readFileSync(await (await copy).path(), 'utf8');
  readReport(redacted);
  expect(redacted).not.toMatch(/bob\d|bob@|priv\.org|DEVICE\d+X/);
  const { notes } = JSON.parse(redacted);
  expect(notes[0]).toMatch(/_@user-\d+:server-\d+\.invalid_DEVICE\d+_m\.call$/);
  await expect(page.getByText(/^Saved as lotus-crypto-diag-.*-redacted\.json$/)).toBeVisible();
});

test('if the redacted copy cannot be made, the page says why and saves nothing', async ({ page }) => {
  const report = await reportOf(page, 'ke4-delayed');
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, request: { type: string; id: string }) {
      if (request.type !== 'redact') return post.call(this, request);
      const copy = { state: 'refused', reason: 'there are too many ids in it' };
      this.dispatchEvent(new MessageEvent('message', { data: { type: 'copy', id: request.id, copy } }));
    };
  });
  const pageErrors = await openViewer(page);
  let downloads = 0;
  page.on('download', () => (downloads += 1));
  await drop(page, dropped('report.json', report));
  await page.getByRole('button', { name: 'Save redacted report' }).click();
  await expect(
    page.getByText('The redacted copy could not be made, and nothing was saved: there are too many ids in it'),
  ).toBeVisible();
  expect(downloads).toBe(0);
  expect(pageErrors).toEqual([]);
});

for (const width of [360, 1280]) {
  test(`at ${width} px the viewer does not scroll sideways, and works by keyboard alone`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    const report = await reportOf(page, 'ke1-evict-crypto', 'ec-iframe');
    await openViewer(page);
    await page.getByRole('button', { name: 'Choose files' }).focus();
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles([
      dropped(`${'long'.repeat(60)}.json`, report),
      dropped('homeserver.log', fixture('viewer/homeserver.log')),
    ]);
    await expect(page.getByTestId('latency-plot')).toBeVisible();

    // From the file list on, the Tab key reaches the verdicts first, then the lanes; arrow keys move along a lane.
    await page.getByLabel('Clock of this log').focus();
    const stops: string[] = [];
    const focused = () =>
      page.evaluate(() => document.activeElement?.closest('[data-testid]')?.getAttribute('data-testid'));
    while (stops.at(-1) !== 'timeline' && stops.length < 200) {
      await page.keyboard.press('Tab');
      stops.push((await focused()) ?? '');
    }
    expect(stops.some((stop) => stop.startsWith('finding-'))).toBe(true);
    const lane = page.getByTestId('timeline').getByRole('group').first();
    await expect(lane.getByRole('button').first()).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('episode')).toBeVisible();
    const inKe2 = page.getByTestId('timeline').getByRole('group', { name: /^KE-2/ }).getByRole('button');
    await inKe2.first().focus();
    if ((await inKe2.count()) > 1) {
      await page.keyboard.press('ArrowRight');
      await expect(inKe2.nth(1)).toBeFocused();
      await expect(inKe2.nth(1)).toHaveAttribute('aria-pressed', 'true');
    }
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`on the time line (${colorScheme}), labels of devices are not cut off and bars have enough contrast`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme });
    const report = JSON.parse(await reportOf(page, 'ke1-evict-crypto', 'ec-iframe', 'ke4-delayed', 'ke3-malformed'));
    report.userId = '@a.user.with.a.long.name:matrix.example.org';
    await openViewer(page);
    const devices = ['ABCDEFGHIJ', 'KLMNOPQRST'];
    await drop(
      page,
      ...devices.map((deviceId) => dropped(`${deviceId}.json`, JSON.stringify({ ...report, deviceId }))),
    );
    const lanes = page.getByTestId('timeline').locator('.lane-label');
    await expect(lanes).toHaveCount(8);
    const cut = await lanes.evaluateAll(
      (labels) => labels.filter((label) => label.scrollWidth > label.clientWidth).length,
    );
    expect(cut).toBe(0);
    const contrasts = await page.locator('.episode').evaluateAll((bars) => {
      const canvas = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
      const luminance = (colours: [string, number][]) => {
        for (const [colour, opacity] of colours) {
          canvas.globalAlpha = opacity;
          canvas.fillStyle = colour;
          canvas.fillRect(0, 0, 1, 1);
        }
        const [r = 0, g = 0, b = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => (byte / 255) ** 2.2);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
      };
      return bars.map((bar) => {
        const { borderTopWidth, borderTopColor, backgroundColor, opacity } = getComputedStyle(bar);
        const colour = borderTopWidth === '0px' ? backgroundColor : borderTopColor;
        const track = getComputedStyle(bar.parentElement as Element).backgroundColor;
        const pair = [
          luminance([[track, 1]]),
          luminance([
            [track, 1],
            [colour, Number(opacity)],
          ]),
        ];
        return Math.max(...pair) / Math.min(...pair);
      });
    });
    expect(contrasts.length).toBeGreaterThanOrEqual(8);
    expect(Math.min(...contrasts)).toBeGreaterThan(3);
  });
}

test('the pages of the demo link to each other', async ({ page }) => {
  await page.goto('/demo/index.html');
  await page.getByRole('link', { name: 'Report viewer' }).click();
  await expect(page.getByRole('heading', { name: 'Report viewer' })).toBeVisible();
  await page.getByRole('link', { name: 'Developer Tools' }).click();
  await expect(page.getByRole('heading', { name: 'Developer Tools' })).toBeVisible();
});
