//! The TypeScript types and the JSON Schema of the report are generated from the Rust model. This checks that the files in
//! the repository are up to date; `make bindings` writes them.

mod generated_files;

use generated_files::{declaration, hold, hold_types};
use lotus_crypto_diag::capture_session::{CaptureSession, Mark, MarkKind};
use lotus_crypto_diag::crypto_store::{CryptoStoreStatus, IdentityCheck, StoreLoss, StoreVerdict};
use lotus_crypto_diag::earlier::{EarlierPage, EarlierSummary, PageEnd};
use lotus_crypto_diag::election::Role;
use lotus_crypto_diag::entry::{
    CallFailure, CallMembership, CallRequest, Detail, Entry, Fault, FaultCounts, Level, MalformedCause, Refusal,
    TimelineEvent,
};
use lotus_crypto_diag::history::{BackupAnswers, HistorySafety, KeyBackup, Outlook};
use lotus_crypto_diag::latency::{FaultWindow, Latency, LatencyFigures, LatencySample, LatencySummary, PathLatency};
use lotus_crypto_diag::recovery::{RecoveryCause, RecoveryReason};
use lotus_crypto_diag::repair::{ClaimedKey, RepairProblem, RepairState, RepairStatus, RepairStep};
use lotus_crypto_diag::report::{CaptureState, CaptureStatus, ClientFacts, Environment, PageReport, Report};
use lotus_crypto_diag::server_evidence::{
    DeviceInboxRow, DeviceRow, EncryptedContent, FallbackKeyRow, HarRequest, LogLine, OneTimeKeyCount, OneTimeKeyRow,
    ServerEvidence, StoredEvent,
};
use lotus_crypto_diag::session::{Evidences, Session};
use lotus_crypto_diag::signature::{HINTS, needles};
use lotus_crypto_diag::storage::{PersistRequest, StorageStatus};
use lotus_crypto_diag::store_trouble::{StoreTrouble, StoreTroubleKind};
use lotus_crypto_diag::survey::{
    Coverage, DeviceAtRisk, DeviceTrouble, HourCount, NamedBy, RefusalCause, RefusedId, Skipped, SlowEndpoint,
    StatusCount, Survey, SurveyHour, Trouble, TroubleKind,
};
use lotus_crypto_diag::tabs::{Tab, TabSeat, Tabs, TabsSummary};
use lotus_crypto_diag::upload_loop::{Breaker, LoopState, UploadLoopStatus};
use lotus_crypto_diag::upload_outcome::{KeySurplus, UploadFailures};
use lotus_crypto_diag::verdict::{
    Analysis, Artefact, Conclusion, Database, Diagnosis, EvidenceRef, Finding, FindingId, QueryLanguage, Remedy,
    Runbook, RunbookQuery, Verdict,
};
use schemars::generate::SchemaSettings;
use ts_rs::Config;

