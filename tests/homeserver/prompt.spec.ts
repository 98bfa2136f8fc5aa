// The recovery prompt of a real client whose store disappears while it runs.
import { comparedStore, GATE, login, synced, uploadAccepted } from './client';
import { expect, test } from './lab';

test('a store cleared while the page runs raises the prompt; dismissed, it stays hidden after a reload and a loop', async ({
  page,
  lab,
}) => {
  await login(page, lab.baseUrl, await lab.register('cleared'));
  await uploadAccepted(page, lab);
  await comparedStore(page);
  await page.goto(GATE);
  await expect(page.getByTestId('client')).toHaveAttribute('data-ready', 'true');
  await comparedStore(page);
  // A client whose store is deleted during its first sync waits for it for ever, and logs nothing.
  await synced(page);
  const prompt = page.getByRole('region', { name: 'The encryption of this device is broken' });
  const reason = () => page.evaluate(() => window.lib.getSnapshot().recovery?.reason);
  expect(await reason()).toBeUndefined();

  // As the browser does: closes the page's connections and deletes the databases.
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: 'http://127.0.0.1:4199', storageTypes: 'indexeddb' });
  await prompt.getByRole('button', { name: 'How to fix it' }).click({ timeout: 45_000 });
  expect(await reason()).toBe('store-lost');
  await expect(prompt).toContainText('This device lost the keys to its earlier messages.');
  await expect(prompt).toContainText('There is no key backup to restore them from.');
  await expect(prompt).toContainText('logging out loses nothing more');
  await prompt.getByRole('button', { name: 'Not now' }).click();
  await expect(prompt).toBeHidden();

  await page.goto(GATE);
  // Before that, the reason may be a changed identity for a moment.
  await expect.poll(reason, { timeout: 30_000 }).toBe('upload-loop');
  await expect(page.getByTestId('crypto-diagnostics').getByRole('alert')).toContainText('again and again');
  await expect(prompt).toBeHidden();
});
