import { useEffect, useRef, useState } from 'react';

import { requestTabLeadership, type TabLeadership, type TabLeadershipOptions, type TabRole } from '../index';

export type TabLeadershipState = {
  /** `null` before the browser has said anything. */
  role: TabRole | null;
  /** Whether the leader left it unanswered that this tab asked to take over. */
  leaderSilent: boolean;
  takeOver: TabLeadership['takeOver'];
};

/** How long the browser may take to give a free lock, before this tab counts as a follower. */
const SETTLE_MS = 300;

/** Takes part in the election of the one tab that may open the crypto store, for as long as the component is there. */
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
        // First, as the host may throw: what is drawn never leads without the lock.
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
