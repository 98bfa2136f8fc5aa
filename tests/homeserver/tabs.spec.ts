import type { Page } from '@playwright/test';

import { openDetails } from '../e2e/report';
import { GATE, login } from './client';
import { expect, test } from './lab';

const isReady = (page: Page) => expect(page.getByTestId('client')).toHaveAttribute('data-ready', 'true');

test('“Use it here” shuts down the client of the other tab, which shows the gate, unless it is in a call', async ({
  context,
  page,
  lab,
}) => {
  await login(page, lab.baseUrl, await lab.register('here'));
  await page.goto(GATE);
  await isReady(page);
  const second = await context.newPage();
  await second.goto(GATE);
  const here = second.getByRole('button', { name: 'Use it here' });

  await page.evaluate(() => {
    window.busy = 'in a call';
  });
  await here.click();
  await expect(second.getByText('The other tab stays active: in a call.')).toBeVisible();
  await isReady(page);

  await page.evaluate(() => {
    delete window.busy;
  });
  await here.focus();
  await second.keyboard.press('Enter');
  await isReady(second);
  await expect(page.getByRole('heading', { name: 'Lotus is open in another tab' })).toBeVisible();
  expect(await page.evaluate(() => window.lab.client)).toBeUndefined();
  await openDetails(second);
  await expect(second.getByTestId('crypto-diagnostics')).toContainText(
    'This tab is active: it uses the encryption keys. 2 tabs of this session are open.',
  );
});
