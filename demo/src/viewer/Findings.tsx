import { Badge, Box, color, config, Text } from 'folds';
import type { Finding } from 'lotus-crypto-diag';
import { DiagnosisText } from 'lotus-crypto-diag/react';
import { useId } from 'react';

import { Card } from '../Card';
import { CopyButton } from './CopyButton';
import { isFor, type ServerDatabase } from './DatabasePicker';
import { Evidence } from './Evidence';
import { reachWords } from './loads';
import type { ReportView } from './protocol';
import { anchorOf, sentence, VERDICT_COLOURS, VERDICT_WORDS, visible } from './words';

type FindingsProps = { view: ReportView; database: ServerDatabase; hasServerEvidence: boolean };
export function Findings({ view, database, hasServerEvidence }: FindingsProps) {
  const { summary, findings } = view.analysis.diagnosis;
  const about = hasServerEvidence
    ? 'Based on the report and on the evidence from the server.'
    : 'Based on the report alone. Evidence from the server makes the verdicts more certain.';
  return (
    <Card title="Verdicts" about={about}>
      {view.report.earlier.length > 0 && (
        <Text as="p" size="T300" style={{ margin: 0 }} data-testid="reach">
          {reachWords(view.report)}
        </Text>
      )}
      {view.problem && (
        <Text as="p" role="alert" size="T300" style={{ margin: 0, overflowWrap: 'anywhere' }}>
          The evidence from the server could not be used: <DiagnosisText>{visible(view.problem)}</DiagnosisText>
        </Text>
      )}
      {summary && (
        <Text as="p" size="T300" style={{ margin: 0, overflowWrap: 'anywhere' }} data-testid="summary">
          <DiagnosisText>{visible(summary)}</DiagnosisText>
        </Text>
      )}
      <ul className="plain-list">
        {findings.map((finding) => (
          <FindingItem key={finding.id} finding={finding} view={view} database={database} />
        ))}
      </ul>
    </Card>
  );
}

type FindingItemProps = { finding: Finding; view: ReportView; database: ServerDatabase };
function FindingItem({ finding, view, database }: FindingItemProps) {
  const heading = useId();
  const before = view.reportAnalysis.diagnosis.findings.find(({ id }) => id === finding.id);
  const isSharper = before !== undefined && before.verdict !== finding.verdict;
  // A fault that is over needs no attention.
  const colour = finding.over ? 'Secondary' : VERDICT_COLOURS[finding.verdict];
  const tone = color[colour];
  return (
    <li
      id={anchorOf(view.id, finding.id)}
      data-testid={`finding-${finding.id}`}
      data-verdict={finding.verdict}
      aria-labelledby={heading}
      style={{
        minWidth: 0,
        padding: config.space.S300,
        backgroundColor: color.Surface.Container,
        color: color.Surface.OnContainer,
        borderLeft: `4px solid ${tone.Main}`,
        borderRadius: config.radii.R300,
        overflowWrap: 'anywhere',
      }}
    >
      <Box direction="Column" gap="200">
        <Box alignItems="Start" justifyContent="SpaceBetween" gap="200" wrap="Wrap">
          <Text as="h3" id={heading} size="L400" style={{ flex: '1 1 200px', margin: 0 }}>
            <DiagnosisText>{visible([finding.fault, finding.question].filter(Boolean).join(': '))}</DiagnosisText>
          </Text>
          <Badge variant={colour} fill="Soft" radii="300" size="500" outlined>
            <Text as="span" size="L400">
              {VERDICT_WORDS[finding.verdict]}
              {finding.conclusion && `: ${sentence(finding.conclusion)}`}
              {finding.over && ', over now'}
            </Text>
          </Badge>
        </Box>
        <Text as="p" size="T300" style={{ margin: 0 }}>
          <DiagnosisText>{visible(finding.because)}</DiagnosisText>
        </Text>
        {isSharper && (
          <Text as="p" size="T200" style={{ margin: 0 }} data-testid="sharpened">
            Without the evidence from the server: {VERDICT_WORDS[before.verdict].toLowerCase()}.
          </Text>
        )}
        {finding.evidence.length > 0 && <Evidence evidence={finding.evidence} view={view} />}
        <Missing finding={finding} view={view} database={database} />
        {finding.next && (
          <Text as="p" size="T200" style={{ margin: 0 }}>
            <b>Next step:</b> <DiagnosisText>{visible(finding.next)}</DiagnosisText>
          </Text>
        )}
        {finding.remedies.length > 0 && (
          <details>
            <summary>
              <Text as="span" size="T200">
                How to fix it, least disruptive first ({finding.remedies.length})
              </Text>
            </summary>
            <ol style={{ margin: 0, paddingLeft: 24 }}>
              {finding.remedies.map(({ title, blastRadius }) => (
                <Text key={title} as="li" size="T200">
                  <b>
                    <DiagnosisText>{visible(title)}</DiagnosisText>
                  </b>{' '}
                  <DiagnosisText>{`Impact: ${visible(blastRadius)}`}</DiagnosisText>
                </Text>
              ))}
            </ol>
          </details>
        )}
      </Box>
    </li>
  );
}

/** The evidence that would decide an open question, and how to get it. */
function Missing({ finding, view, database }: FindingItemProps) {
  const queries = view.analysis.runbook.queries
    .filter(isFor(database))
    .filter(({ id }) => finding.queries.includes(id));
  if (finding.missing.length === 0) return null;
  return (
    <Box direction="Column" gap="100" data-testid="missing">
      <Text as="span" size="T200">
        <b>Missing evidence:</b>
      </Text>
      <ul style={{ margin: 0, paddingLeft: 20 }}>
        {finding.missing.map((what) => (
          <Text key={what} as="li" size="T200">
            <DiagnosisText>{visible(what)}</DiagnosisText>
          </Text>
        ))}
      </ul>
      {queries.map(({ id, title, text }) => (
        <Box key={id} alignItems="Center" gap="200" wrap="Wrap">
          <Text as="span" size="T200" style={{ flex: '1 1 160px' }}>
            <DiagnosisText>{visible(title)}</DiagnosisText>
          </Text>
          <CopyButton text={text} label={title} words="Copy query" />
        </Box>
      ))}
    </Box>
  );
}
