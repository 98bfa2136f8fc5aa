//! The runbook's statements are pasted into the shells of a database and of a homeserver: whatever an id contains, they only
//! read, and nothing breaks out of the quotes.
#![cfg(unix)]

use std::process::Command;

use lotus_crypto_diag::diagnosis::analyse;
use lotus_crypto_diag::entry::{Detail, Entry, Fault, Level, MalformedCause, Refusal, TimelineEvent};
use lotus_crypto_diag::report::Report;
use lotus_crypto_diag::runbook::shell::word;
use lotus_crypto_diag::runbook::sql::Dialect;
use lotus_crypto_diag::server_evidence::ServerEvidence;
use lotus_crypto_diag::timestamp::Timestamp;
use lotus_crypto_diag::verdict::{Database, QueryLanguage, Runbook, RunbookQuery};
use proptest::prelude::*;
use serde_json::json;
use sqlparser::ast::{BinaryOperator, Expr, FunctionArguments, SelectItem, SetExpr, Statement, Value};
use sqlparser::dialect::{Dialect as Grammar, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

/// Ids with frequent characters that may break out of quotes.
fn hostile_id() -> impl Strategy<Value = String> {
    let pieces = [
        "@bob:hs",
        "'",
        "''",
        "\\",
        "\\'",
        "\"",
        ";",
        "--",
        "/*",
        "*/",
        "\n",
        "\r\n",
        "\0",
        "\x1b[201~",
        "\u{202e}",
        "é",
        "🙂",
        "DROP TABLE users",
        "' OR '1'='1",
        "$(reboot)",
        "`reboot`",
        "\n\\! reboot",
        "\n.shell reboot",
        "$$",
        "%",
        "!!",
        "a",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat())
}

fn entry(fault: Fault, detail: Detail) -> Entry {
    let ts = Timestamp::from_ms(1_795_479_216_042.0);
    Entry {
        ts,
        level: Level::Warn,
        ke: fault,
        signature: String::new(),
        message: String::new(),
        truncated: false,
        source: "window".to_owned(),
        count: 1,
        first_ts: ts,
        last_ts: ts,
        last_message: None,
        detail,
    }
}

fn runbook(report: &Report) -> Runbook {
    analyse(report, &ServerEvidence::default()).runbook
}

/// A report without a user and without evidence: the minimum that can be parsed.
fn empty() -> Report {
    let counts = json!({ "KE-1": 0, "KE-2": 0, "KE-3": 0, "KE-4": 0 });
    let at = "2026-11-24T00:15:00.000Z";
    serde_json::from_value(json!({
        "schema": "lotus-crypto-diag/1", "generatedAt": at, "capturingSince": at, "counts": counts, "entries": [],
    }))
    .unwrap()
}

fn report(id: &str) -> Report {
    let Report { mut page, .. } = empty();
    page.client.user_id = Some(id.to_owned());
    page.client.device_id = Some(id.to_owned());
    let event = TimelineEvent { event_id: Some(id.to_owned()), ..TimelineEvent::default() };
    let refusal = Refusal { key_id: format!("signed_curve25519:{id}"), ..Refusal::default() };
    page.entries = vec![
        entry(Fault::Ke1, Detail::Refusal(refusal)),
        entry(Fault::Ke2, Detail::MissingKey { participant: Some(format!("@{id}:hs:DEV")), index: None }),
        entry(Fault::Ke3, Detail::Malformed { event, cause: MalformedCause::MissingField, reason: String::new() }),
    ];
    Report { page, ..empty() }
}

fn grammar(database: Database) -> Box<dyn Grammar> {
    match database {
        Database::Sqlite => Box::new(SQLiteDialect {}),
        _ => Box::new(PostgreSqlDialect {}),
    }
}

fn parse(query: &RunbookQuery) -> Statement {
    let mut statements = Parser::parse_sql(&*grammar(query.database), &query.text)
        .unwrap_or_else(|error| panic!("{error}: {}", query.text));
    assert_eq!(statements.len(), 1, "{}", query.text);
    statements.remove(0)
}

/// The value of a literal's expression.
fn value(expression: &Expr) -> String {
    match expression {
        Expr::Nested(inner) => value(inner),
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => value(left) + &value(right),
        Expr::Value(literal) => match &literal.value {
            Value::SingleQuotedString(text) => text.clone(),
            other => panic!("{other}"),
        },
        Expr::Function(function) => {
            assert!(matches!(function.name.to_string().as_str(), "chr" | "char"));
            let FunctionArguments::List(list) = &function.args else { panic!("{function}") };
            let code: u32 = list.args[0].to_string().parse().unwrap();
            char::from_u32(code).unwrap().to_string()
        }
        other => panic!("{other}"),
    }
}

fn selected(dialect: Dialect, text: &str) -> String {
    let database = if dialect == Dialect::Sqlite { Database::Sqlite } else { Database::Postgres };
    let sql = format!("SELECT {}", dialect.literal(text));
    let statements = Parser::parse_sql(&*grammar(database), &sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let [Statement::Query(query)] = statements.as_slice() else { panic!("{sql}") };
    let SetExpr::Select(select) = &*query.body else { panic!("{sql}") };
    let [SelectItem::UnnamedExpr(expression)] = select.projection.as_slice() else { panic!("{sql}") };
    value(expression)
}

#[test]
fn the_queries_of_an_ordinary_report_exist_for_both_databases() {
    let queries = runbook(&report("@bob:hs")).queries;
    for id in ["one-time-keys", "one-time-key-counts", "fallback-keys", "device-inbox", "devices", "events"] {
        let databases: Vec<_> = queries.iter().filter(|query| query.id == id).map(|query| query.database).collect();
        assert_eq!(databases, [Database::Postgres, Database::Sqlite], "{id}");
    }
    assert_eq!(queries.iter().filter(|query| query.language == QueryLanguage::Shell).count(), 4);
}

#[test]
fn a_report_without_a_user_has_no_sql_queries() {
    assert!(runbook(&empty()).queries.iter().all(|query| query.language == QueryLanguage::Shell));
}

proptest! {
    #[test]
    fn a_literal_has_its_texts_value_and_no_character_special_to_a_database_shell(id in hostile_id()) {
        for dialect in Dialect::ALL {
            let literal = dialect.literal(&id);
            prop_assert!(literal.chars().all(|c| matches!(c, ' '..='~') && c != '\\'), "{literal}");
            prop_assert_eq!(selected(dialect, &id), id.replace('\0', "\u{fffd}"));
        }
    }

    #[test]
    fn every_statement_is_one_read_only_query(id in hostile_id()) {
        let plain = runbook(&report("x"));
        let hostile = runbook(&report(&id));
        prop_assert_eq!(plain.queries.len(), hostile.queries.len());
        for query in hostile.queries.iter().filter(|query| query.language == QueryLanguage::Sql) {
            let Statement::Query(parsed) = parse(query) else { panic!("{}", query.text) };
            let SetExpr::Select(select) = *parsed.body else { panic!("{}", query.text) };
            prop_assert!(select.into.is_none(), "{}", query.text);
            prop_assert!(query.text.chars().all(|c| matches!(c, ' '..='~' | '\n')), "{}", query.text);
        }
    }

    #[test]
    fn a_shell_word_stays_one_word_for_any_id(id in hostile_id()) {
        let word = word(&id);
        prop_assert!(word.chars().all(|c| matches!(c, ' '..='~')), "{word}");
        let script = format!("printf '[%s]' {word}");
        let output = Command::new("/bin/sh").arg("-c").arg(&script).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let runs: Vec<&str> = id.split(|c: char| !matches!(c, ' '..='~')).collect();
        let inside = printed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        prop_assert!(inside.is_some_and(|text| runs.contains(&text)), "{script}: {printed}");
    }

    #[test]
    fn a_log_search_is_one_line_without_an_injected_command(id in hostile_id()) {
        for query in runbook(&report(&id)).queries.iter().filter(|query| query.language == QueryLanguage::Shell) {
            prop_assert!(query.text.chars().all(|c| matches!(c, ' '..='~')), "{}", query.text);
            // No part of an id is outside of the quotes.
            let bare: String = outside_quotes(&query.text);
            prop_assert!(bare.chars().all(|c| c.is_ascii_alphanumeric() || " -=|._\\".contains(c)), "{bare}");
        }
    }
}

/// The part that the shell sees unquoted; an escaped quote is dropped with its backslash.
fn outside_quotes(text: &str) -> String {
    text.replace(r"'\''", "").split('\'').step_by(2).collect()
}

#[test]
fn the_log_searches_find_their_requests_in_a_real_log() {
    let folder = std::env::temp_dir().join(format!("lotus-crypto-diag-runbook-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let request = |time: &str, seconds: &str, what: &str| {
        format!(
            "2026-11-24 {time} - synapse.access.http.8008 - 529 - INFO - POST-7 - 127.0.0.1 - 8008 - {{@bob:hs}} Processed \
             request: {seconds}sec/0.001sec ru=(0.002sec, 0.000sec) db=(0.001sec/0.002sec/3) 61B 200 \"{what} HTTP/1.1\" \
             \"agent\" [0 dbevts]\n"
        )
    };
    let log = [
        request("00:13:40,001", "0.008", "POST /_matrix/client/v3/keys/upload"),
        request("00:13:41,002", "2.500", "POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/x/restart"),
        request("00:13:42,003", "30.003", "GET /_matrix/client/v3/sync?timeout=30000"),
        request("00:13:43,004", "0.004", "PUT /_matrix/client/v3/sendToDevice/m.room.encrypted/m1"),
        request("09:13:43,004", "9.004", "POST /_matrix/client/v3/keys/upload"),
    ];
    std::fs::write(folder.join("homeserver.log"), log.concat()).unwrap();
    let mut report = report("@bob:hs");
    report.page.entries[1] =
        entry(Fault::Ke2, Detail::MissingKey { participant: Some("@bob:hs:DEV".into()), index: None });
    let found = |id: &str| {
        let queries = runbook(&report).queries;
        let query = queries.iter().find(|query| query.id == id).unwrap();
        let output = Command::new("/bin/sh").arg("-c").arg(&query.text).current_dir(&folder).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(found("log-key-uploads"), log[0]);
    assert_eq!(found("log-slow-requests"), log[1]);
    assert_eq!(found("log-delayed-events"), log[1]);
    assert_eq!(found("log-to-device"), log[3]);
    std::fs::remove_dir_all(&folder).unwrap();
}
