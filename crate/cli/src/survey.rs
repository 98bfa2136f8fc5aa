//! `survey FILE…`

use std::io;
use std::path::Path;

use lotus_crypto_diag::survey::Survey;
use lotus_crypto_diag_server_evidence::case::FileWithOffset;
use lotus_crypto_diag_server_evidence::redacted::redacted;
use lotus_crypto_diag_server_evidence::survey_text::{COLUMNS, rows, summary, to_csv, to_markdown, visible};
use lotus_crypto_diag_server_evidence::{Content, Gathering, Kind, Purpose};

use crate::args::SurveyArgs;
use crate::files::{Read, begins, is_regular, read};
use crate::output::{Outcome, json, print, print_error, table};

pub(crate) fn run(args: &SurveyArgs) -> io::Result<Outcome> {
    let gathered = gathered(args);
    if gathered.files == 0 {
        return Ok(Outcome::Unreadable);
    }
    let mut survey = gathered.gathering.finish();
    if let Some(user) = &args.user {
        survey.devices.retain(|device| device.user_id.as_ref() == Some(user));
    }
    if args.redact {
        survey = redacted(&survey);
    }
    print(&text(&survey, args)?)?;
    let is_found = survey.devices.iter().any(|device| device.going_on != Some(false));
    Ok(match (gathered.is_complete, is_found) {
        (false, _) => Outcome::Unreadable,
        (true, true) => Outcome::Something,
        (true, false) => Outcome::Nothing,
    })
}

/// The files that could be read.
struct Gathered {
    gathering: Gathering,
    files: usize,
    /// Whether every file was read completely.
    is_complete: bool,
}

/// Adds files in the order in which their logs begin, and drops each before the next is read. Input that can be read only
/// once, such as a pipe, is read first.
fn gathered(args: &SurveyArgs) -> Gathered {
    let mut gathered = Gathered { gathering: Gathering::default(), files: 0, is_complete: true };
    let mut files: Vec<(Option<i64>, &Path, Option<Content>)> = Vec::new();
    for path in &args.files {
        if is_regular(path) {
            files.push((begins(path, args.utc_offset), path, None));
        } else if let Some(content) = gathered.read(path) {
            let begins = content.span(args.utc_offset).map(|[first, _]| first);
            files.push((begins, path, Some(content)));
        }
    }
    files.sort_by_key(|(begins, ..)| *begins);
    for (_, path, content) in files {
        if let Some(content) = content.or_else(|| gathered.read(path)) {
            gathered.gathering.add(&FileWithOffset { content: &content, offset_ms: args.utc_offset });
            gathered.files += 1;
        }
    }
    gathered
}

impl Gathered {
    fn read(&mut self, path: &Path) -> Option<Content> {
        match read(path, Purpose::Survey) {
            Ok(Read { content, is_whole }) if matches!(content.kind, Kind::Log | Kind::Rows) => {
                self.is_complete &= is_whole;
                return Some(content);
            }
            Ok(Read { content, .. }) => {
                let what = "A survey reads logs and answers of the database.";
                print_error(&format!("{}: {} {what}", path.display(), content.summary));
            }
            Err(reason) => print_error(&reason),
        }
        self.is_complete = false;
        None
    }
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
