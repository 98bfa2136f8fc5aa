import { type ReactNode, useEffect, useState } from 'react';

import type { TabLeadershipOptions } from '../index';
import { useWords } from './CryptoDiagWordsProvider';
import { GateScreen } from './GateScreen';
import { useTabLeadership } from './useTabLeadership';
import { ENGLISH_TABS, type SomeOf, type TabWords } from './words';

export type TabGateProps = Pick<TabLeadershipOptions, 'name' | 'readName' | 'canYield' | 'onYield'> & {
  /**
   * The part of the app that starts the client. Rendered only in the leading tab, and unmounted before another tab
   * leads.
   */
  children: ReactNode;
  /**
   * Called at once when this tab stops leading, even if nobody asked: the page was frozen, or its lock was stolen. Stop
   * the client here, too: a frozen page renders nothing until it resumes.
   */
  onLost?: () => void;
  /** Name of the app, for the texts. */
  appName?: string;
  /** Whether the user may open the app beside the other tab, risking their encryption. */
  allowAnyway?: boolean;
  words?: SomeOf<TabWords>;
};

/** Renders its children in one tab of a session, and a waiting screen in the others. */
export function TabGate(props: TabGateProps) {
  const { children, appName = 'This app', allowAnyway, words, name, readName, canYield, onYield, onLost } = props;
  const text = useWords('tabs', ENGLISH_TABS, words);
  const [isAnyway, setAnyway] = useState(false);
  /** Set while this tab yields, until it leads again: called once the children are unmounted. */
  const [onGone, setOnGone] = useState<() => void>();

  // Unmounts the children with all their effects first; then the host shuts down the rest.
  const handleYield = async () => {
    await new Promise<void>((resolve) => {
      setOnGone(() => resolve);
      setAnyway(false);
    });
    await onYield?.();
  };
  useEffect(() => onGone?.(), [onGone]);

  const { role, leaderSilent, takeOver } = useTabLeadership({
    ...(name === undefined ? {} : { name }),
    ...(readName ? { readName } : {}),
    ...(canYield ? { canYield } : {}),
    onYield: handleYield,
    onChange: (changed) => {
      if (changed === 'follower') {
        onLost?.();
        return;
      }
      setOnGone(undefined);
      // From now on this tab is a normal leader and yields when asked.
      setAnyway(false);
    },
  });

  if (role === null) return null;
  // A fragment, because TypeScript before 5.1 accepts no component that returns a `ReactNode`.
  if ((role !== 'follower' && !onGone) || isAnyway) return <>{children}</>;
  return (
    <FollowerScreen
      appName={appName}
      words={text}
      leaderSilent={leaderSilent}
      takeOver={takeOver}
      onAnyway={allowAnyway ? () => setAnyway(true) : undefined}
    />
  );
}

type FollowerScreenProps = {
  appName: string;
  words: TabWords;
  leaderSilent: boolean;
  takeOver: ReturnType<typeof useTabLeadership>['takeOver'];
  onAnyway: (() => void) | undefined;
};
function FollowerScreen({ appName, words, leaderSilent, takeOver, onAnyway }: FollowerScreenProps) {
  const [isAsking, setAsking] = useState(false);
  const [refusal, setRefusal] = useState('');

  const handleTakeOver = async () => {
    if (isAsking) return;
    setAsking(true);
    const { reason } = await takeOver();
    setAsking(false);
    setRefusal(reason === null ? '' : words.refused(reason));
  };
  const outcome = leaderSilent ? words.noResponse : refusal;

  return (
    <GateScreen
      testId="tab-gate"
      title={words.elsewhere(appName)}
      why={[words.why]}
      action={words.here}
      isBusy={isAsking}
      onAction={handleTakeOver}
      outcome={isAsking ? words.asking : outcome}
      anyway={words.anyway}
      onAnyway={onAnyway}
    />
  );
}
