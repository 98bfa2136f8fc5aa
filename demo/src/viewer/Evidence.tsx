import { Box, Text } from 'folds';
import type { CryptoDiagEntry, EvidenceRef } from 'lotus-crypto-diag';
import { DiagnosisText } from 'lotus-crypto-diag/react';

import type { ReportView } from './protocol';
import { TextBlock } from './TextBlock';
import { clock, moment, visible } from './words';

type EvidenceProps = { evidence: EvidenceRef[]; view: ReportView };
/** What a verdict is based on: in words, with the line or the row itself. */
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
              <DiagnosisText>{visible(one.text)}</DiagnosisText>{' '}
            </Text>
            <Source evidence={one} view={view} />
          </li>
        ))}
      </Box>
    </details>
  );
}

/** The entry that a reference points to, in this page or an earlier one. */
function entryOf({ entry: index, fact }: EvidenceRef, { report }: ReportView): CryptoDiagEntry | undefined {
  if (index !== null) return report.entries[index];
  const [, page, at] = /^earlier\[(\d+)\]\.entries\[(\d+)\]$/.exec(fact) ?? [];
  return page && at ? report.earlier[Number(page)]?.entries[Number(at)] : undefined;
}

function Source({ evidence, view }: { evidence: EvidenceRef; view: ReportView }) {
  const { entry: index, fact } = evidence;
  const entry = entryOf(evidence, view);
  const text = entry ? entry.message : view.facts[fact];
  const time = entry && Date.parse(entry.lastTs);
  const when = time && (index === null ? moment(time) : clock(time, true));
  const where = entry ? `${entry.ke}, ${when} UTC, ${entry.source}` : fact;
  if (text === undefined) {
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
      <TextBlock text={text} label={where} />
    </details>
  );
}
