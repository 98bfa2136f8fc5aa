// For manual experiments: the demo, a homeserver with two accounts, and a proxy that injects faults as told, until
// Ctrl-C.
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const HOMESERVER = 'http://127.0.0.1:4200';
const PASSWORD = 'lab';
const demo = (/** @type {string} */ path) => fileURLToPath(new URL(`../../demo/${path}`, import.meta.url));

await import('./serve.mjs');

for (const localpart of ['alice', 'bob']) {
  const body = JSON.stringify({ localpart, password: PASSWORD });
  const answer = await fetch(`${HOMESERVER}/_proxy/register`, { method: 'POST', body });
  if (!answer.ok) throw new Error(await answer.text());
}

process.env['VITE_HOMESERVER'] = HOMESERVER;
const server = await createServer({
  root: demo('.'),
  configFile: demo('vite.config.ts'),
  server: { host: '127.0.0.1' },
});
await server.listen();
server.printUrls();
console.log(`Accounts: alice and bob, password ${PASSWORD}
To make requests go wrong (delay, status, drop, swallow), and right again:
  curl -d '[{"method":"POST","path":"/keys/upload$","fault":{"kind":"status","status":504}}]' ${HOMESERVER}/_proxy/rules
  curl -X DELETE ${HOMESERVER}/_proxy/rules`);
