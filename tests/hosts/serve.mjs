// Serves a built host like Cinny's nginx: the file if it exists, and the app at every other address.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/**
 * @param {string} folder
 * @param {number} port 0 for any free port
 */
export async function serve(folder, port) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = pathname === '/' ? undefined : await read(join(folder, normalize(decodeURIComponent(pathname))));
    const type = file ? TYPES[/** @type {keyof typeof TYPES} */ (extname(pathname))] : 'text/html';
    response.setHeader('content-type', type ?? 'application/octet-stream');
    // Files with a hash in their name never change.
    response.setHeader('cache-control', pathname.startsWith('/assets/') ? 'max-age=3600' : 'no-cache');
    response.end(file ?? (await readFile(join(folder, 'index.html'))));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** @param {string} path */
const read = (path) => readFile(path).catch(() => undefined);
