import { Text } from 'folds';

import { Card } from '../Card';
import type { ReportView } from './protocol';
import { type RefusedKey, refusalsOf } from './refusals';
import { duration, moment, visible } from './words';

const SHOWN = 8;

type RefusedKeysProps = { view: ReportView };
/** The old and the new key side by side: the proof that client and server diverged. */
export function RefusedKeys({ view }: RefusedKeysProps) {
  const refused = refusalsOf(view.report);
  if (refused.length === 0) return null;
  const hiddenCount = refused.length - SHOWN;
  return (
    <Card
      title="Keys that the server refused"
      about="For the same key id, the server has one key and the device another."
    >
      <ul className="plain-list">
        {refused.slice(0, SHOWN).map((key) => (
          <KeyItem key={`${key.keyId} ${key.oldKey} ${key.newKey}`} refused={key} />
        ))}
      </ul>
      {hiddenCount > 0 && <Text size="T200">And {hiddenCount} more.</Text>}
    </Card>
  );
}

function KeyItem({ refused: { keyId, oldKey, newKey, lines, firstTs, lastTs } }: { refused: RefusedKey }) {
  const [from, to] = [Date.parse(firstTs), Date.parse(lastTs)];
  const isSame = oldKey !== null && oldKey === newKey;
  return (
    <li data-testid="refused-key">
      <Text as="h3" size="L400" style={{ margin: 0, overflowWrap: 'anywhere' }}>
        {visible(keyId)}
      </Text>
      <Text as="p" size="T200" style={{ margin: 0 }}>
        {lines} {lines === 1 ? 'refusal' : 'refusals'} from {moment(from)} UTC
        {to > from && `, for ${duration(to - from)}`}
        {isSame && '. Both keys are the same, so they do not diverge'}
      </Text>
      <dl className="keys">
        <div>
          <Text as="dt" size="T200">
            Old: on the server
          </Text>
          <dd className="key">{visible(oldKey ?? 'not known')}</dd>
        </div>
        <div>
          <Text as="dt" size="T200">
            New: of the device
          </Text>
          <dd className="key">{visible(newKey ?? 'not known')}</dd>
        </div>
      </dl>
    </li>
  );
}
