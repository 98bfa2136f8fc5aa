import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import { readRefusal } from 'lotus-crypto-diag/diagnosis';
import { type EvidenceContent as Content, EvidenceReader } from 'lotus-crypto-diag/server-evidence';
import { describe, expect, test, vi } from 'vitest';

import { readFile } from '../../demo/src/viewer/read/read-file';
import { createDiag, instantiate, reportOf } from './module';

const folder = new URL('../fixtures/viewer/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, folder));
const never = new AbortController().signal;
const read = async (...parts: (string | Uint8Array)[]): Promise<Content> =>
  (await readFile(new Blob(parts as BlobPart[]), never)).content();

describe('a database answer', () => {
  const answers = readdirSync(folder).filter((name) => /^(psql|sqlite)/.test(name));

  test.each(answers)('is sorted into tables: %s', async (name) => {
    const { kind, rows, notes } = await read(fixture(name));
    expect(kind).toBe('rows');
    expect(notes).toEqual([]);
    const device = { userId: '@rate-0a9ead58:lab.local', deviceId: 'CVMWFRZSBZ' };
    expect(rows.oneTimeKeys?.map(({ keyId }) => keyId)).toEqual(['AAAAAAAAAA0', 'AAAAAAAAAA4', 'AAAAAAAAAA8']);
    expect(rows.oneTimeKeys?.[0]).toEqual({
      ...device,
      algorithm: 'signed_curve25519',
      keyId: 'AAAAAAAAAA0',
      addedAt: '2026-11-25T09:09:00.432Z',
      key: '8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs',
    });
    expect(rows.oneTimeKeyCounts).toEqual([{ ...device, algorithm: 'signed_curve25519', count: 50 }]);
    expect(rows.fallbackKeys).toMatchObject([{ ...device, keyId: 'AAAAAAAAAAA', used: false }]);
    expect(rows.fallbackKeys?.[0]?.key).toMatch(/^Qvf/);
    expect(rows.deviceInbox).toEqual([{ ...device, streamId: 7, type: 'm.room.encrypted', sender: '@bob:lab.local' }]);
    expect(rows.devices?.find(({ deviceId }) => deviceId === 'CVMWFRZSBZ')).toMatchObject({
      displayName: expect.stringMatching(/^Firefox (\| )?two/),
      lastSeen: '2026-11-25T09:09:00.313Z',
    });
    expect(rows.events).toEqual([
      {
        eventId: '$bad',
        type: 'm.room.encrypted',
        sender: '@bob:lab.local',
        roomId: '!room:lab.local',
        originServerTs: '2025-11-25T09:09:03.037Z',
        content: { algorithm: null, ciphertext: 'AwgA', session_id: 's' },
      },
    ]);
  });

  test('without rows is an empty table', async () => {
    const { rows } = await read(' user_id | device_id | stream_id \n---------+-----------+-----------\n(0 rows)\n');
    expect(rows).toEqual({ deviceInbox: [] });
  });

  test('may be surrounded by the prompt and the query', async () => {
    const { rows } = await read(
      'synapse=# SELECT * FROM devices;\n user_id | device_id | last_seen \n---------+-----------+-----------\n @a:b    | DEV       |          \n(1 row)\n\nsynapse=# \\q\n',
    );
    expect(rows.devices).toEqual([{ userId: '@a:b', deviceId: 'DEV', displayName: null, lastSeen: null }]);
  });

  test('may contain formatted times with a time zone', async () => {
    const { rows } = await read('user_id,device_id,last_seen\n@a:b,DEV,2026-11-25 10:00:00.5+01\n');
    expect(rows.devices?.[0]?.lastSeen).toBe('2026-11-25T09:00:00.500Z');
  });

  test('with an unknown table is refused, and the error names its columns', async () => {
    await expect(read('[{"name": "x", "age": 3}]')).rejects.toThrow('neither a report');
    await expect(read(' id | key_id \n----+--------\n 1  | 2\n')).rejects.toThrow('its columns are id, key_id');
  });
});

describe("the homeserver's log", () => {
  const check = ({ kind, requests, lines }: Content) => {
    expect(kind).toBe('log');
    const uploads = requests.filter(({ path }) => path === '/_matrix/client/v3/keys/upload');
    expect(uploads.filter(({ status }) => status === 400).length).toBe(REFUSED);
    expect(uploads[0]).toMatchObject({ method: 'POST', request: expect.stringMatching(/^POST-\d+$/) });
    expect(lines.filter(({ text }) => text.includes('already exists')).length).toBe(TOLD);
    expect(lines[0]?.at).toBe(Date.parse(`${lines[0]?.text.slice(0, 23).replace(' ', 'T').replace(',', '.')}Z`));
  };
  const log = fixture('homeserver.log').toString();
  const REFUSED = log.match(/ 400 "POST \/_matrix\/client\/v3\/keys\/upload/g)?.length ?? 0;
  const TOLD = log.match(/already exists/g)?.length ?? 0;

  test('is read as requests and relevant lines, without tracebacks', async () => {
    expect(REFUSED).toBeGreaterThan(5);
    check(await read(log));
  });

  test("is read in Synapse's default format, also with prefixes of grep and docker", async () => {
    const own = log.replace(/^(\S+ \S+) ([A-Z]+) (\S+) (\S+) /gm, '$1 - $3 - 460 - $2 - $4 - ');
    expect(own).not.toBe(log);
    check(await read(own));
    check(await read(own.replace(/^(?=\d{4})/gm, 'homeserver.log:')));
    check(await read(own.replace(/^(?=\d{4})/gm, 'synapse-1  | ')));
  });

  test("is read in Synapse's JSON formats, also wrapped by docker", async () => {
    type Parts = [date: string, time: string, level: string, logger: string, request: string, message: string];
    const asJson = (object: (parts: Parts, line: string) => object) =>
      log.replace(/^(\d{4}\S+) (\S+) ([A-Z]+) (\S+) (\S+) (.*)$/gm, (line, ...parts) =>
        JSON.stringify(object(parts.slice(0, 6) as Parts, line)),
      );
    const msOf = (date: string, time: string) => Date.parse(`${date}T${time.replace(',', '.')}Z`);
    const terse = asJson(([date, time, level, namespace, request, message]) => ({
      ...{ log: message, namespace, level, time: msOf(date, time) / 1000, request, server_name: 'lab.local' },
    }));
    expect(terse).toContain('"namespace":"synapse.access');
    check(await read(terse));
    check(await read(terse.replace(/^(?=\{)/gm, 'synapse-1  | ')));
    const gcp = asJson(([date, time, severity, logger, , message]) => ({
      ...{ severity, message, logger, time: `${date}T${time.replace(',', '.')}Z` },
    }));
    expect((await read(gcp)).requests.filter(({ status }) => status === 400).length).toBeGreaterThanOrEqual(REFUSED);
    const docker = asJson((_, line) => ({ log: `${line}\n`, stream: 'stderr', time: '2026-11-27T00:00:00.5Z' }));
    check(await read(docker));
  });

  test.each([
    ['without its dates', log.replace(/^\d{4}\S+ \S+ /gm, ''), 'no date and time'],
    [
      "of Conduit's family",
      '2026-11-25T09:00:00.123456Z  INFO conduwuit_api::client::keys: uploaded',
      "Conduit's family",
    ],
    ['of Dendrite', 'time="2026-11-25T09:00:00.123456Z" level=error msg="already exists" req.method=POST', 'Dendrite'],
    [
      'of a proxy',
      '10.0.0.1 - - [25/Nov/2026:09:00:00 +0000] "POST /_matrix/client/v3/keys/upload HTTP/2.0" 400 321 "-" "x"',
      'access log of a proxy',
    ],
  ])('is refused with a reason: %s', async (_, text, reason) => {
    await expect(read(`${text}\n`)).rejects.toThrow(reason);
  });

  const reported = readdirSync(new URL('../reports/logs/', folder));
  test.each(reported)('is read as quoted in a public bug report: %s', async (name) => {
    const { log: text, expect: expected } = JSON.parse(fixture(`../reports/logs/${name}`).toString());
    if (expected.refused) {
      await expect(read(text)).rejects.toThrow(expected.refused);
      return;
    }
    const { lines } = await read(text);
    expect(lines).toHaveLength(expected.lines);
    expect(readRefusal(lines[0]?.text ?? '')).toMatchObject(expected.refusal);
  });

  test('is not recognised in the strings of a JSON file', async () => {
    const entry = { message: '2026-11-25 09:00:00,000 WARNING synapse.http.client GET-1 Processed request: 1sec' };
    await expect(read(`${JSON.stringify({ entries: [entry] }, null, 2)}\n`)).rejects.toThrow('neither a report');
  });

  test('is read without secrets', async () => {
    const at = '2026-11-25 09:00:00,000 WARNING x POST-1';
    const { lines } = await read(
      [
        'syt_c2VjcmV0_secretsecretsecretse_1abcde',
        'syr_secretsecret_secretsecretsecret_1abcde',
        'access_token=secretsecret&x=1',
        '"access_token":"secretsecret"',
        'password=secretsecret',
        'Authorization: Basic secretsecret',
      ]
        .map((secret) => `${at} sent ${secret} away\n`)
        .join(''),
    );
    expect(lines).toHaveLength(6);
    for (const { text } of lines) expect(text).not.toContain('secretsecret');
  });

  test('is read in gzip, UTF-16 and Latin-1', async () => {
    check(await read(gzipSync(log)));
    const utf16 = await read(Buffer.from(`\ufeff${log}`, 'utf16le'));
    check(utf16);
    expect(utf16.notes).toContain('It is in UTF-16.');
    check(await read(Buffer.from(log, 'utf16le')));
    check(await read(Buffer.from(log, 'utf16le').swap16()));
    const latin1 = await read(Buffer.from(`${log}2026-11-25 09:00:00,000 WARNING x y z\xfcrich\n`, 'latin1'));
    check(latin1);
    expect(latin1.lines.at(-1)?.text).toContain('zürich');
  });
});

describe('a HAR file', () => {
  const entry = (url: string, more: object = {}) => ({
    startedDateTime: '2026-11-25T10:00:00.000+01:00',
    time: 120.5,
    request: { method: 'POST', url, headers: [{ name: 'Authorization', value: 'Bearer secret' }] },
    response: { status: 200, content: { size: 2, mimeType: 'application/json', text: '{}' } },
    ...more,
  });
  const har = (...entries: object[]) => JSON.stringify({ log: { version: '1.2', creator: { name: 'x' }, entries } });
  const words =
    "One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {\"key\":\"8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs\"}; new key: {'key': '3ipQnaOL+iZ2pX8Q6FoHgZNdAAuGcULE0Pn23Mk6I08', 'signatures': {'@a:hs': {'ed25519:D': 'sig'}}}";
  const refused = entry('https://hs.example/_matrix/client/v3/keys/upload', {
    response: {
      status: 400,
      content: { text: btoa(JSON.stringify({ errcode: 'M_UNKNOWN', error: words })), encoding: 'base64' },
    },
  });

  test('is read as requests to the homeserver, without headers, bodies, long polls and media', async () => {
    const { kind, requests } = await read(
      har(
        refused,
        entry('https://hs.example/_matrix/client/v3/sync?since=s1&access_token=x'),
        entry('https://hs.example/_matrix/media/v3/download/a/b'),
        entry('https://app.example/index.js'),
        entry('https://hs.example/_matrix/client/v3/sendToDevice/m.room.encrypted/m1234.5'),
      ),
    );
    expect(kind).toBe('har');
    expect(requests).toEqual([
      {
        at: Date.parse('2026-11-25T09:00:00Z'),
        durationMs: 120.5,
        method: 'POST',
        path: '/_matrix/client/v3/keys/upload',
        status: 400,
        refusal: {
          keyId: 'signed_curve25519:AAAAAAAAAA0',
          oldKey: '8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs',
          newKey: '3ipQnaOL+iZ2pX8Q6FoHgZNdAAuGcULE0Pn23Mk6I08',
          deviceId: 'D',
          httpStatus: 400,
        },
      },
      expect.objectContaining({ path: '/_matrix/client/v3/sendToDevice/m.room.encrypted/{id}' }),
    ]);
    expect(JSON.stringify(requests)).not.toContain('secret');
  });

  const OLD = '8LSqTMj2kn0T6zWpMBFuVoKv9fyFA4+LaHuEYjE5Ixs';
  const NEW = '3ipQnaOL+iZ2pX8Q6FoHgZNdAAuGcULE0Pn23Mk6I08';
  const SIGNED = '"signatures":{"@a:hs":{"ed25519:D":"sig"}}';
  test.each([
    ['the signatures before the key', `Old key: {${SIGNED},"key":"${OLD}"}; new key: {'key': '${NEW}'}`, NEW],
    ['a fallback key', `Old key: {"fallback":true,"key":"${OLD}"}; new key: {'fallback': True, 'key': '${NEW}'}`, NEW],
    ['a capital', `Old key: {"key":"${OLD}"}; New key: {"key":"${NEW}"}`, NEW],
    ['nothing after the old key', `Old key: {"key":"${OLD}"}`, null],
  ])('may contain a refusal with %s', async (_, keys, newKey) => {
    const error = `One time key signed_curve25519:AAAAAAAAAA0 already exists. ${keys}`;
    const content = { text: JSON.stringify({ errcode: 'M_UNKNOWN', error }) };
    const upload = entry('https://hs.example/_matrix/client/v3/keys/upload', { response: { status: 400, content } });
    const { requests } = await read(har(upload));
    expect(requests[0]?.refusal).toMatchObject({ oldKey: OLD, newKey, httpStatus: 400 });
  });

  test("keeps Dendrite's refused key, or the errcode of a failed upload", async () => {
    const dendrite = '@a:hs device D: algorithm / key ID signed_curve25519:AAAAMHA one-time key already exists';
    const answered = (status: number, text: string) =>
      entry('https://hs.example/_matrix/client/v3/keys/upload', { response: { status, content: { text } } });
    const { requests } = await read(
      har(
        answered(400, JSON.stringify({ '@a:hs': { D: { error: dendrite } } })),
        answered(400, JSON.stringify({ errcode: 'M_TOO_LARGE', error: 'Uploading 50 more' })),
        answered(429, JSON.stringify({ errcode: 'M_LIMIT_EXCEEDED' })),
        answered(400, JSON.stringify({ errcode: '<b>no code</b>' })),
        answered(502, '<html>Bad Gateway</html>'),
      ),
    );
    const refusal = {
      keyId: 'signed_curve25519:AAAAMHA',
      oldKey: null,
      newKey: null,
      deviceId: 'D',
      httpStatus: 400,
    };
    expect(requests.map(({ refusal, errcode }) => refusal ?? errcode)).toEqual([
      refusal,
      'M_TOO_LARGE',
      'M_LIMIT_EXCEEDED',
      undefined,
      undefined,
    ]);
  });

  test('that is truncated is read up to its end, with a note', async () => {
    const text = har(refused, refused, refused);
    const { requests, notes } = await read(text.slice(0, text.length - 100));
    expect(requests.length).toBe(2);
    expect(notes.join()).toContain('It ends in the middle after 2 requests');
    const broken = await read(`${text.slice(0, text.indexOf('"response"', 700))}}}}}]`);
    expect(broken.notes.join()).toContain('It is broken after 1 request.');
  });

  test('is read without entries that are no requests, which are counted', async () => {
    const { requests, notes } = await read(har(refused, { request: null }, { startedDateTime: {}, time: 'x' }));
    expect(requests.length).toBe(1);
    expect(notes).toEqual(['2 entries are no requests; left out.']);
  });
});

describe('an unusable file', () => {
  const zip = Buffer.from('504b0304140000000000', 'hex');
  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'The file is empty.'],
    ['white space', ' \n\t', 'nothing but white space'],
    ['a zip archive', zip, 'a zip archive'],
    ['a packed zip archive', gzipSync(zip), 'a zip archive'],
    ['an empty zip archive', Buffer.from(`504b0506${'0'.repeat(36)}`, 'hex'), 'an empty zip archive'],
    ['gzip within gzip', gzipSync(gzipSync('x')), 'packed twice'],
    ['gzip that is damaged', gzipSync('x'.repeat(1000)).subarray(0, 12), 'damaged'],
    ['a database', Buffer.from('SQLite format 3\0...'), 'a database of SQLite'],
    ['noise', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 31), 'It is no text.'],
    ['a web page', '<!doctype html><script>alert(1)</script>', 'a page of HTML'],
    ['prose', 'Dear administrator, it does not work.', 'none of these'],
    ['other JSON', '{"name":"x","schema":"something/1"}', 'neither a report'],
    ['a number', '12', 'none of these'],
    ['a report of a later form', '{"schema":"lotus-crypto-diag/2"}', 'a later form (version 2)'],
    ['a report that is cut off', '{"schema":"lotus-crypto-diag/1","entries":[', 'ends in the middle'],
    ['a report that is cut off after a comma', '{"schema":"lotus-crypto-diag/1",\n ', 'ends in the middle'],
    ['a report that is broken', '{"schema":"lotus-crypto-diag/1",,}', 'It is a report, but it is broken'],
    ['a HAR file without a request', '{"log":{"version":"1.2","entries":[', 'ends before its first request'],
  ])('is refused with a reason: %s', async (_, content, reason) => {
    await expect(read(content)).rejects.toThrow(reason);
  });

  test('rejects with an AbortError if cancelled', async () => {
    const control = new AbortController();
    const reading = readFile(new Blob(['2026-11-25 09:00:00,000 INFO x y z\n'.repeat(200_000)]), control.signal, () =>
      control.abort(),
    );
    await expect(reading).rejects.toThrow(/abort/i);
  });

  // As the clock goes here: a KiB takes so long.
  test.each([
    ['plain', 0.01],
    ['packed', 1],
    ['packed to a thousandth', 40],
  ])('is read in parts of less than 50 ms: %s', async (_, msOfKiB) => {
    const { push } = EvidenceReader.prototype;
    let now = 0;
    let longest = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const pushed = vi.spyOn(EvidenceReader.prototype, 'push').mockImplementation(function (
      this: EvidenceReader,
      bytes,
    ) {
      const took = (bytes.length / 1024) * msOfKiB;
      now += took;
      longest = Math.max(longest, took);
      push.call(this, bytes);
    });
    try {
      const line = '2026-11-25 09:00:00,000 INFO x y z\n';
      const { summary } = await readFile(new Blob([line.repeat(20_000)]), never);
      expect(summary).toContain('20,000 lines');
      expect(longest).toBeLessThan(50);
      if (msOfKiB < 0.1) expect(pushed.mock.calls.length).toBeLessThan(100);
    } finally {
      clock.mockRestore();
      pushed.mockRestore();
    }
  });
});

