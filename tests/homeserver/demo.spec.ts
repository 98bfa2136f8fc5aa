// The demo page with a real client instead of its stand-in.
import { readReport } from '../e2e/report';
import { expect, test } from './lab';

for (const width of [360, 1280]) {
  test(`at ${width} px, a failed login, a login and a logout work by keyboard alone`, async ({ page, lab }) => {
    const { userId, password } = await lab.register('demo');
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`/demo/index.html?homeserver=${encodeURIComponent(lab.baseUrl)}`);
    const card = page.getByRole('region', { name: 'A real client' });
    await expect(card.getByLabel('Homeserver')).toHaveValue(lab.baseUrl);
    await card.getByLabel('User name').fill(userId);
    await card.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await expect(card.getByRole('alert')).toContainText('Invalid username or password');

    await card.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await expect(card).toContainText(`${userId} on device`, { timeout: 20_000 });
    const report = async () => readReport((await page.getByTestId('report').textContent()) ?? '');
    await expect.poll(report).toMatchObject({ userId, cryptoReady: true });
    expect((await report()).deviceId).not.toMatch(/^DEMO/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);

    await page.reload();
    await expect(card).toContainText(`${userId} on device`, { timeout: 20_000 });
    await expect.poll(async () => (await report()).cryptoStore?.verdict).toBe('healthy');
    await card.getByRole('button', { name: 'Log out' }).focus();
    await page.keyboard.press('Enter');
    await expect(card.getByLabel('User name')).toBeVisible({ timeout: 30_000 });
    await expect.poll(async () => (await report()).deviceId).toMatch(/^DEMO/);
    expect(await lab.query('SELECT 1 FROM devices WHERE user_id = ? AND NOT hidden', userId)).toEqual([]);
  });
}

test('without a homeserver, the demo shows no login and does not load the SDK', async ({ page }) => {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(request.url()));
  await page.goto('/demo/index.html');
  await expect(page.getByTestId('crypto-diagnostics')).toBeVisible();
  await expect(page.getByRole('region', { name: 'A real client' })).toBeHidden();
  expect(fetched.filter((url) => /real-client|crypto.wasm/.test(url))).toEqual([]);
});
