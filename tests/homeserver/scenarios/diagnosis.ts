// Expectations on the diagnosis of a report.
import { expect } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';
import { diagnoseReport, type Finding, type ServerEvidence } from 'lotus-crypto-diag/diagnosis';

type Answer = Partial<Pick<Finding, 'verdict' | 'conclusion'>>;
type Answers = Partial<Record<Finding['id'], Answer>>;

/**
 * The start of the summary of a session without faults. Also accepts what SDK releases with crypto-wasm 18.5 and later
 * do: they upload fifty more keys after each to-device message.
 */
export const FINE =
  /^(No fault was seen|Messages whose keys are missing are not malformed|(Likely|Confirmed): the client uploads more one-time keys)/;

/** Checks the diagnosis against these answers; returns its summary. */
export function expectDiagnosis(report: CryptoDiagReport, answers: Answers, evidence?: ServerEvidence): string {
  const { diagnosis } = diagnoseReport(report, evidence);
  for (const [id, answer] of Object.entries(answers)) {
    const finding = diagnosis.findings.find((one) => one.id === id);
    const actual = finding && { verdict: finding.verdict, conclusion: finding.conclusion };
    expect(actual, `${id}: ${finding?.because}`).toMatchObject(answer);
  }
  return diagnosis.summary;
}
