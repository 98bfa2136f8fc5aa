//! The arguments of the command. The doc comments are its help.

use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use lotus_crypto_diag::runbook::at_risk::devices_at_risk;
use lotus_crypto_diag::runbook::sql::Dialect;

const AFTER_HELP: &str = "\
Exit status: 0 nothing found, or only what is over; 1 something found; 2 something could not be read, or only in part.

`-` stands for the standard input. Files may be packed with gzip. Nothing is sent anywhere.";

/// Which devices of a Matrix homeserver have broken end-to-end encryption, and what a report says.
#[derive(Debug, Parser)]
#[command(name = "lotus-crypto-diag", version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the devices in trouble, worst first, from Synapse's logs and the result of the query for devices at risk.
    Survey(SurveyArgs),
    /// Explains a client's report, with evidence from the server if there is any.
    Diagnose(DiagnoseArgs),
    /// Prints the query for devices at risk. The query only reads.
    Query(QueryArgs),
}

#[derive(Debug, Arguments)]
pub(crate) struct SurveyArgs {
    /// Logs of Synapse and query results of the database, in any order.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How far the clock of the logs is ahead of UTC.
    #[arg(long, value_name = "+HH:MM", default_value = "+00:00", value_parser = offset, allow_hyphen_values = true)]
    pub(crate) utc_offset: i64,
    /// Only the devices of this user.
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Replaces every user and device by a placeholder.
    #[arg(long)]
    pub(crate) redact: bool,
    #[command(flatten)]
    pub(crate) format: SurveyFormat,
}

#[derive(Debug, Arguments)]
#[group(multiple = false)]
pub(crate) struct SurveyFormat {
    /// Writes JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Writes Markdown.
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Writes comma-separated values.
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct DiagnoseArgs {
    /// The report of a client.
    pub(crate) report: PathBuf,
    /// A log of Synapse.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Vec<PathBuf>,
    /// A HAR file of the browser.
    #[arg(long, value_name = "FILE")]
    pub(crate) har: Vec<PathBuf>,
    /// Results of the runbook's queries.
    #[arg(long, value_name = "FILE")]
    pub(crate) rows: Vec<PathBuf>,
    /// How far the clock of the logs is ahead of UTC.
    #[arg(long, value_name = "+HH:MM", default_value = "+00:00", value_parser = offset, allow_hyphen_values = true)]
    pub(crate) utc_offset: i64,
    #[command(flatten)]
    pub(crate) format: DiagnoseFormat,
}

#[derive(Debug, Arguments)]
#[group(multiple = false)]
pub(crate) struct DiagnoseFormat {
    /// Writes JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Writes Markdown.
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Arguments)]
pub(crate) struct QueryArgs {
    /// The database of the homeserver.
    #[arg(value_enum)]
    pub(crate) database: Database,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Database {
    Postgres,
    Sqlite,
}

impl Database {
    pub(crate) fn query(self) -> String {
        let dialect = match self {
            Self::Postgres => Dialect::Postgres,
            Self::Sqlite => Dialect::Sqlite,
        };
        devices_at_risk(dialect) + "\n"
    }
}

/// Parses `+HH:MM` into milliseconds.
fn offset(text: &str) -> Result<i64, String> {
    let read = || {
        let (sign, rest) = text.split_at_checked(1)?;
        let sign = match sign {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= 14 && minutes <= 59).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60_000)
    };
    read().ok_or_else(|| "not of the form +01:00 or -03:30".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_with_its_sign() {
        for (text, minutes) in [("+00:00", 0), ("+01:00", 60), ("-03:30", -210), ("+14:00", 840)] {
            assert_eq!(offset(text), Ok(minutes * 60_000), "{text}");
        }
        for text in ["", "1", "01:00", "+1", "+15:00", "+01:60", "+é:00"] {
            assert!(offset(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_definition_is_valid() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}
