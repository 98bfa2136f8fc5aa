import { Box, Text } from 'folds';
import { DiagnosisText } from 'lotus-crypto-diag/react';

import { Card } from '../Card';
import { CopyButton } from './CopyButton';
import { isFor, type ServerDatabase } from './DatabasePicker';
import type { ReportView } from './protocol';
import { TextBlock } from './TextBlock';
import { moment, visible } from './words';

type RunbookCardProps = { view: ReportView; database: ServerDatabase };
/** Which items of the runbook's checklist the report contains, and how to get the rest from the server. */
export function RunbookCard({ view, database }: RunbookCardProps) {
  const { runbook, diagnosis } = view.analysis;
  const span = `From ${moment(Date.parse(runbook.from))} to ${moment(Date.parse(runbook.to))} UTC.`;
  return (
    <Card
      title="Ask the server"
      about={`Queries for the homeserver's database and log, with the ids of this report. They only read. ${span} Drop the answers above.`}
    >
      {diagnosis.artefacts.length > 0 && (
        <details>
          <summary>
            <Text as="span" size="T300">
              Checklist: {diagnosis.artefacts.filter(({ inside }) => inside).length} of {diagnosis.artefacts.length}{' '}
              present
            </Text>
          </summary>
          <ul className="plain-list">
            {diagnosis.artefacts.map(({ name, inside, how }) => (
              <Text key={name} as="li" size="T200">
                <b>
                  {inside ? 'Present' : 'To add'}: {visible(name)}.
                </b>{' '}
                <DiagnosisText>{visible(how)}</DiagnosisText>
              </Text>
            ))}
          </ul>
        </details>
      )}
      <ul className="plain-list" data-testid="queries">
        {runbook.queries.filter(isFor(database)).map(({ id, title, text, proves, language }) => (
          <li key={id}>
            <details>
              <summary>
                <Text as="span" size="T300">
                  <DiagnosisText>{visible(title)}</DiagnosisText>
                </Text>
              </summary>
              <Box direction="Column" gap="100">
                <Text as="p" size="T200" style={{ margin: 0 }}>
                  <DiagnosisText>{visible(proves)}</DiagnosisText>
                </Text>
                <TextBlock text={text} label={`${title}, ${language}`} />
                <Box alignItems="Center" gap="200" wrap="Wrap">
                  <CopyButton text={text} label={title} />
                </Box>
              </Box>
            </details>
          </li>
        ))}
      </ul>
    </Card>
  );
}
