import { Box, Text } from 'folds';
import type { EvidenceRef } from 'lotus-crypto-diag';

import type { ReportView } from './protocol';
import { TextBlock } from './TextBlock';
import { clock, visible } from './words';

type EvidenceProps = { evidence: EvidenceRef[]; view: ReportView };
/** What a verdict rests on: in words, and the line or the row itself. */
export function Evidence({ evidence, view }: EvidenceProps) {
  return (
    <details data-testid="evidence">
      <summary>
        <Text as="span" size="T200">
          Evidence ({evidence.length})
        </Text>
      </summary>
      <Box as="ol" direction="Column" gap="200" style={{ margin: 0, paddingLeft: 24 }}>
        {evidence.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list of a verdict does not change.
          <li key={index}>
            <Text as="span" size="T200">
              {visible(one.text)}{' '}
            </Text>
            <Source evidence={one} view={view} />
          </li>
        ))}
      </Box>
    </details>
  );
}

function Source({ evidence: { entry: index, fact }, view }: { evidence: EvidenceRef; view: ReportView }) {
  const entry = index === null ? undefined : view.report.entries[index];
  const known = entry ? entry.message : view.facts[fact];
  const where = entry ? `${entry.ke}, ${clock(Date.parse(entry.lastTs), true)} UTC, ${entry.source}` : fact;
  if (known === undefined) {
    return (
      <Text as="span" size="T200">
        ({visible(fact)})
      </Text>
    );
  }
  return (
    <details>
      <summary>
        <Text as="span" size="T200">
          {visible(where)}
        </Text>
      </summary>
      <TextBlock text={known} label={where} />
    </details>
  );
}
