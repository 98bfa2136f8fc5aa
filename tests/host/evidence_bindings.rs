//! The TypeScript types of what is read of an administrator's files, generated from the Rust types.

mod generated_files;

use generated_files::{declaration, hold_types};
use lotus_crypto_diag_server_evidence::{Content, Kind, RelevantLine, Rows, TimedRequest};
use ts_rs::Config;

#[test]
fn the_typescript_types_are_those_of_the_content_of_a_file() {
    let config = &Config::default();
    let declarations = [
        declaration::<Kind>(config),
        declaration::<TimedRequest>(config),
        declaration::<RelevantLine>(config),
        declaration::<Rows>(config),
        declaration::<Content>(config),
    ];
    let imports = "import type {\n  Coverage,\n  DeviceAtRisk,\n  DeviceInboxRow,\n  DeviceRow,\n  FallbackKeyRow,\n  \
                   OneTimeKeyCount,\n  OneTimeKeyRow,\n  Refusal,\n  Report,\n  StoredEvent,\n} from './model';\n\n";
    hold_types("pkg-glue/src/generated/evidence.ts", imports, &declarations);
}
