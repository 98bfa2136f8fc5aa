import { Text } from 'folds';
import type { SlowEndpoint } from 'lotus-crypto-diag/server-evidence';

import { visible } from './words';

const SHOWN = 10;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

export function SurveyEndpoints({ endpoints }: { endpoints: SlowEndpoint[] }) {
  return (
    <details>
      <summary>
        <Text as="span" size="T300">
          Slow requests
        </Text>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard. */}
      <section className="scrolls" aria-label="Slow requests" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col" className="number">
                Two seconds or more
              </th>
              <th scope="col" className="number">
                Mean
              </th>
              <th scope="col" className="number">
                Longest
              </th>
            </tr>
          </thead>
          <tbody>
            {endpoints.slice(0, SHOWN).map(({ method, path, count, meanMs, longestMs }) => (
              <tr key={`${method} ${path}`}>
                <th scope="row">
                  {method} {visible(path)}
                </th>
                <td className="number">{count.toLocaleString('en')}</td>
                <td className="number">{seconds(meanMs)}</td>
                <td className="number">{seconds(longestMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
