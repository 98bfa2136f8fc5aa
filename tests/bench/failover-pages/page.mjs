// A tab of the failover benchmark: takes part in one election, and logs to localStorage, which all tabs share, when it
// is told that it leads, with the browser's clock.
const query = new URLSearchParams(location.search);
const load = Math.random().toString(36).slice(2);
const name = 'session';
let lines = 0;

/** @param {string} what */
function log(what) {
  const at = performance.timeOrigin + performance.now();
  lines += 1;
  localStorage.setItem(`log ${at.toFixed(3)} ${query.get('tab')} ${load} ${lines}`, what);
}

// Logged before any library's own handler runs.
addEventListener('pagehide', () => log('pagehide'), { capture: true });

const led = () => log('leader');

/** @param {boolean} withLocks */
async function broadcastChannel(withLocks) {
  const { BroadcastChannel, createLeaderElection } = await import('broadcast-channel');
  const channel = new BroadcastChannel(name, { type: 'native' });
  // broadcast-channel uses its message election if Web Locks are missing, and does not export it.
  if (!withLocks) Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
  const elector = createLeaderElection(channel);
  elector.awaitLeadership().then(led);
  return elector;
}

async function lotus() {
  const { requestTabLeadership } = await import('lotus-crypto-diag');
  return requestTabLeadership({
    name,
    onChange: (role) => {
      if (role === 'leader') led();
      else log('stepped back');
    },
  });
}

/** @type {Record<string, () => Promise<unknown>>} */
const variants = {
  locks: async () => {
    navigator.locks.request(name, () => {
      led();
      return new Promise(() => {});
    });
  },
  // The minimal code that releases the lock in time: no lock can be passed on sooner.
  'locks, let go at pagehide': async () => {
    let release = () => {};
    const queue = () =>
      navigator.locks.request(name, () => {
        led();
        return new Promise((resolve) => {
          release = () => resolve(undefined);
        });
      });
    addEventListener('pagehide', () => release());
    addEventListener('pageshow', ({ persisted }) => persisted && queue());
    queue();
  },
  'lotus-crypto-diag': lotus,
  'broadcast-channel, locks': () => broadcastChannel(true),
  'broadcast-channel, messages': () => broadcastChannel(false),
  'tab-election': async () => {
    const { Tab } = await import('tab-election');
    const tab = new Tab(name);
    tab.waitForLeadership(led);
    return tab;
  },
};

// Referenced, so that the garbage collector keeps it.
Object.assign(window, { election: await variants[query.get('variant') ?? '']?.() });
log('opened');
