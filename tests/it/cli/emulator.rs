//! `--emulator` over a configuration of a real portal, and `keyform emulator` itself.

use std::fs;
use std::path::Path;

use crate::support::portal::Start;
use crate::support::sandbox::{SHOP, Sandbox};
use crate::support::transcript::undated;

/// Every file below a folder, by its name from there.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// A configuration of a portal that does not exist, with a sink of every kind.
fn real() -> Sandbox {
    let text = SHOP.replace("PORTAL", "https://gis.example.invalid/portal").replace(
        "      - dotenv",
        "      - command: { run: [./store] }
      - file: { path: keys/web.json, format: json, field: web }
      - dotenv",
    );
    let sandbox = Sandbox::on(Start::default()).config(&text.replace("PRODUCT", "online")).env(&[]);
    sandbox.program("store", "touch started; cat > stored");
    sandbox
}

#[test]
fn a_real_configuration_is_tried_without_network_programs_or_its_sinks() {
    let sandbox = real();
    insta::assert_snapshot!(undated(&sandbox.keyform(&["apply", "--emulator", "--auto-approve", "--short"])), @r#"
    keyform 0.1.0 · stack shop · EMULATOR (ArcGIS Online)
    config keyform.yaml · account developer · clock 0000-00-00 00:..Z · read 1 credential

    Nothing on the portal carries the marker of stack shop yet: this is its first apply.

    Symbols:  + create

      + credential.web                         new credential                             keyform.yaml:5
          privileges    premium:user:basemaps
          referrers     https://shop.example.com
          title         "Shop map"
          slot 1        issue for 180 days, until 0000-00-00
          deliver       command            .keyform/emulator/sinks/command-040466a8ddbd9571-a3f9166a
                        file               .keyform/emulator/sinks/file-keys-web.json-web-ba22fb71
                        dotenv             .keyform/emulator/sinks/dotenv-.env-ARCGIS_API_KEY-a78a6e7c

      + web                create, key in slot 1, until 0000-00-00

    Plan: 1 to add, 0 to change, 0 to destroy.
    If keyform never ran again: web lapses first, 0000-00-00.
      + web                item created · app registered · slot 1 issued (until 0000-00-00) · .keyform/emulator/sinks/command-040466a8ddbd9571-a3f9166a · .keyform/emulator/sinks/file-keys-web.json-web-ba22fb71 · .keyform/emulator/sinks/dotenv-.env-ARCGIS_API_KEY-a78a6e7c · verified   0.0 s

    Applied: 1 of 1 done.
    [exit 0]
    "#);
    insta::assert_snapshot!(files(&sandbox.path(".")).join("\n"), @r"
    .keyform/emulator.json
    .keyform/emulator.json.lock
    .keyform/emulator/sinks/.gitignore
    .keyform/emulator/sinks/command-040466a8ddbd9571-a3f9166a
    .keyform/emulator/sinks/dotenv-.env-ARCGIS_API_KEY-a78a6e7c
    .keyform/emulator/sinks/file-keys-web.json-web-ba22fb71
    keyform.yaml
    store
    ");
    assert_eq!(sandbox.run(&["plan", "--emulator", "--detailed-exitcode"]).code, Some(0));
    assert_eq!(sandbox.run(&["status", "--emulator"]).code, Some(0));
    assert_eq!(sandbox.run(&["doctor", "--emulator"]).code, Some(0));
    let ignored = sandbox.read(".keyform/emulator/sinks/.gitignore");
    assert!(ignored.contains('*'), "{ignored}");
}

fn git(sandbox: &Sandbox, words: &[&str]) {
    let mut command = std::process::Command::new("git");
    command.args(words).current_dir(sandbox.path("."));
    assert!(command.status().unwrap().success());
}

#[test]
fn every_example_without_a_real_portal_converges() {
    for (name, file) in [("quickstart", "."), ("rotation", "."), ("monorepo", "infra")] {
        let sandbox = Sandbox::example(name).with_path();
        // Included files may point upwards as far as the work tree goes.
        sandbox.write(".gitignore", ".env*\n*.json\n.keyform/\n/keys/\n");
        git(&sandbox, &["init", "-q"]);
        let applied = sandbox.run(&["apply", "--auto-approve", "-f", file]);
        assert_eq!(applied.code, Some(0), "{name}: {}", applied.text());
        let planned = sandbox.run(&["plan", "--detailed-exitcode", "-f", file]);
        assert_eq!(planned.code, Some(0), "{name}: {}", planned.text());
    }
}

#[test]
fn the_example_of_a_real_portal_can_be_tried() {
    let sandbox = Sandbox::example("enterprise");
    assert_eq!(sandbox.run(&["validate"]).code, Some(0));
    insta::assert_snapshot!(undated(&sandbox.run(&["plan", "--emulator", "--short"]).decided()), @"
    Nothing on the portal carries the marker of stack city-gis yet: this is its first apply.

      + credential.depot-editor                new credential                            keyform.yaml:17
      + credential.water-dashboard             new credential                            keyform.yaml:26

      + depot-editor       create, key in slot 1, until 0000-00-00
      + water-dashboard    create, key in slot 1, until 0000-00-00

    Plan: 2 to add, 0 to change, 0 to destroy.
    [exit 0]
    ");
    let applied = sandbox.run(&["apply", "--emulator", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{}", applied.text());
    assert_eq!(sandbox.run(&["plan", "--emulator", "--detailed-exitcode"]).code, Some(0));
}

#[test]
fn a_real_configuration_without_the_flag_needs_a_sign_in() {
    let sandbox = real();
    insta::assert_snapshot!(sandbox.keyform(&["plan"]), @r"
    [stderr]
    error[keyform::cli::no_sign_in]: no sign-in for the portal
      help: set KEYFORM_TOKEN, or KEYFORM_USERNAME and KEYFORM_PASSWORD (each also as ..._FILE)
    [exit 1]
    ");
    assert_eq!(files(&sandbox.path(".")), ["keyform.yaml", "store"]);
}

#[test]
fn the_state_of_the_emulator_can_be_put_elsewhere() {
    let sandbox = real();
    assert_eq!(sandbox.run(&["apply", "--emulator=elsewhere/portal.json", "--auto-approve"]).code, Some(0));
    assert!(sandbox.path("elsewhere/portal.json").exists() && !sandbox.path(".keyform/emulator.json").exists());
    // Another file is another portal.
    assert_eq!(sandbox.run(&["plan", "--emulator", "--detailed-exitcode"]).code, Some(2));
}

#[test]
fn examples_of_two_products_work_in_one_folder() {
    let sandbox = Sandbox::example("quickstart").with_path();
    let rotation = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rotation/keyform.yaml");
    fs::create_dir(sandbox.path("rotation")).unwrap();
    sandbox.write("rotation/keyform.yaml", fs::read_to_string(rotation).unwrap());
    for from in ["keyform.yaml", "rotation", "keyform.yaml", "rotation"] {
        let applied = sandbox.run(&["apply", "--auto-approve", "-f", from]);
        assert_eq!(applied.code, Some(0), "{from}: {}", applied.text());
    }
    for from in ["keyform.yaml", "rotation"] {
        assert_eq!(sandbox.run(&["plan", "--detailed-exitcode", "-f", from]).code, Some(0), "{from}");
    }
    let kept = |file: &str| keyform::emulator::kept_profile(&sandbox.path(file)).map(keyform::emulator::Profile::name);
    assert_eq!(kept(".keyform/emulator.json"), Some("location-platform"));
    assert_eq!(kept(".keyform/emulator-online.json"), Some("online"));
}

#[test]
fn a_state_of_another_product_is_refused_by_name() {
    let sandbox = real();
    assert_eq!(sandbox.run(&["plan", "--emulator=portal.json"]).code, Some(0));
    insta::assert_snapshot!(sandbox.keyform(&["emulator", "--state", "portal.json", "--profile", "enterprise-11.5"]), @r"
    [stderr]
    error[keyform::cli::emulator]: portal.json holds a portal of the profile `online`, not `enterprise-11.5`
      help: remove or name another state file, or another port
    [exit 1]
    ");
    sandbox.edit("product: online", "product: location-platform");
    let refused = sandbox.run(&["plan", "--emulator=portal.json"]);
    let why = "portal.json holds a portal of the profile `online`, not `location-platform`";
    assert!(refused.code == Some(1) && refused.text().contains(why), "{}", refused.text());
    // Unnamed, it gets a file of its own.
    assert_eq!(sandbox.run(&["plan", "--emulator"]).code, Some(0));
}

#[test]
fn an_emulator_that_cannot_start_says_why() {
    let sandbox = real();
    sandbox.write("portal.json", "no state");
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--emulator=portal.json"]), @r"
    [stderr]
    error[keyform::cli::emulator]: the built-in portal did not start: not an emulator state: expected ident at line 1 column 2
      help: remove or name another state file, or another port
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["emulator", "--profile", "enterprise"]), @r"
    [stderr]
    error[keyform::cli::emulator]: there is no profile `enterprise`
      help: one of online, location-platform, enterprise-11.3, enterprise-11.4, enterprise-11.5, legacy
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["emulator", "--in-memory", "--switch", "date_updte=ends"]), @r"
    [stderr]
    error[keyform::cli::emulator]: no switch is called `date_updte`; did you mean `date_update`?
      help: `--switch help` lists the switches and their settings
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["emulator", "--in-memory", "--port", sandbox.portal.port()]), @r"
    [stderr]
    error[keyform::cli::emulator]: port PORT: Address already in use (os error 98)
      help: choose another with --port, or any with --port 0
    [exit 1]
    ");
}
