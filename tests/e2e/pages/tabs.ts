// A tab of a session. Logs its roles to localStorage, which all tabs share, with the browser's clock.
import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

const query = new URLSearchParams(location.search);
const id = query.get('id') ?? 'tab';
const started = Math.random().toString(36).slice(2);
let lines = 0;

/**
 * For tests without a driver: `?reportTo` is an address to which every logged event is sent, and regularly that the page is
 * alive.
 */
const reportTo = query.get('reportTo');
if (reportTo) setInterval(() => void fetch(`${reportTo}?${id}=alive`, { mode: 'no-cors' }).catch(() => {}), 200);

function log(what: string) {
  if (reportTo) void fetch(`${reportTo}?${id}=${what}`, { mode: 'no-cors', keepalive: true }).catch(() => {});
  const at = performance.timeOrigin + performance.now();
  lines += 1;
  localStorage.setItem(`log ${at.toFixed(3)} ${id} ${started} ${lines}`, what);
}

window.lib = lib;
// Before joining the election, because another tab may answer at once.
log('opened');
window.leadership = lib.requestTabLeadership({
  name: query.get('session') ?? 'session',
  onChange: log,
  canYield: () => window.busy ?? true,
  onYield: async () => {
    log('shutting down');
    await new Promise((resolve) => setTimeout(resolve, 50));
  },
});
