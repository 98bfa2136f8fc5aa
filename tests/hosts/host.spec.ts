// The package in an app that is built like its hosts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '../homeserver/lab';
import { client, createRoom, gate, hereButton, logIn, saveReport, send, uncaught } from './app-page';
import { builtOf, type Host, lintErrors, typeErrors } from './build.mjs';

test('the installed package adds no error of the host’s own TypeScript', async ({ lab: _ }, { project }) => {
  const host = project.name as Host;
  const [before, after] = await Promise.all([typeErrors(host, 'without'), typeErrors(host, 'with')]);
  expect(after.filter((error) => !before.includes(error))).toEqual([]);
});

test('the installed package adds no error of the host’s own ESLint', async ({ lab: _ }, { project }) => {
  const host = project.name as Host;
  const [before, after] = await Promise.all([lintErrors(host, 'without'), lintErrors(host, 'with')]);
  test.skip(!before || !after, 'this host has no ESLint');
  expect(after?.filter((error) => !before?.includes(error))).toEqual([]);
});

test('what the package loads first has a file of its own, which the page loads beside the entry', async ({ lab: _ }, {
  project,
}) => {
  const built = builtOf(project.name as Host, 'with');
  const page = readFileSync(join(built, 'index.html'), 'utf8');
  const textsOf = (tag: RegExp) =>
    [...page.matchAll(tag)].map(([, path = '']) => readFileSync(join(built, path), 'utf8'));
  /** How the text of the WebAssembly begins. */
  const wasm = '!#%&()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  expect(textsOf(/<script type="module"[^>]*src="([^"]+)"/g).filter((text) => text.includes(wasm))).toEqual([]);
  const beside = textsOf(/<link rel="modulepreload"[^>]*href="([^"]+)"/g).filter((text) => text.includes(wasm));
  expect(beside).toHaveLength(1);
  // With this export, the entry would wait for the file in a callback, which V8 does not compile while it loads.
  expect(beside[0]).not.toContain('__tla');
});

test('the app starts, two users exchange encrypted messages, and the card saves a report', async ({
  browser,
  context,
  page,
  lab,
}) => {
  const errors = uncaught(context);
  const [alice, bob] = [await lab.register('alice'), await lab.register('bob')];
  const others = await browser.newContext();
  const errorsOfBob = uncaught(others);
  const pageOfBob = await others.newPage();
  await Promise.all([logIn(page, lab.baseUrl, alice), logIn(pageOfBob, lab.baseUrl, bob)]);

  await createRoom(page, 'the room', bob.userId);
  await pageOfBob.getByRole('button', { name: 'the room' }).click();
  await expect(pageOfBob.getByLabel('Message')).toBeVisible();
  await send(page, 'hello, Bob');
  await expect(pageOfBob.getByText('hello, Bob')).toBeVisible();
  await send(pageOfBob, 'hello, Alice');
  await expect(page.getByText('hello, Alice')).toBeVisible();
  await page.reload();
  await expect(page.getByText('hello, Bob')).toBeVisible();
  await expect(page.getByText('hello, Alice')).toBeVisible();
  expect((await lab.requests({ path: /\/send\/m\.room\.encrypted\// })).length).toBeGreaterThanOrEqual(2);
  expect(await lab.requests({ path: /\/send\/m\.room\.message\// })).toEqual([]);

  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByTestId('crypto-diagnostics')).toBeVisible();
  const report = await saveReport(page);
  expect(report).toMatchObject({ userId: alice.userId, status: { state: 'running' }, cryptoReady: true });
  expect([...errors, ...errorsOfBob]).toEqual([]);
  await others.close();
});

test('a second tab waits, and takes over on “Use it here”', async ({ context, page, lab }) => {
  const errors = uncaught(context);
  await logIn(page, lab.baseUrl, await lab.register('here'));
  const second = await context.newPage();
  await second.goto('/');
  await hereButton(second).click();
  await expect(client(second)).toBeVisible();
  await expect(gate(page)).toBeVisible();
  expect(errors).toEqual([]);
});
