import { useEffect, useRef, useState } from 'react';

import { requestTabLeadership, type TabLeadership, type TabLeadershipOptions, type TabRole } from '../index';

export type TabLeadershipState = {
  /** `null` until the browser has answered. */
  role: TabRole | null;
  /** Whether the leader did not answer this tab's request to take over. */
  leaderSilent: boolean;
  takeOver: TabLeadership['takeOver'];
};

/** How long the browser may take to grant a free lock before this tab counts as a follower. */
const SETTLE_MS = 300;

/** Takes part in the election of the one tab that may open the crypto store, while the component is mounted. */
export function useTabLeadership(options: TabLeadershipOptions): TabLeadershipState {
  const { name } = options;
  const latest = useRef(options);
  latest.current = options;
  const leadership = useRef<TabLeadership>();
  const [role, setRole] = useState<TabRole | null>(null);
  const [leaderSilent, setLeaderSilent] = useState(false);

  useEffect(() => {
    const own = requestTabLeadership({
      ...(name === undefined ? {} : { name }),
      onChange: (changed) => {
        // Set first, because the host's callback may throw: this tab must never render as leader without the lock.
        setRole(changed);
        latest.current.onChange?.(changed);
      },
      ...(latest.current.readName ? { readName: () => latest.current.readName?.() ?? null } : {}),
      ...(latest.current.canYield ? { canYield: () => latest.current.canYield?.() ?? true } : {}),
      onYield: () => latest.current.onYield?.(),
    });
    leadership.current = own;
    own.subscribe(() => setLeaderSilent(own.leaderSilent));
    setLeaderSilent(own.leaderSilent);
    if (own.role !== 'follower') setRole(own.role);
    const timer = setTimeout(() => setRole(own.role), SETTLE_MS);
    return () => {
      clearTimeout(timer);
      own.release();
      setRole(null);
      setLeaderSilent(false);
    };
  }, [name]);

  const takeOver = async () =>
    (await leadership.current?.takeOver()) ?? { granted: false, reason: 'this tab takes no part' };
  return { role, leaderSilent, takeOver };
}
