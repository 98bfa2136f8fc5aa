import { type ReactNode, useEffect, useState } from 'react';

import type { TabLeadershipOptions } from '../index';
import { useWords } from './CryptoDiagWordsProvider';
import { GateScreen } from './GateScreen';
import { useTabLeadership } from './useTabLeadership';
import { ENGLISH_TABS, type SomeOf, type TabWords } from './words';

export type TabGateProps = Pick<TabLeadershipOptions, 'name' | 'readName' | 'canYield' | 'onYield'> & {
  /** What starts the client. It is there in the leading tab only, and is taken away before another tab leads. */
  children: ReactNode;
  /**
   * Called at once when this tab leads no more, also where nobody asked: the page was put to sleep, or the lock was taken.
   * Stop the client here, too: a page that is put to sleep draws nothing before it is back.
   */
  onLost?: () => void;
  /** Name of the app, for the words. */
  appName?: string;
  /** Whether a person may open the app beside the other tab, at the risk of their encryption. */
  allowAnyway?: boolean;
  words?: SomeOf<TabWords>;
};

/** Shows its children in one tab of a session, and a calm screen in the others. */
export function TabGate(props: TabGateProps) {
  const { children, appName = 'This app', allowAnyway, words, name, readName, canYield, onYield, onLost } = props;
  const text = useWords('tabs', ENGLISH_TABS, words);
  const [isAnyway, setAnyway] = useState(false);
  /** While this tab yields, and until it leads again: to be called when the children are gone. */
  const [onGone, setOnGone] = useState<() => void>();

  // What was on the screen goes first, with all its effects; then the host shuts down what is left.
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
      // From here on it is a leader as any other, and goes when it is asked to.
      setAnyway(false);
    },
  });

  if (role === null) return null;
  // An element, not the children themselves: TypeScript before 5.1 takes no component that returns a `ReactNode`.
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
