import { Badge, Box, color, config, Text } from 'folds';
import { useId } from 'react';

import type { Diagnosis, Finding, Verdict } from '../index';
import { DiagnosisText } from './DiagnosisText';
import type { CryptoDiagWords } from './words';

export type VerdictsProps = {
  /** `undefined`: not read yet; `null`: cannot be read. */
  diagnosis: Diagnosis | null | undefined;
  words: CryptoDiagWords;
};

const VARIANTS = {
  confirmed: 'Critical',
  likely: 'Warning',
  possible: 'Warning',
  'ruled-out': 'Success',
  unknown: 'Secondary',
  'not-applicable': 'Secondary',
} as const satisfies Record<Verdict, string>;

/** The verdicts on the evidence; each can be opened to read what it is based on. */
export function Verdicts({ diagnosis, words }: VerdictsProps) {
  const heading = useId();
  const text = words.diagnosis;
  // Questions that no evidence raises are not listed.
  const findings = diagnosis?.findings.filter(isRaised) ?? [];
  return (
    <Box as="section" aria-labelledby={heading} direction="Column" gap="200" style={{ minWidth: 0 }}>
      <Text as="h4" id={heading} size="L400">
        {text.title}
      </Text>
      <Text as="output" size="T300" style={{ overflowWrap: 'anywhere' }}>
        <DiagnosisText>
          {diagnosis === undefined ? text.reading : (diagnosis?.summary ?? text.unavailable)}
        </DiagnosisText>
      </Text>
      {findings.length > 0 && (
        <Box as="ul" direction="Column" gap="100" style={{ margin: 0, padding: 0, listStyle: 'none' }}>
          {findings.map((finding) => (
            <FindingItem key={finding.id} finding={finding} words={words} />
          ))}
        </Box>
      )}
    </Box>
  );
}

function isRaised({ verdict, conclusion, evidence }: Finding): boolean {
  if (verdict === 'not-applicable') return false;
  if (verdict === 'ruled-out') return conclusion !== 'not-seen' && conclusion !== null;
  return verdict !== 'unknown' || evidence.some(({ fact }) => fact !== 'capturingSince');
}

type FindingItemProps = { finding: Finding; words: CryptoDiagWords };
function FindingItem({ finding, words }: FindingItemProps) {
  const { fault, verdict, over, question, because, evidence, missing, next, remedies } = finding;
  const text = words.diagnosis;
  return (
    <li style={{ minWidth: 0 }}>
      <details
        style={{
          backgroundColor: color.Surface.Container,
          color: color.Surface.OnContainer,
          borderRadius: config.radii.R300,
        }}
      >
        <summary style={{ padding: config.space.S200, cursor: 'pointer', overflowWrap: 'anywhere' }}>
          <Text as="span" size="T200">
            {fault && <b style={{ whiteSpace: 'nowrap' }}>{fault}</b>}{' '}
            <Badge
              variant={over ? 'Secondary' : VARIANTS[verdict]}
              fill="Soft"
              radii="300"
              size="400"
              style={{ display: 'inline-flex' }}
            >
              <Text as="span" size="L400">
                {over ? text.over(text.verdicts[verdict]) : text.verdicts[verdict]}
              </Text>
            </Badge>{' '}
            <DiagnosisText>{because}</DiagnosisText>
          </Text>
        </summary>
        <Box direction="Column" gap="200" style={{ padding: config.space.S200, minWidth: 0 }}>
          <Text size="T200">
            <i>
              <DiagnosisText>{question}</DiagnosisText>
            </i>
          </Text>
          <Lines title={text.evidence} lines={evidence.map(({ fact, text }) => [fact, text])} />
          <Lines title={text.missing} lines={missing.map((line) => [line, line])} />
          <Lines title={text.next} lines={[[next, next]]} />
          <Lines
            as="ol"
            title={text.remedies}
            lines={remedies.map(({ title, blastRadius }) => [title, `${title} ${text.blastRadius(blastRadius)}`])}
          />
        </Box>
      </details>
    </li>
  );
}

type LinesProps = { as?: 'ul' | 'ol'; title: string; lines: [key: string, line: string][] };
function Lines({ as: List = 'ul', title, lines }: LinesProps) {
  if (lines.length === 0) return null;
  return (
    <div>
      <Text as="h5" size="L400">
        {title}
      </Text>
      <List style={{ margin: 0, paddingInlineStart: config.space.S500 }}>
        {lines.map(([key, line]) => (
          <li key={key} style={{ overflowWrap: 'anywhere' }}>
            <Text as="span" size="T200">
              <DiagnosisText>{line}</DiagnosisText>
            </Text>
          </li>
        ))}
      </List>
    </div>
  );
}
