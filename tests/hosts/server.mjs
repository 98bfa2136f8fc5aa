// Started by Playwright: builds the hosts with the package, and serves each on its own port.
import { build, builtOf, pack, prepare } from './build.mjs';
import { serve } from './serve.mjs';

const PORTS = { classic: 4211, newest: 4212 };
const HOSTS = /** @type {import('./build.mjs').Host[]} */ (Object.keys(PORTS));

const tarball = await pack();
for (const host of HOSTS) {
  // To compare its type errors without the package.
  await prepare(host);
  await prepare(host, tarball);
}
console.log(`Building the hosts for production: ${HOSTS.join(', ')}`);
await Promise.all(HOSTS.map((host) => build(host, 'with')));
for (const host of HOSTS) {
  const { origin } = await serve(builtOf(host, 'with'), PORTS[host]);
  console.log(`Serving the host with the ${host} tool chain on ${origin}`);
}
