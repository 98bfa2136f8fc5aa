// A server that says what it was asked, for the tests of what watches `fetch`. `/echo/…` tells the request as it came,
// `/stream/…` answers piece by piece, `/hang/…` never; below `/refuse` uploads of keys are refused, below `/accept` not.

const REFUSAL = {
  errcode: 'M_UNKNOWN',
  error: `One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"oldKey"}; new key: {'key': 'newKey'}`,
};

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @returns {Promise<boolean>} whether it was for us
 */
export async function answerEcho(request, response) {
  const { method, url = '', headers } = request;
  const [, first] = url.split('/');
  if (first === 'hang') return true;
  if (first === 'echo') {
    let body = '';
    for await (const chunk of request) body += chunk;
    // What differs from one request to the next says nothing.
    const { host: _, connection: __, 'user-agent': ___, referer: ____, ...kept } = headers;
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-echo', 'yes');
    if (url.includes('no-body')) response.writeHead(204).end();
    else
      response.writeHead(url.includes('teapot') ? 418 : 200).end(JSON.stringify({ method, url, headers: kept, body }));
    return true;
  }
  if (first === 'stream') {
    for (let piece = 0; piece < 5; piece++) {
      response.write(`${piece},`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    response.end();
    return true;
  }
  if (first === 'refuse' || first === 'accept') {
    request.resume();
    response.setHeader('content-type', 'application/json');
    if (first === 'refuse') response.writeHead(400).end(JSON.stringify(REFUSAL));
    else response.end('{"one_time_key_counts":{"signed_curve25519":50}}');
    return true;
  }
  return false;
}
