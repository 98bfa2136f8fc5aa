import type { SurveyOrder, SurveyRow } from './protocol';
import { momentOf } from './SurveyCard';
import { goingOnWords } from './survey-words';
import { visible } from './words';

type SurveyTableProps = {
  /** The first of the matching devices. */
  rows: SurveyRow[];
  matching: number;
  openKey: string;
  order: SurveyOrder;
  onOrder: (order: SurveyOrder) => void;
  onOpen: (key: string) => void;
};
export function SurveyTable({ rows, matching, openKey, order, onOrder, onOpen }: SurveyTableProps) {
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
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard.
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
          {rows.map(({ key, userId, deviceId, names, count, firstTs, lastTs, goingOn }) => (
            <tr key={key} className={key === openKey ? 'open' : undefined}>
              <th scope="row">
                <button type="button" className="as-text" aria-expanded={key === openKey} onClick={() => onOpen(key)}>
                  {visible(userId ?? 'User not named')}
                  <br />
                  {visible(deviceId ?? 'device not named')}
                </button>
              </th>
              <td>{names}</td>
              <td className="number">{count.toLocaleString('en')}</td>
              <td>{momentOf(firstTs)}</td>
              <td>{momentOf(lastTs)}</td>
              <td>{goingOnWords(goingOn)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {matching > rows.length && (
        <p>And {matching - rows.length} more: narrow them down by the user, or export them.</p>
      )}
    </section>
  );
}
