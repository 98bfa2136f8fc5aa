//! `survey FILE…`

use std::io;

use lotus_crypto_diag::survey::Survey;
use lotus_crypto_diag_server_evidence::case::Known;
use lotus_crypto_diag_server_evidence::redacted::redacted;
use lotus_crypto_diag_server_evidence::survey::survey;
use lotus_crypto_diag_server_evidence::survey_text::{COLUMNS, rows, summary, to_csv, to_markdown, visible};
use lotus_crypto_diag_server_evidence::{Content, Kind, Purpose};

use crate::args::SurveyArgs;
use crate::files::read;
use crate::output::{Outcome, json, print, table, tell};

pub(crate) fn run(args: &SurveyArgs) -> io::Result<Outcome> {
    let (contents, is_complete) = contents(args);
    if contents.is_empty() {
        return Ok(Outcome::Unreadable);
    }
    let known = |content| Known { content, offset_ms: args.utc_offset };
    let mut survey = survey(&contents.iter().map(known).collect::<Vec<_>>());
    if let Some(user) = &args.user {
        survey.devices.retain(|device| device.user_id.as_ref() == Some(user));
    }
    if args.redact {
        survey = redacted(&survey);
    }
    print(&text(&survey, args)?)?;
    Ok(match (is_complete, survey.devices.is_empty()) {
        (false, _) => Outcome::Unreadable,
        (true, true) => Outcome::Nothing,
        (true, false) => Outcome::Something,
    })
}

/// What could be read, and whether that is everything.
fn contents(args: &SurveyArgs) -> (Vec<Content>, bool) {
    let mut contents = Vec::new();
    let mut is_complete = true;
    for path in &args.files {
        match read(path, Purpose::Survey) {
            Ok(content) if matches!(content.kind, Kind::Log | Kind::Rows) => {
                for note in &content.notes {
                    tell(&format!("{}: {note}", path.display()));
                }
                contents.push(content);
            }
            Ok(content) => {
                tell(&format!(
                    "{}: {} A survey reads logs and answers of the database.",
                    path.display(),
                    content.summary
                ));
                is_complete = false;
            }
            Err(reason) => {
                tell(&reason);
                is_complete = false;
            }
        }
    }
    (contents, is_complete)
}

fn text(survey: &Survey, args: &SurveyArgs) -> io::Result<String> {
    if args.format.json {
        return json(survey);
    }
    if args.format.markdown {
        return Ok(to_markdown(survey));
    }
    if args.format.csv {
        return Ok(to_csv(survey));
    }
    let mut text = format!("{}\n", summary(survey));
    if !survey.devices.is_empty() {
        text += &table(COLUMNS, rows(survey));
    }
    if !survey.endpoints.is_empty() {
        let slow = survey.endpoints.iter().take(10).map(|slow| {
            let (mean, longest) = (slow.mean_ms / 1000.0, slow.longest_ms / 1000.0);
            [
                format!("{} {}", slow.method, slow.path),
                slow.count.to_string(),
                format!("{mean:.1} s"),
                format!("{longest:.1} s"),
            ]
        });
        text += &table(["Request", "Two seconds or more", "Mean", "Longest"], slow);
    }
    for note in &survey.notes {
        text += &visible(note);
        text.push('\n');
    }
    Ok(text)
}
