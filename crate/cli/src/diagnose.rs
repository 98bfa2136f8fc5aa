//! `diagnose REPORT`

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::verdict::{Analysis, Finding, Verdict};
use lotus_crypto_diag_server_evidence::case::{FileWithOffset, Span, evidence_for};
use lotus_crypto_diag_server_evidence::survey_text::{inline, visible};
use lotus_crypto_diag_server_evidence::{Content, Kind, Purpose};
use serde::Serialize;

use crate::args::DiagnoseArgs;
use crate::files::{Read, read};
use crate::output::{Outcome, json, print, print_error};

pub(crate) fn run(args: &DiagnoseArgs) -> io::Result<Outcome> {
    let reports = match reports(&args.report) {
        Ok(reports) => reports,
        Err(reason) => {
            print_error(&reason);
            return Ok(Outcome::Unreadable);
        }
    };
    let (contents, is_complete) = read_evidence(args);
    let known: Vec<FileWithOffset<'_>> = contents
        .iter()
        .map(|content| {
            // Only a log may have times in local time.
            let offset_ms = if content.kind == Kind::Log { args.utc_offset } else { 0 };
            FileWithOffset { content, offset_ms }
        })
        .collect();
    let mut analyses = Vec::new();
    for (report, span) in &reports {
        let evidence = evidence_for(span, &known);
        analyses.push(Diagnosed { report, analysis: analyse(report, &evidence) });
    }
    print(&text(&analyses, args)?)?;
    let is_found = analyses.iter().flat_map(|diagnosed| &diagnosed.analysis.diagnosis.findings).any(is_trouble);
    Ok(match (is_complete, is_found) {
        (false, _) => Outcome::Unreadable,
        (true, true) => Outcome::Something,
        (true, false) => Outcome::Nothing,
    })
}

struct Diagnosed<'a> {
    report: &'a Report,
    analysis: Analysis,
}

fn reports(path: &Path) -> Result<Vec<(Report, Span)>, String> {
    let Read { content, .. } = read(path, Purpose::Evidence)?;
    if content.kind != Kind::Report {
        return Err(format!("{}: {} It is no report.", path.display(), content.summary));
    }
    let parsed = content.reports.iter().map(|report| {
        let text = report.get();
        Ok((serde_json::from_str(text)?, serde_json::from_str(text)?))
    });
    parsed
        .collect::<serde_json::Result<_>>()
        .map_err(|error| format!("{}: the report cannot be read: {error}", path.display()))
}

fn read_evidence(args: &DiagnoseArgs) -> (Vec<Content>, bool) {
    let kinds = [
        (&args.log, Kind::Log, "log"),
        (&args.har, Kind::Har, "HAR file"),
        (&args.rows, Kind::Rows, "answer of the database"),
    ];
    let mut contents = Vec::new();
    let mut is_complete = true;
    for (paths, kind, name) in kinds {
        for path in paths {
            match read(path, Purpose::Evidence) {
                Ok(Read { content, is_whole }) if content.kind == kind => {
                    is_complete &= is_whole;
                    contents.push(content);
                }
                Ok(Read { content, .. }) => {
                    print_error(&format!("{}: it is no {name}. {}", path.display(), content.summary));
                    is_complete = false;
                }
                Err(reason) => {
                    print_error(&reason);
                    is_complete = false;
                }
            }
        }
    }
    (contents, is_complete)
}

fn is_trouble(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Confirmed | Verdict::Likely) && finding.over.is_none()
}

fn text(all: &[Diagnosed<'_>], args: &DiagnoseArgs) -> io::Result<String> {
    if args.format.json {
        let analyses: Vec<&Analysis> = all.iter().map(|diagnosed| &diagnosed.analysis).collect();
        return match analyses.as_slice() {
            [one] => json(one),
            all => json(&all),
        };
    }
    let mut text = String::new();
    for diagnosed in all {
        let write = if args.format.markdown { markdown } else { plain };
        write(&mut text, diagnosed);
    }
    Ok(text)
}

fn client_label(report: &Report) -> String {
    let client = &report.page.client;
    let or_unknown = |id: Option<&String>| id.map_or_else(|| "unknown".to_owned(), String::clone);
    format!(
        "{} {}, {}",
        or_unknown(client.user_id.as_ref()),
        or_unknown(client.device_id.as_ref()),
        report.page.generated_at
    )
}

fn plain(text: &mut String, Diagnosed { report, analysis }: &Diagnosed<'_>) {
    let _ = write!(text, "{}\n{}\n", visible(&client_label(report)), visible(&analysis.diagnosis.summary));
    for finding in &analysis.diagnosis.findings {
        let _ = write!(text, "\n{}\n  {}\n", visible(&finding.question), visible(&answer(finding)));
        for evidence in finding.evidence.iter().take(MAX_EVIDENCE) {
            let _ = writeln!(text, "  - {} ({})", visible(&evidence.text), visible(&evidence.fact));
        }
        for missing in &finding.missing {
            let _ = writeln!(text, "  Missing: {}", visible(missing));
        }
        if !finding.next.is_empty() {
            let _ = writeln!(text, "  Next: {}", visible(&finding.next));
        }
        for remedy in &finding.remedies {
            let _ = writeln!(text, "  Remedy: {} ({})", visible(&remedy.title), visible(&remedy.blast_radius));
        }
    }
}

const MAX_EVIDENCE: usize = 12;

fn markdown(text: &mut String, Diagnosed { report, analysis }: &Diagnosed<'_>) {
    let _ = write!(
        text,
        "# Encryption diagnosis: {}\n\n{}\n",
        inline(&client_label(report)),
        inline(&analysis.diagnosis.summary)
    );
    for finding in &analysis.diagnosis.findings {
        let _ = write!(text, "\n## {}\n\n{}\n\n", inline(&finding.question), inline(&answer(finding)));
        for evidence in finding.evidence.iter().take(MAX_EVIDENCE) {
            let _ = writeln!(text, "- {} ({})", inline(&evidence.text), inline(&evidence.fact));
        }
        for missing in &finding.missing {
            let _ = writeln!(text, "- Missing: {}", inline(missing));
        }
        if !finding.next.is_empty() {
            let _ = writeln!(text, "- Next: {}", inline(&finding.next));
        }
        for remedy in &finding.remedies {
            let _ = writeln!(text, "- Remedy: {} ({})", inline(&remedy.title), inline(&remedy.blast_radius));
        }
    }
}

fn answer(finding: &Finding) -> String {
    let conclusion = finding.conclusion.map(|conclusion| format!(": {}", word(&conclusion))).unwrap_or_default();
    format!("{}{conclusion}. {}", word(&finding.verdict), finding.because)
}

/// `ruled-out` → `Ruled out`
fn word(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).ok().and_then(|value| value.as_str().map(|name| name.replace('-', " ")));
    let name = name.unwrap_or_default();
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
