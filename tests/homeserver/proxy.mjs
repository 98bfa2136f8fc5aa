// Runs in front of Synapse, logs the requests, and injects the configured faults. `/tag/<name>/_matrix/...` is
// `/_matrix/...` with a tag, so that concurrent tests do not affect each other's rules and requests.
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { createControl } from './control.mjs';
import { createLog, isKeyUpload, noteRefusal, noteUpload } from './log.mjs';
import { createRules } from './rules.mjs';

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('./log.mjs').Entry} Entry */
/** @typedef {{ request: IncomingMessage, response: ServerResponse, url: string, entry: Entry }} Exchange */

/**
 * @param {{ port: number, target: string, synapse: import('./control.mjs').Homeserver }} options
 */
export async function startProxy({ port, target, synapse }) {
  const { hostname, port: targetPort } = new URL(target);
  // Twisted closes an idle connection after a minute; a connection that closes while in use would look like a fault.
  const agent = new Agent({ keepAlive: true, timeout: 20_000 });
  const log = createLog();
  const rules = createRules();
  const control = createControl({ log, rules, synapse });

  const server = createServer((request, response) => {
    // A browser automatically repeats a request that gets no answer on a reused connection. With a connection for each
    // request, the page sees the fault, as it would with a distant server.
    response.shouldKeepAlive = false;
    const [, tag, url = ''] = /^(?:\/tag\/([\w.-]+)(?=\/))?(.*)$/s.exec(request.url ?? '') ?? [];
    const [path = ''] = url.split('?', 1);
    const [, name] = /^\/_proxy(?:\/|$)(.*)$/s.exec(path) ?? [];
    if (name !== undefined) return control(request, response, name, tag);

    const about = { method: request.method ?? '', path, ...(tag !== undefined && { tag }) };
    const fault = rules.take(about);
    const entry = log.add({ ...about, ...(fault && { fault: fault.kind }) });
    response.on('close', () => recordDuration(entry));
    void handle({ request, response, url, entry }, fault);
  });

  /**
   * @param {Exchange} exchange
   * @param {import('./homeserver').Fault | undefined} fault
   */
  async function handle(exchange, fault) {
    const { request, response, entry } = exchange;
    if (fault?.kind === 'delay') {
      await sleep(fault.ms);
      if (response.destroyed) return;
    }
    if (isKeyUpload(entry)) noteUpload(request, entry);
    if (fault?.kind !== 'drop' && fault?.kind !== 'status') return forward(exchange, fault?.kind === 'swallow');

    // Wait for the body: only then is it known which keys the client believes to have sent.
    request.resume();
    await once(request, 'close').catch(() => {});
    recordDuration(entry);
    if (fault.kind === 'drop') request.socket.destroy();
    else answer(exchange, fault.status, fault.body ?? { errcode: 'M_UNKNOWN', error: 'A fault of the proxy' });
  }

  /**
   * @param {Exchange} exchange
   * @param {boolean} swallow
   */
  function forward(exchange, swallow) {
    const { request, response, url, entry } = exchange;
    const upstream = httpRequest({
      agent,
      host: hostname,
      port: targetPort,
      method: entry.method,
      path: url,
      headers: endToEnd(request.rawHeaders),
    });
    upstream.on('response', (reply) => {
      const status = reply.statusCode ?? 0;
      entry.status = status;
      if (isKeyUpload(entry) && status !== 200) noteRefusal(reply, entry);
      reply.on('end', () => recordDuration(entry));
      reply.on('error', () => request.socket.destroy());
      if (swallow) {
        reply.resume().on('end', () => request.socket.destroy());
      } else {
        response.writeHead(status, reply.statusMessage ?? '', endToEnd(reply.rawHeaders));
        reply.pipe(response);
      }
    });
    upstream.on('error', (error) => {
      if (swallow || response.headersSent) request.socket.destroy();
      else if (!response.destroyed) answer(exchange, 502, { errcode: 'M_UNKNOWN', error: `Synapse: ${error.message}` });
    });
    // If the client aborts, the request is aborted as well, unless it must be executed without an answer.
    response.on('close', () => {
      if (!request.complete || (!swallow && !response.writableFinished)) upstream.destroy();
    });
    request.pipe(upstream);
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}

/** @param {Entry} entry */
function recordDuration(entry) {
  entry.ms ||= Date.now() - entry.at;
}

/**
 * An answer of the proxy itself, readable for pages like Synapse's.
 *
 * @param {Exchange} exchange
 * @param {number} status
 * @param {unknown} body
 */
function answer({ response, entry }, status, body) {
  // A text stands for the error page of a reverse proxy: not a Matrix answer, which clients recognise by its content
  // type.
  const isText = typeof body === 'string';
  const text = isText ? body : JSON.stringify(body);
  entry.status = status;
  if (isKeyUpload(entry) && status !== 200) entry.response = text;
  const type = isText ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'access-control-allow-origin': '*' }).end(text);
}

/**
 * The headers as received, without those of a single connection.
 *
 * @param {string[]} raw names and values in turn
 */
function endToEnd(raw) {
  return raw.filter((_, index) => !/^(connection|keep-alive|proxy-connection)$/i.test(raw[index - (index % 2)] ?? ''));
}
