import { expect, test } from '@playwright/test';

import { homeserver, lab, type Rule } from './homeserver';

interface Session {
  userId: string;
  deviceId: string;
  token: string;
}

const ownLab = () => lab(`spec-${crypto.randomUUID()}`);

function call(url: string, method: string, body?: unknown, token?: string): Promise<Response> {
  return fetch(url, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function login(baseUrl: string): Promise<Session> {
  const { userId, password } = await homeserver.register('Alice');
  const identifier = { type: 'm.id.user', user: userId };
  const answer = await call(`${baseUrl}/_matrix/client/v3/login`, 'POST', {
    type: 'm.login.password',
    identifier,
    password,
  });
  expect(answer.status).toBe(200);
  const { user_id, device_id, access_token } = await answer.json();
  expect(user_id).toBe(userId);
  return { userId, deviceId: device_id, token: access_token };
}

/** Synapse accepts any text as a key and only requires a field for signatures. */
function upload(baseUrl: string, { token }: Session, keys: Record<string, string>): Promise<Response> {
  const entries = Object.entries(keys).map(([id, key]) => [`signed_curve25519:${id}`, { key, signatures: {} }]);
  const body = { one_time_keys: Object.fromEntries(entries) };
  return call(`${baseUrl}/_matrix/client/v3/keys/upload`, 'POST', body, token);
}

const storedKeys = ({ userId, deviceId }: Session) =>
  homeserver.query(
    'SELECT algorithm, key_id FROM e2e_one_time_keys_json WHERE user_id = ? AND device_id = ? ORDER BY key_id',
    userId,
    deviceId,
  );

/** A client's request that needs no login. */
async function getVersions(baseUrl: string) {
  const start = Date.now();
  const answer = await fetch(`${baseUrl}/_matrix/client/versions`);
  return { answer, ms: Date.now() - start };
}

const versionsRule = (fault: Rule['fault'], times?: number): Rule[] => [
  { method: 'GET', path: '/client/versions$', fault, ...(times && { times }) },
];

test('a registered user can log in through the proxy', async () => {
  for (const { baseUrl } of [homeserver, ownLab()]) {
    const session = await login(baseUrl);
    const answer = await call(`${baseUrl}/_matrix/client/v3/account/whoami`, 'GET', undefined, session.token);
    expect(await answer.json()).toMatchObject({ user_id: session.userId, device_id: session.deviceId });
  }
});

test('delayed events are enabled, and there is no rate limit', async () => {
  const { baseUrl } = ownLab();
  const { answer } = await getVersions(baseUrl);
  expect(await answer.json()).toMatchObject({ unstable_features: { 'org.matrix.msc4140': true } });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');

  const { token } = await login(baseUrl);
  const created = await call(`${baseUrl}/_matrix/client/v3/createRoom`, 'POST', {}, token);
  const { room_id: roomId } = await created.json();
  const event = `${baseUrl}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message`;
  for (let i = 0; i < 20; i += 1) {
    const sent = await call(
      `${event}/${i}?org.matrix.msc4140.delay=60000`,
      'PUT',
      { msgtype: 'm.text', body: `${i}` },
      token,
    );
    expect(await sent.json()).toEqual({ delay_id: expect.any(String) });
  }
});

test('the log contains the requests in order, without tokens', async () => {
  const mine = ownLab();
  const session = await login(mine.baseUrl);
  await call(`${mine.baseUrl}/_matrix/client/v3/sync?timeout=0&since=&filter={}`, 'GET', undefined, session.token);
  await call(`${mine.baseUrl}/_matrix/client/v3/account/whoami?access_token=${session.token}`, 'GET');
  const requests = await mine.requests();
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /_matrix/client/v3/login',
    'GET /_matrix/client/v3/sync',
    'GET /_matrix/client/v3/account/whoami',
  ]);
  expect(requests.map(({ status }) => status)).toEqual([200, 400, 200]);
  expect(requests.every(({ at, ms }) => ms >= 0 && Math.abs(Date.now() - at) < 60_000)).toBe(true);
  expect(JSON.stringify(await homeserver.requests())).not.toContain(session.token);

  expect(await mine.requests({ method: 'GET', path: /sync$/ })).toHaveLength(1);
  await mine.clearRequests();
  expect(await mine.requests()).toEqual([]);
});

test('an upload of keys is logged with its key ids and the refusal', async () => {
  const mine = ownLab();
  const session = await login(mine.baseUrl);
  const ids = ['signed_curve25519:AAAAAQ', 'signed_curve25519:AAAAAg'];
  await upload(mine.baseUrl, session, { AAAAAQ: 'one', AAAAAg: 'two' });
  await upload(mine.baseUrl, session, { AAAAAQ: 'another' });
  const [first, second] = await mine.uploads();
  expect(first).toMatchObject({ status: 200, deviceKeys: false, oneTimeKeys: ids });
  expect(first).not.toHaveProperty('response');
  expect(second).toMatchObject({ status: 400, oneTimeKeys: [ids[0]], user: first?.user });
  expect(second?.response).toContain('One time key signed_curve25519:AAAAAQ already exists');
  expect(await storedKeys(session)).toEqual([
    { algorithm: 'signed_curve25519', key_id: 'AAAAAQ' },
    { algorithm: 'signed_curve25519', key_id: 'AAAAAg' },
  ]);
});

