// A Markdown summary to paste into a ticket.
import type { EvidenceRef, Finding } from 'lotus-crypto-diag';

import { type Episode, episodesOf, lanesOf, ownerOf } from './episodes';
import { loadsOf, type PageLoad, reachWords } from './loads';
import type { CaseModel, ReportView } from './protocol';
import { refusalsOf } from './refusals';
import { duration, END_WORDS, FAULT_WORDS, moment, sentence, VERDICT_WORDS, visible } from './words';

const ONE_EPISODE_MS = 60_000;

export function markdownOf(model: CaseModel): string {
  const parts = ['# Encryption diagnosis', reportsTable(model.reports)];
  const loads = loadsOf(model.reports);
  if (loads.length > 0) parts.push('## Page loads', loadsTable(loads));
  const lanes = lanesOf(model.reports);
  const episodes = lanes
    .flatMap((lane) => episodesOf(lane, ONE_EPISODE_MS))
    .filter(({ isOrdinary }) => !isOrdinary)
    .sort((a, b) => a.from - b.from);
  parts.push('## When', episodes.length > 0 ? episodesTable(episodes) : 'No signs of faults.');
  for (const view of model.reports) {
    parts.push(`## Verdicts: ${inline(ownerOf(view.report).label)}`);
    if (view.report.earlier.length > 0) parts.push(inline(reachWords(view.report)));
    if (view.analysis.diagnosis.summary) parts.push(inline(view.analysis.diagnosis.summary));
    for (const finding of view.analysis.diagnosis.findings) parts.push(findingPart(finding, view));
    const refusals = refusalsOf(view.report);
    if (refusals.length > 0) {
      const rows = refusals.map(({ keyId, oldKey, newKey, lines }) => [
        keyId,
        oldKey ?? '?',
        newKey ?? '?',
        `${lines}`,
      ]);
      parts.push(
        '### Keys that the server refused',
        table(['Key id', 'On the server', 'Of the device', 'Lines'], rows),
      );
    }
  }
  parts.push('_All times in UTC. Written by the report viewer of lotus-crypto-diag; read it before you publish it._');
  return `${parts.join('\n\n')}\n`;
}

function reportsTable(views: ReportView[]): string {
  const rows = views.map(({ report }) => [
    report.userId ?? '?',
    report.deviceId ?? '?',
    moment(Date.parse(report.capturingSince ?? '')),
    moment(Date.parse(report.generatedAt)),
    report.sdkVersion ?? '?',
    report.environment?.app ?? '?',
  ]);
  return table(['User', 'Device', 'Watched from', 'Written', 'matrix-js-sdk', 'App'], rows);
}

function loadsTable(loads: PageLoad[]): string {
  const rows = loads.map(({ owner, from, to, end }) => [
    owner.label,
    moment(from),
    moment(to),
    duration(to - from),
    end ? END_WORDS[end] : 'wrote the report',
  ]);
  return table(['Who', 'From', 'Last seen', 'Lasted', 'How it ended'], rows);
}

function episodesTable(episodes: Episode[]): string {
  const rows = episodes.map(({ fault, owner, from, to, lines }) => [
    `${fault}, ${FAULT_WORDS[fault]}`,
    owner.label,
    moment(from),
    moment(to),
    duration(to - from),
    `${lines}`,
  ]);
  return table(['Fault', 'Who', 'From', 'To', 'Lasted', 'Lines'], rows);
}

function findingPart(finding: Finding, view: ReportView): string {
  const before = view.reportAnalysis.diagnosis.findings.find(({ id }) => id === finding.id)?.verdict;
  const conclusion = finding.conclusion ? `: ${sentence(finding.conclusion)}` : '';
  const lines = [
    `### ${inline(finding.question)}`,
    '',
    `**${VERDICT_WORDS[finding.verdict]}${conclusion}${finding.over ? ', over now' : ''}.** ${inline(finding.because)}`,
  ];
  if (before && before !== finding.verdict) {
    lines.push('', `Without the evidence from the server: ${VERDICT_WORDS[before].toLowerCase()}.`);
  }
  lines.push('', ...finding.evidence.slice(0, 12).map(evidenceLine));
  if (finding.evidence.length > 12) lines.push(`- and ${finding.evidence.length - 12} more`);
  if (finding.missing.length > 0) lines.push('', `Missing: ${finding.missing.map(inline).join('; ')}`);
  if (finding.next) lines.push('', `Next step: ${inline(finding.next)}`);
  for (const { title, blastRadius } of finding.remedies)
    lines.push(`- Remedy: ${inline(title)} (${inline(blastRadius)})`);
  return lines.join('\n');
}

const evidenceLine = ({ text, fact }: EvidenceRef) => `- ${inline(text)} (${code(fact)})`;

const MAX_INLINE = 500;

/** Escapes text so that it is one line without Markdown, HTML or mentions. */
export function inline(text: string): string {
  const short = text.length > MAX_INLINE ? `${text.slice(0, MAX_INLINE)}…` : text;
  return visible(short)
    .replace(/\s+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$]/g, '\\$&')
    .replace(/@/g, '&#64;')
    .trim();
}

/** A code span; its fence is longer than any run of backticks in it. */
export function code(text: string): string {
  const clean = visible(text.slice(0, MAX_INLINE)).replace(/\s+/g, ' ');
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${clean} ${fence}`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(inline).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