test.each([
  ['/_matrix/client/v3/rooms/!a:b/send/m.room.message/m1.2', '/_matrix/client/v3/rooms/{id}/send/m.room.message/{id}'],
  [
    'https://x/_matrix/client/v3/rooms/%21a%3Ab/state/m.room.member/%40a%3Ab',
    '/_matrix/client/v3/rooms/{id}/state/m.room.member/{id}',
  ],
  [
    '/_matrix/client/unstable/org.matrix.msc4140/delayed_events/syd_abc?x=1',
    '/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{id}',
  ],
  ['/_matrix/client/v3/user/@a:b/filter/0', '/_matrix/client/v3/user/{id}/filter/{id}'],
  ['/_matrix/client/v3/devices/ABCDEF', '/_matrix/client/v3/devices/{id}'],
  ['/_matrix/client/v3/keys/query', '/_matrix/client/v3/keys/query'],
  ['/_matrix/client/versions', '/_matrix/client/versions'],
  ['/_matrix/client/v3/sync?since=x', null],
  ['/_matrix/media/v3/download/hs/abc', null],
  ['/elsewhere', null],
])('%s becomes %s in a HAR file, a log and a report', async (path, template) => {
  const url = new URL(path, 'https://hs').href;
  const entry = {
    startedDateTime: '2026-11-25T09:00:00.000Z',
    time: 1,
    request: { method: 'GET', url },
    response: { status: 200 },
  };
  const har = await read(JSON.stringify({ log: { version: '1.2', entries: [entry] } }));
  const log = await read(
    `2026-11-25 09:00:00,000 - synapse.access.http.8008 - 460 - INFO - GET-1 - 127.0.0.1 - 8008 - {@a:hs} Processed request: 0.010sec/0.001sec ru=(0.001sec, 0.000sec) db=(0.000sec/0.000sec/0) 48B 200 "GET ${path} HTTP/1.1" "x" [0 dbevts]\n`,
  );
  instantiate();
  const diag = createDiag();
  const timings = diag.timings();
  timings.begin(0);
  timings.take(url, 0, 1, 200);
  const all = [har.requests, log.requests, reportOf(diag).latency?.samples ?? []];
  const paths = all.map((requests) => requests.map(({ path }) => path));
  expect(paths).toEqual(Array(3).fill(template === null ? [] : [template]));
});
