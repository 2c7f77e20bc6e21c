//! One credential with every text that a portal keeps, and programs as sinks that write down all they can see.

use crate::support::portal::Start;
use crate::support::sandbox::Sandbox;

/// Stores the key, and writes down everything a program can see of who started it, and of itself.
const STORE: &str = r#"{ cat /proc/$PPID/cmdline; echo; cat /proc/$$/cmdline; echo; env; ls -l /proc/$$/fd; } >> "seen-by-$1" 2>&1
cat > "stored-$1""#;

/// Says what is stored.
const CHECK: &str = r#"{ cat /proc/$PPID/cmdline; echo; cat /proc/$$/cmdline; echo; env; } >> "seen-by-$1" 2>&1
[ -f "stored-$1" ] || exit 0
sha256sum < "stored-$1" | cut -c1-16"#;

/// Each kind of sink that there is.
pub(crate) const EVERY_SINK: &str = "
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
      - file: { path: key.txt, format: raw }
      - file: { path: keys.json, format: json, field: maps.key }
      - file: { path: keys.yaml, format: yaml, field: maps.key }
      - command: { run: [./store, one], check: [./check, one] }";

pub(crate) const DOTENV: &str = "
      - dotenv: { path: .env, name: ARCGIS_API_KEY }";

/// A sandbox whose one credential is delivered like this.
pub(crate) fn planted(deliver: &str) -> Sandbox {
    planted_on(Start::default(), deliver)
}

pub(crate) fn planted_on(start: Start, deliver: &str) -> Sandbox {
    let sandbox = Sandbox::on(start).with_path();
    configure(&sandbox, &sandbox.portal.url(), deliver, "https://stores.example.com");
    sandbox.declare("stored-one");
    sandbox.program("store", STORE);
    sandbox.program("check", CHECK);
    sandbox
}

/// Writes the configuration, for the portal at `url`.
pub(crate) fn configure(sandbox: &Sandbox, url: &str, deliver: &str, referrer: &str) {
    let config = format!(
        "keyform: 1
stack: planted
portal: {{ url: {url} }}
credentials:
  web:
    folder: Keys
    snippet: A key
    privileges: [premium:user:basemaps, premium:user:geocode]
    referrers: ['{referrer}']
    expiry: {{ lifetime: 180d, renew_before: 30d, overlap: 7d }}
    deliver:{deliver}
"
    );
    sandbox.write("keyform.yaml", config);
}

/// An apply that says as much as it can.
pub(crate) const APPLY: [&str; 3] = ["apply", "--auto-approve", "-vvv"];

/// The first item of ours.
pub(crate) fn item(sandbox: &Sandbox) -> serde_json::Value {
    sandbox.portal.tagged("keyform:planted/web").into_iter().next().unwrap()
}
