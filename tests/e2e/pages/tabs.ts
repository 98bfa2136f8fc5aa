// A tab of a session. Every role it has is written into localStorage, which all tabs share, with the browser's own clock.
import 'lotus-crypto-diag/auto';
import * as lib from 'lotus-crypto-diag';

const query = new URLSearchParams(location.search);
const id = query.get('id') ?? 'tab';
const started = Math.random().toString(36).slice(2);
let lines = 0;

function log(what: string) {
  const at = performance.timeOrigin + performance.now();
  lines += 1;
  localStorage.setItem(`log ${at.toFixed(3)} ${id} ${started} ${lines}`, what);
}

window.lib = lib;
// Before it takes part: another tab may answer at once.
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