#[test]
fn the_typescript_types_are_those_of_the_model() {
    let config = &Config::default();
    let declarations = [
        declaration::<Level>(config),
        declaration::<Fault>(config),
        declaration::<FaultCounts>(config),
        declaration::<Refusal>(config),
        declaration::<TimelineEvent>(config),
        declaration::<MalformedCause>(config),
        declaration::<CallRequest>(config),
        declaration::<CallFailure>(config),
        declaration::<CallMembership>(config),
        declaration::<Detail>(config),
        declaration::<Entry>(config),
        declaration::<PersistRequest>(config),
        declaration::<StorageStatus>(config),
        declaration::<StoreVerdict>(config),
        declaration::<IdentityCheck>(config),
        declaration::<StoreLoss>(config),
        declaration::<StoreTrouble>(config),
        declaration::<StoreTroubleKind>(config),
        declaration::<CryptoStoreStatus>(config),
        declaration::<LoopState>(config),
        declaration::<Breaker>(config),
        declaration::<UploadLoopStatus>(config),
        declaration::<UploadFailures>(config),
        declaration::<KeySurplus>(config),
        declaration::<Role>(config),
        declaration::<Tab>(config),
        declaration::<Tabs>(config),
        declaration::<CaptureState>(config),
        declaration::<CaptureStatus>(config),
        declaration::<ClientFacts>(config),
        declaration::<Environment>(config),
        declaration::<RecoveryCause>(config),
        declaration::<RecoveryReason>(config),
        declaration::<Evidences>(config),
        declaration::<LatencySample>(config),
        declaration::<Latency>(config),
        declaration::<LatencyFigures>(config),
        declaration::<PathLatency>(config),
        declaration::<FaultWindow>(config),
        declaration::<LatencySummary>(config),
        declaration::<MarkKind>(config),
        declaration::<Mark>(config),
        declaration::<CaptureSession>(config),
        declaration::<RepairState>(config),
        declaration::<RepairStep>(config),
        declaration::<RepairProblem>(config),
        declaration::<ClaimedKey>(config),
        declaration::<PageEnd>(config),
        declaration::<EarlierSummary>(config),
        declaration::<EarlierPage>(config),
        declaration::<RepairStatus>(config),
        declaration::<FindingId>(config),
        declaration::<Verdict>(config),
        declaration::<Conclusion>(config),
        declaration::<EvidenceRef>(config),
        declaration::<Remedy>(config),
        declaration::<Finding>(config),
        declaration::<Artefact>(config),
        declaration::<Diagnosis>(config),
        declaration::<QueryLanguage>(config),
        declaration::<Database>(config),
        declaration::<RunbookQuery>(config),
        declaration::<Runbook>(config),
        declaration::<Analysis>(config),
        declaration::<OneTimeKeyRow>(config),
        declaration::<OneTimeKeyCount>(config),
        declaration::<FallbackKeyRow>(config),
        declaration::<DeviceInboxRow>(config),
        declaration::<DeviceRow>(config),
        declaration::<EncryptedContent>(config),
        declaration::<StoredEvent>(config),
        declaration::<LogLine>(config),
        declaration::<HarRequest>(config),
        declaration::<ServerEvidence>(config),
        declaration::<NamedBy>(config),
        declaration::<TroubleKind>(config),
        declaration::<RefusalCause>(config),
        declaration::<RefusedId>(config),
        declaration::<StatusCount>(config),
        declaration::<HourCount>(config),
        declaration::<Trouble>(config),
        declaration::<DeviceAtRisk>(config),
        declaration::<DeviceTrouble>(config),
        declaration::<SlowEndpoint>(config),
        declaration::<SurveyHour>(config),
        declaration::<Coverage>(config),
        declaration::<Skipped>(config),
        declaration::<Survey>(config),
        declaration::<PageReport>(config),
        declaration::<Report>(config),
    ];
    hold_types("pkg-glue/src/generated/model.ts", "", &declarations);
}

/// Those that no host sees.
#[test]
fn the_typescript_types_of_the_glue_are_those_of_the_model() {
    let config = &Config::default();
    let declarations = [
        declaration::<TabsSummary>(config),
        declaration::<TabSeat>(config),
        declaration::<KeyBackup>(config),
        declaration::<Outlook>(config),
        declaration::<HistorySafety>(config),
    ];
    hold_types("pkg-glue/src/generated/glue.ts", "import type { TabRole } from './model';\n\n", &declarations);
}

/// What TypeScript says for the model.
#[test]
fn the_constants_without_webassembly_are_the_defaults_of_the_model() {
    let (state, problem) = (RepairState::Refused, Some(RepairProblem::NotRunning));
    let not_repaired = RepairStatus { state, problem, ..RepairStatus::default() };
    let history = HistorySafety::of(BackupAnswers::default(), Vec::new());
    let constants = [
        ("NO_EVIDENCE: Evidences", Session::default().evidence_json()),
        ("NOT_REPAIRED: RepairStatus", not_repaired.to_json()),
        ("STORE_UNKNOWN: CryptoStoreStatus", CryptoStoreStatus::default().to_json()),
        ("HISTORY_UNKNOWN: HistorySafety", history.to_json()),
    ]
    .map(|(name, json)| {
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        format!("export const {name} = {};", serde_json::to_string_pretty(&value).unwrap())
    });
    let imports = "import type { HistorySafety } from './glue';\n\
                   import type { CryptoStoreStatus, Evidences, RepairStatus } from './model';\n\n";
    hold_types("pkg-glue/src/generated/nothing.ts", imports, &constants);
}

#[test]
fn the_json_schema_is_that_of_the_model() {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), "Report of lotus-crypto-diag, version 1".into());
    let text = serde_json::to_string_pretty(&schema).unwrap();
    hold("pkg-glue/schema/report-1.schema.json", &format!("{text}\n"));
}

#[test]
fn the_search_words_of_the_console_are_those_of_the_signatures() {
    let list = |words: Vec<&str>| serde_json::to_string_pretty(&words).unwrap();
    let text = format!(
        "// Written from the Rust model by `make bindings`.\n\n\
         /** What a line of the console must hold to be evidence. */\nexport const WORDS: readonly string[] = {};\n\n\
         /** Parts of them: where none stands, none of the words does. */\nexport const HINTS: readonly string[] = {};\n",
        list(needles().collect()),
        list(HINTS.to_vec()),
    );
    hold("pkg-glue/src/generated/words.ts", &text);
}
