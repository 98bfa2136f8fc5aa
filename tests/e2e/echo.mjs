// A server for the tests of the `fetch` wrapper. `/echo/…` answers with the request as received; `/stream/…` answers in
// pieces (with a query, each piece only after a request to `/next/` with the same query); `/hang/…` never answers;
// `/empty/…` answers 400 with an empty body; `/elsewhere/…` redirects to `/echo/…`. Below `/refuse`, key uploads are
// refused (below `/refuse-slowly` in pieces, as above), unless the query contains `accept`; below `/accept` they are
// accepted.

const REFUSAL = {
  errcode: 'M_UNKNOWN',
  error: `One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4"}; new key: {'key': 'Xi9ZKBuM6MjD2HyhlBhdU82OySJLS08gKhD6VDetzyg'}`,
};

/** Answers that wait for a request for their next piece, by their query. */
const waitingPieces = new Map();

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @returns {Promise<boolean>} whether this module answered
 */
export async function answerEcho(request, response) {
  const { method, url = '', rawHeaders } = request;
  const [, first] = url.split('/');
  const [, query] = url.split('?');
  if (first === 'hang') return true;
  if (first === 'echo') {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-echo', 'yes');
    if (url.includes('no-body')) response.writeHead(204).end();
    else response.writeHead(url.includes('teapot') ? 418 : 200).end(JSON.stringify({ method, url, rawHeaders, body }));
    return true;
  }
  if (first === 'stream' || first === 'refuse-slowly') {
    const text = first === 'stream' ? '0,1,2,3,4,' : JSON.stringify(REFUSAL);
    response.writeHead(first === 'stream' ? 200 : 400, { 'content-type': 'application/json' });
    for (let piece = 0; piece < 5 && !response.destroyed; piece++) {
      response.write(text.slice((piece * text.length) / 5, ((piece + 1) * text.length) / 5));
      await new Promise((resolve) => {
        if (!query) return setTimeout(resolve, 20);
        waitingPieces.set(query, resolve);
        response.once('close', resolve);
      });
    }
    waitingPieces.delete(query);
    response.end();
    return true;
  }
  if (first === 'next') {
    waitingPieces.get(query)?.();
    response.writeHead(204).end();
    return true;
  }
  if (first === 'empty') {
    response.writeHead(400).end();
    return true;
  }
  if (first === 'elsewhere') {
    response.writeHead(307, { location: url.replace('elsewhere', 'echo') }).end();
    return true;
  }
  if (first === 'refuse' || first === 'accept') {
    request.resume();
    response.setHeader('content-type', 'application/json');
    if (first === 'refuse' && !/\baccept\b/.test(query ?? '')) response.writeHead(400).end(JSON.stringify(REFUSAL));
    else response.end('{"one_time_key_counts":{"signed_curve25519":50}}');
    return true;
  }
  return false;
}
