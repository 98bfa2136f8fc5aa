// @ts-nocheck: the peers are there for `make bench` alone.
//
// The variants, each in its own frame: each wraps the frame's `console.warn`, which does nothing by itself.
// Newest versions; what a peer gathers is discarded.

const SIGNATURES =
  /already exists|missing key at index|MissingKey|key set not found|io\.element\.call\.encryption_keys|DecryptionError|update_delayed_event|delayed event/;
const silent = () => {};

/** @type {Record<string, () => unknown>} */
const variants = {
  'pass-through'() {
    const original = console.warn;
    console.warn = (...args) => original.apply(console, args);
  },
  'a wrapper that looks at nothing'() {
    const original = console.warn;
    console.warn = wrap((_args) => {}, original);
  },
  'a wrapper that looks for one character'() {
    const original = console.warn;
    const one = /§/;
    console.warn = wrap((args) => {
      for (let i = 0; i < args.length; i++) if (typeof args[i] === 'string' && one.test(args[i])) return true;
      return false;
    }, original);
  },
  /** The design that the runbook describes. */
  'hand-written'() {
    const original = console.warn;
    /** @type {any[]} */
    const kept = [];
    console.warn = (...args) => {
      const text = args
        .map((arg) => {
          if (typeof arg === 'string') return arg;
          if (arg instanceof Error) return arg.stack ?? arg.message;
          try {
            return JSON.stringify(arg);
          } catch {
            return String(arg);
          }
        })
        .join(' ');
      const match = SIGNATURES.exec(text);
      if (match) {
        kept.push({ ts: new Date().toISOString(), signature: match[0], message: text });
        if (kept.length > 200) kept.shift();
      }
      original(...args);
    };
  },
  /** Like clients that attach a log to a fault report: every line, with its time. */
  'every line kept as text'() {
    const original = console.warn;
    let log = '';
    console.warn = (...args) => {
      const texts = args.map((arg) => {
        if (arg instanceof Error) return `${arg.message}\n${arg.stack}`;
        return typeof arg === 'object' ? JSON.stringify(arg) : arg;
      });
      log += `${new Date().toISOString()} W ${texts.join(' ')}\n`;
      if (log.length > 1e6) log = '';
      original.apply(console, args);
    };
  },
  'lotus-crypto-diag': () => import('lotus-crypto-diag').then((lib) => lib.installCryptoDiagLog()),
  'console-feed': () =>
    import('console-feed/lib/Hook').then(({ default: hook }) => {
      const feed = hook.default ?? hook;
      feed(console, silent);
    }),
  '@sentry/browser, breadcrumbs': () => sentry((lib) => lib.consoleIntegration()),
  '@sentry/browser, captureConsole': () =>
    sentry((lib) => lib.captureConsoleIntegration({ levels: ['warn', 'error'] })),
  '@rrweb console-record': () =>
    import('@rrweb/rrweb-plugin-console-record').then((lib) => {
      const { observer, options } = lib.getRecordConsolePlugin({ level: ['warn', 'error'], lengthThreshold: 1e9 });
      observer?.(silent, /** @type {any} */ (window), /** @type {any} */ (options));
    }),
  '@datadog/browser-logs': () =>
    import('@datadog/browser-logs').then(({ datadogLogs }) =>
      datadogLogs.init({
        clientToken: 'none',
        proxy: `${location.origin}/nowhere`,
        forwardConsoleLogs: ['warn', 'error'],
        beforeSend: () => false,
      }),
    ),
};

/**
 * A wrapper with the same structure as the package's.
 *
 * @param {(args: any) => unknown} look
 * @param {typeof console.warn} original
 */
function wrap(look, original) {
  return {
    warn() {
      // biome-ignore lint/complexity/noArguments: rest parameters cost more.
      const args = arguments;
      look(args);
      return Reflect.apply(original, this, args);
    },
  }.warn;
}

/** @param {(lib: typeof import('@sentry/browser')) => any} integration */
async function sentry(integration) {
  const lib = await import('@sentry/browser');
  lib.init({
    dsn: `http://none@${location.host}/1`,
    defaultIntegrations: false,
    integrations: [integration(lib)],
    transport: () => ({ send: async () => ({}), flush: async () => true }),
    beforeSend: () => null,
  });
}

const refusal = (/** @type {string} */ id) =>
  `Failed to process outgoing request 0: M_UNKNOWN: MatrixError: [400] One time key signed_curve25519:${id} already exists. Old key: {"key":"1jUDA9fEGLDlXLJq1ChPMbfqQPJsx9YmGFwGSOjmED4","signatures":{"@co1795475452551:lab.local":{"ed25519:OEACBWGMLM":"HP3LBsLsFiYIIUfGbTKeBCF0VidXG1H/3vZiY7f6jkc0LGVNC6PSzfieW2EE/ZlpjxmHaSW1rmKO0bDheFCBBw"}}}; new key: {'key': 'Xi9ZKBuM6MjD2HyhlBhdU82OySJLS08gKhD6VDetzyg', 'signatures': {'@co1795475452551:lab.local': {'ed25519:OEACBWGMLM': 'DCei67kxcytqz1acufn2H/5yUvhYw79vG2pSIq533MN3nUNEXb8npVTmM0XNr6VAt2jfPnY3G89yAxTNwnHWCg'}}} (http://127.0.0.1:8069/_matrix/client/v3/keys/upload)`;
const nested = { event: { content: { body: 'hello', list: Array.from({ length: 20 }, (_, i) => ({ id: i })) } } };
let line = 0;

/** @type {Record<string, () => unknown[]>} */
const workloads = {
  '80 characters': () => [`Adding default global override push rule .org.matrix.msc3786.rule number ${line % 10} xx`],
  '2 kB': () => [`${line % 10}${'lorem ipsum dolor sit amet '.repeat(75)}`],
  'printf-style': () => ['sync %s took %d ms in %o', 'ok', line, 'room'],
  'an Error': () => ['sync', '/sync error', new Error('Network local timeout error, immediate retry')],
  'nested objects': () => ['event', nested],
  'a refusal, ever another': () => [refusal(`AAAA${line}`)],
  'a refusal, again and again': () => [refusal(`AAAA${line % 3}`)],
};

Object.assign(window, {
  workloads: Object.keys(workloads),
  async install(/** @type {string} */ name, /** @type {boolean} */ real) {
    if (!real) {
      console.warn = silent;
      console.error = silent;
    }
    await variants[name]?.();
  },
  /** Milliseconds for `calls` calls; the lines are created before. */
  run(/** @type {string} */ workload, /** @type {number} */ calls) {
    const lines = [];
    for (let i = 0; i < calls; i++, line++) {
      const args = workloads[workload]?.() ?? [];
      // Flattens the string, as the first reader of a concatenation does; otherwise this would dominate the
      // measurement.
      for (const arg of args) if (typeof arg === 'string') arg.charCodeAt(0);
      lines.push(args);
    }
    const { warn } = console;
    const start = performance.now();
    for (const args of lines) warn.apply(console, args);
    return performance.now() - start;
  },
});
