// Element Call as an app ships it, in a folder beside the app, and the minimum of LiveKit's server for joining a call:
// a token for everybody, and a socket that opens but sends nothing. No media flows.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';

const { resolve } = createRequire(import.meta.url);
const folder = (/** @type {string} */ name) => join(dirname(resolve(`${name}/package.json`)), 'dist');
const FOLDERS = new Map([
  ['element-call', folder('@element-hq/element-call-embedded')],
  ['element-call-0-20', folder('element-call-0-20')],
]);
const TYPES = new Map([
  ['.html', 'text/html'],
  ['.js', 'text/javascript'],
  ['.css', 'text/css'],
  ['.json', 'application/json'],
  ['.wasm', 'application/wasm'],
  ['.svg', 'image/svg+xml'],
]);

const encode = (/** @type {object} */ part) => Buffer.from(JSON.stringify(part)).toString('base64url');
const TOKEN = [
  encode({ alg: 'none' }),
  encode({ exp: 4_102_444_800, video: { room: 'call', roomJoin: true } }),
  'x',
].join('.');

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @returns {Promise<boolean>} whether this module answered
 */
export async function answerCall(request, response) {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname.startsWith('/livekit/jwt/')) {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ url: 'ws://127.0.0.1:4199/livekit', jwt: TOKEN }));
    return true;
  }
  const [, name = '', ...rest] = pathname.split('/');
  const root = FOLDERS.get(name);
  const path = normalize(rest.join('/'));
  if (!root || path.startsWith('..')) return false;
  try {
    const body = await readFile(join(root, path));
    response.setHeader('content-type', TYPES.get(extname(path)) ?? 'application/octet-stream');
    if (path !== 'config.json') response.end(body);
    else
      response.end(
        JSON.stringify({
          ...JSON.parse(body.toString()),
          livekit: { livekit_service_url: 'http://127.0.0.1:4199/livekit/jwt' },
        }),
      );
  } catch {
    response.writeHead(404).end();
  }
  return true;
}

const sockets = new WebSocketServer({ noServer: true });

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:stream').Duplex} socket
 * @param {Buffer} head
 */
export function handleSocket(request, socket, head) {
  if (request.url?.startsWith('/livekit')) sockets.handleUpgrade(request, socket, head, () => {});
  else socket.destroy();
}
