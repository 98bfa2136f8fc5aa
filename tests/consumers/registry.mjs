// A local registry whose packages consist only of their manifests: these alone decide how a package manager resolves
// peer dependencies.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** @typedef {{ name: string, version: string, peerDependencies?: Record<string, string> | undefined }} Manifest */

/** The peer dependencies of the real folds. @type {Manifest} */
const folds = JSON.parse(readFileSync(join(dirname(require.resolve('folds')), '../package.json'), 'utf8'));

/** @type {Manifest[]} */
const PACKAGES = [
  ...['17.0.0', '17.0.2', '18.2.0', '19.2.0'].flatMap((version) => [
    { name: 'react', version },
    { name: 'react-dom', version, peerDependencies: { react: version } },
  ]),
  { name: folds.name, version: folds.version, peerDependencies: folds.peerDependencies },
  // The exact versions that folds requires.
  ...Object.entries(folds.peerDependencies ?? {})
    .filter(([name]) => !name.startsWith('react'))
    .map(([name, version]) => ({ name, version })),
];

/**
 * @param {string} folder for the packed packages
 * @returns {Promise<{ address: string, close: () => void }>}
 */
export async function startRegistry(folder) {
  const packed = new Map(PACKAGES.map((manifest) => [pathOf(manifest), pack(manifest, folder)]));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const tarball = packed.get(path);
    if (tarball) return response.end(tarball);
    const manifests = PACKAGES.filter(({ name }) => name === path);
    if (manifests.length === 0) return response.writeHead(404).end('{}');
    const versions = manifests.map((manifest) => [manifest.version, { ...manifest, dist: distOf(manifest) }]);
    const document = {
      name: path,
      'dist-tags': { latest: manifests.at(-1)?.version },
      versions: Object.fromEntries(versions),
      // Some package managers reject packages that were published recently.
      time: Object.fromEntries(manifests.map(({ version }) => [version, '2020-01-01T00:00:00.000Z'])),
    };
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`;

  /** @param {Manifest} manifest */
  function distOf(manifest) {
    const path = pathOf(manifest);
    const bytes = packed.get(path) ?? Buffer.alloc(0);
    const hash = (/** @type {string} */ name) => createHash(name).update(bytes);
    return {
      tarball: `${address}${path}`,
      shasum: hash('sha1').digest('hex'),
      integrity: `sha512-${hash('sha512').digest('base64')}`,
    };
  }
  return { address, close: () => server.close() };
}

/** @param {Manifest} manifest */
const pathOf = ({ name, version }) => `${name}/-/${name.split('/').at(-1)}-${version}.tgz`;

/**
 * @param {Manifest} manifest
 * @param {string} folder
 */
function pack(manifest, folder) {
  const home = join(folder, `${manifest.name}-${manifest.version}`.replace('/', '+'));
  mkdirSync(join(home, 'package'), { recursive: true });
  writeFileSync(join(home, 'package/package.json'), JSON.stringify(manifest));
  writeFileSync(join(home, 'package/index.js'), '');
  execFileSync('tar', ['-czf', 'packed.tgz', 'package'], { cwd: home });
  return readFileSync(join(home, 'packed.tgz'));
}
