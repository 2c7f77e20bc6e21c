//! `keyform version`.

use super::args::VersionArgs;
use super::console::Console;
use super::exit::Exit;

pub(super) fn run(args: &VersionArgs, console: &Console) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        let document = serde_json::json!({
            "version": version,
            "config_format": 1,
            "ledger_format": crate::model::Ledger::VERSION,
            "plan_format": crate::render::json::PLAN_VERSION,
        });
        console.document(&format!("{document:#}\n"));
    } else {
        console.document(&format!("keyform {version}\n"));
    }
    Exit::Done
}