test('delay: the request reaches Synapse late', async () => {
  const mine = ownLab();
  await mine.setRules(versionsRule({ kind: 'delay', ms: 400 }, 1));
  const { answer, ms } = await getVersions(mine.baseUrl);
  expect(answer.status).toBe(200);
  expect(ms).toBeGreaterThanOrEqual(390);
  expect(await mine.requests()).toMatchObject([{ status: 200, fault: 'delay' }]);
  expect(await mine.rules()).toMatchObject([{ times: 1, used: 1 }]);
});

test('status: requests are refused without reaching Synapse, as often as the rule says', async () => {
  const mine = ownLab();
  const session = await login(mine.baseUrl);
  const body = { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1 };
  await mine.setRules([{ path: '/keys/upload$', times: 2, fault: { kind: 'status', status: 429, body } }]);
  const statuses = [];
  for (let i = 0; i < 3; i += 1) {
    const answer = await upload(mine.baseUrl, session, { [i]: 'key' });
    statuses.push(answer.status);
    if (i === 0) {
      expect(await answer.json()).toEqual(body);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
  }
  expect(statuses).toEqual([429, 429, 200]);
  expect(await storedKeys(session)).toEqual([{ algorithm: 'signed_curve25519', key_id: '2' }]);
  const [first] = await mine.uploads();
  expect(first).toMatchObject({ status: 429, oneTimeKeys: ['signed_curve25519:0'], response: JSON.stringify(body) });
});

for (const [kind, stored, status] of [
  ['drop', [], 0],
  ['swallow', [{ algorithm: 'signed_curve25519', key_id: 'A' }], 200],
] as const) {
  test(`${kind}: the client gets no answer, and the keys are ${kind === 'drop' ? 'not ' : ''}stored`, async () => {
    const mine = ownLab();
    const session = await login(mine.baseUrl);
    await mine.setRules([{ method: 'post', path: '/keys/upload$', times: 1, fault: { kind } }]);
    await expect(upload(mine.baseUrl, session, { A: 'key' })).rejects.toThrow();
    expect(await storedKeys(session)).toEqual(stored);
    expect(await mine.uploads()).toMatchObject([{ status, fault: kind, oneTimeKeys: ['signed_curve25519:A'] }]);
  });
}

test('rules of a tag do not affect other tags, and end when cleared', async () => {
  const [mine, other] = [ownLab(), ownLab()];
  await mine.setRules(versionsRule({ kind: 'status', status: 503 }));
  for (const { baseUrl } of [other, homeserver]) expect((await getVersions(baseUrl)).answer.status).toBe(200);
  expect((await getVersions(mine.baseUrl)).answer.status).toBe(503);
  await other.clearRules();
  expect((await getVersions(mine.baseUrl)).answer.status).toBe(503);
  await mine.clearRules();
  expect((await getVersions(mine.baseUrl)).answer.status).toBe(200);
  expect(await mine.rules()).toEqual([]);
});

test('rules without a tag apply to all tags, and a preflight does not use one up', async () => {
  const path = `/_matrix/client/${crypto.randomUUID()}`;
  await homeserver.setRules([{ path, times: 1, fault: { kind: 'status', status: 418, body: 'tea' } }]);
  const url = ownLab().baseUrl + path;
  expect((await call(url, 'OPTIONS')).status).not.toBe(418);
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([418, 'tea']);
  await homeserver.clearRules();
});

test('control requests are not forwarded, and invalid ones are refused', async () => {
  const mine = ownLab();
  const control = `${mine.baseUrl}/_proxy`;
  const refused = async (method: string, name: string, body?: unknown) => {
    const answer = await call(`${control}/${name}`, method, body);
    return `${answer.status} ${(await answer.json()).error}`;
  };
  expect(await refused('GET', 'nothing')).toMatch(/^404 .*requests,rules,server,register,query/);
  expect(await refused('GET', 'register')).toMatch(/^405 .*POST/);
  expect(await refused('POST', 'rules')).toBe('400 The body is not JSON');
  expect(await refused('POST', 'rules', {})).toMatch(/^400 rules: not an array/);
  expect(await refused('POST', 'rules', [{ path: '(', fault: { kind: 'drop' } }])).toMatch(/^400 rules\[0\]\.path/);
  expect(await refused('POST', 'rules', [{ path: '', fault: { kind: 'lose' } }])).toMatch(
    /^400 rules\[0\]\.fault\.kind/,
  );
  expect(await refused('POST', 'rules', [{ path: '', time: 1, fault: { kind: 'drop' } }])).toMatch(/^400 .*time: not/);
  expect(await refused('POST', 'register', { localpart: 'a' })).toMatch(/^400 password/);
  expect(await refused('POST', 'register', { localpart: '@', password: 'a' })).toMatch(/^400 .*M_INVALID_USERNAME/);
  expect(await refused('POST', 'query', { sql: 'SELEC 1' })).toMatch(/^400 (Operational|Syntax)Error/);
  expect(await refused('POST', 'query', { sql: 'DELETE FROM users' })).toMatch(/^400 .*read-?only/);
  expect(await mine.requests()).toEqual([]);
  expect(await mine.rules()).toEqual([]);
});

test('parameters of a query are passed as values', async () => {
  const strange = `'; DROP TABLE users; -- "\n\u2028 ⚘`;
  expect(await homeserver.query('SELECT ? AS text, ? AS number, ? AS missing', strange, 7, null)).toEqual([
    { text: strange, number: 7, missing: null },
  ]);
  const isPostgres = (await homeserver.server()).database === 'postgres';
  const bytes = isPostgres ? "'\\x00ff'::bytea" : "x'00ff'";
  expect(await homeserver.query(`SELECT ${bytes} AS bytes`)).toEqual([{ bytes: '00ff' }]);
});
