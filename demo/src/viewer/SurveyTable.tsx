import type { DeviceTrouble } from 'lotus-crypto-diag/server-evidence';

import { keyOf, momentOf } from './SurveyCard';
import { CAUSE_WORDS, goingOnWords, TROUBLE_WORDS, totalOf } from './survey-words';
import { visible } from './words';

export type SurveyOrder = 'worst' | 'user' | 'count' | 'first' | 'last';

const text = (a: string | null | undefined, b: string | null | undefined) => (a ?? '').localeCompare(b ?? '');
export const ORDERS: Record<Exclude<SurveyOrder, 'worst'>, (a: DeviceTrouble, b: DeviceTrouble) => number> = {
  user: (a, b) => text(a.userId, b.userId) || text(a.deviceId, b.deviceId),
  count: (a, b) => totalOf(b) - totalOf(a),
  first: (a, b) => text(a.firstTs, b.firstTs),
  last: (a, b) => text(b.lastTs, a.lastTs),
};
/** More rows would take the page long to draw; the filter and the export have them all. */
const SHOWN = 200;

type SurveyTableProps = {
  devices: DeviceTrouble[];
  open: DeviceTrouble | undefined;
  order: SurveyOrder;
  onOrder: (order: SurveyOrder) => void;
  onOpen: (device: DeviceTrouble) => void;
};
export function SurveyTable({ devices, open, order, onOrder, onOpen }: SurveyTableProps) {
  const sortable = (words: string, by: SurveyOrder, className?: string) => (
    <th
      scope="col"
      className={className}
      aria-sort={order === by ? (by === 'user' || by === 'first' ? 'ascending' : 'descending') : 'none'}
    >
      <button type="button" className="as-text" onClick={() => onOrder(by)}>
        {words}
      </button>
    </th>
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
    <section className="scrolls" aria-label="Devices in trouble" tabIndex={0}>
      <table className="survey-table" data-testid="survey">
        <thead>
          <tr>
            {sortable('User and device', 'user')}
            {sortable('Trouble', 'worst')}
            {sortable('Count', 'count', 'number')}
            {sortable('First', 'first')}
            {sortable('Last', 'last')}
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {devices.slice(0, SHOWN).map((device) => (
            <tr key={keyOf(device)} className={device === open ? 'open' : undefined}>
              <th scope="row">
                <button
                  type="button"
                  className="as-text"
                  aria-expanded={device === open}
                  onClick={() => onOpen(device)}
                >
                  {visible(device.userId ?? 'User not named')}
                  <br />
                  {visible(device.deviceId ?? 'device not named')}
                </button>
              </th>
              <td>{device.troubles.map(wordsOf).join('; ')}</td>
              <td className="number">{totalOf(device).toLocaleString('en')}</td>
              <td>{momentOf(device.firstTs)}</td>
              <td>{momentOf(device.lastTs)}</td>
              <td>{goingOnWords(device.goingOn)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {devices.length > SHOWN && (
        <p>And {devices.length - SHOWN} more: narrow them down by the user, or export them.</p>
      )}
    </section>
  );
}

const wordsOf = ({ kind, cause }: DeviceTrouble['troubles'][number]) =>
  cause ? `${TROUBLE_WORDS[kind]} (${CAUSE_WORDS[cause]})` : TROUBLE_WORDS[kind];
