//! Looking ahead: what a forecast says, and that a real apply at those dates does just that.

use serde_json::{Value, json};

use crate::support::portal::Start;
use crate::support::sandbox::{SHOP, Sandbox};

/// Three credentials that have something to happen within a year.
const FLEET: &str = "keyform: 1
stack: shop
portal: { url: PORTAL, product: PRODUCT }
credentials:
  web:
    title: Shop map
    used_in: server
    privileges: [premium:user:basemaps]
    expiry: { lifetime: 90d, renew_before: 20d, overlap: 5d }
    deliver:
      - dotenv: { path: .env, name: ARCGIS_API_KEY }
      - file: { path: web.key }
  batch:
    title: Nightly batch
    used_in: server
    privileges: [premium:user:geocode]
    expiry: { lifetime: 120d, renew_before: 30d, overlap: 10d, retire: expire }
    deliver:
      - file: { path: batch.key }
  fair:
    title: Fair map
    used_in: server
    privileges: [premium:user:basemaps]
    expiry: { until: 2026-12-31 }
    deliver:
      - file: { path: fair.key }
";

fn json_of(sandbox: &Sandbox, args: &[&str]) -> Value {
    let run = sandbox.run(args);
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.text()))
}

/// Who, what, into which slot, which slots end, and whether an item goes.
type Told = (String, String, Option<u64>, Vec<u64>, bool);

/// What the changes of a plan or the events of a forecast come to: who, what, into which slot, which slots end.
fn told(changes: &[Value]) -> Vec<Told> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let slots = |steps: &[Value], what: &[&str]| -> Vec<u64> {
        let of_kind = steps.iter().filter(|step| what.contains(&step["step"].as_str().unwrap()));
        of_kind.map(|step| step["slot"].as_u64().unwrap()).collect()
    };
    let mut all: Vec<_> = changes
        .iter()
        .map(|change| {
            let (issues, revokes, deletes) = match change["steps"].as_array() {
                Some(steps) => (
                    slots(steps, &["issue_key"]).first().copied(),
                    slots(steps, &["revoke_key"]),
                    steps.iter().any(|step| step["step"] == "delete_item"),
                ),
                None => (
                    change["issues"].as_u64(),
                    change["revokes"].as_array().unwrap().iter().map(|slot| slot.as_u64().unwrap()).collect(),
                    change["deletes_item"] == true,
                ),
            };
            (text(&change["name"]), text(&change["action"]), issues, revokes, deletes)
        })
        .collect();
    all.sort();
    all
}

/// The changes that apply would carry out.
fn runnable(plan: &Value) -> Vec<Value> {
    let goes = |change: &&Value| change["blocked"].is_null() && !change["steps"].as_array().unwrap().is_empty();
    plan["changes"].as_array().unwrap().iter().filter(goes).cloned().collect()
}

/// The `n`th date, some minutes late, and a little later each time: what follows from a run that was late is late too.
fn some_time_after(at: &str, n: usize) -> String {
    let at: jiff::Timestamp = at.parse().unwrap();
    let late = jiff::SignedDuration::from_mins(10 * (i64::try_from(n).unwrap() + 1));
    at.checked_add(late).unwrap().to_string()
}

/// What the portal was really asked for since its log was forgotten, edits of items aside: items made and apps
/// registered, keys issued, keys revoked, items deleted.
fn asked(sandbox: &Sandbox) -> [usize; 5] {
    let writes = sandbox.portal.writes();
    let count = |endpoint: &str| writes.get(endpoint).copied().unwrap_or_default();
    // The lease is a folder, which is deleted as well.
    [count("addItem"), count("registerApp"), count("token"), count("revokeToken"), count("delete") - 1]
}

/// The same as it follows from what was foretold.
fn asked_by(told: &[Told]) -> [usize; 5] {
    let new = told.iter().filter(|(_, action, ..)| action == "create" || action == "replace").count();
    let issued = told.iter().filter(|(_, _, slot, ..)| slot.is_some()).count();
    let revoked = told.iter().map(|(_, _, _, slots, _)| slots.len()).sum();
    [new, new, issued, revoked, told.iter().filter(|(.., deleted)| *deleted).count()]
}

/// How many keys were revoked that had run out: it emptied a slot that was still called active, and ended nothing.
fn emptied(sandbox: &Sandbox) -> usize {
    let state = sandbox.portal.get("state");
    let keys = state["keys"].as_array().unwrap();
    keys.iter().filter(|key| key["because"] == "revoked" && key["ended"].as_i64() >= key["expires"].as_i64()).count()
}

/// Applies at every date that the forecast names, and compares what is really done with what was foretold.
fn comes_true(sandbox: &Sandbox, until: &str) -> usize {
    let forecast = json_of(sandbox, &["forecast", "--until", until, "--json"]);
    assert_eq!(forecast["cut_at"], Value::Null);
    let events = forecast["events"].as_array().unwrap().clone();
    let mut dates: Vec<String> = events.iter().map(|event| event["at"].as_str().unwrap().to_owned()).collect();
    dates.dedup();
    for (n, date) in dates.iter().enumerate() {
        let foretold: Vec<Value> = events.iter().filter(|event| event["at"] == **date).cloned().collect();
        sandbox.portal.call("POST", "clock", &json!({"at": some_time_after(date, n)}));
        let plan = json_of(sandbox, &["plan", "--json"]);
        let told = told(&foretold);
        assert_eq!(self::told(&runnable(&plan)), told, "at {date}");
        sandbox.portal.forget();
        let emptied_before = emptied(sandbox);
        let applied = sandbox.run(&["apply", "--auto-approve"]);
        let mut asked = asked(sandbox);
        asked[3] -= emptied(sandbox) - emptied_before;
        assert_eq!(asked, asked_by(&told), "at {date}: {}", applied.text());
        assert!(matches!(applied.code, Some(0 | 3)), "at {date}: {}", applied.text());
    }
    events.len()
}

#[test]
fn a_year_is_told_in_dates_and_who_would_lapse() {
    let sandbox = Sandbox::on(Start::default()).config(FLEET).applied();
    insta::assert_snapshot!(sandbox.keyform(&["forecast"]), @"
    shop · 2026-09-21 08:..Z · until 2027-09-21

      2026-11-30    ↻ web             slot 1 -> 2, until 2027-02-28
      2026-12-05    x web             revoke slot 1
      2026-12-20    ↻ batch           slot 1 -> 2, until 2027-04-19
      2026-12-31    ! fair            its last key ends, as configured
      2027-02-08    ↻ web             slot 2 -> 1, until 2027-05-09
      2027-02-13    x web             revoke slot 2
      2027-03-20    ↻ batch           slot 2 -> 1, until 2027-07-18
      2027-04-19    ↻ web             slot 1 -> 2, until 2027-07-18
      2027-04-24    x web             revoke slot 1
      2027-06-18    ↻ batch           slot 1 -> 2, until 2027-10-16
      2027-06-28    ↻ web             slot 2 -> 1, until 2027-09-26
      2027-07-03    x web             revoke slot 2
      2027-09-06    ↻ web             slot 1 -> 2, until 2027-12-05
      2027-09-11    x web             revoke slot 1
      2027-09-16    ↻ batch           slot 2 -> 1, until 2028-01-14

    14 changes until 2027-09-21.  Nobody lapses; as configured ends: fair 2026-12-31.
    If keyform never ran again after that: web lapses first, 2027-12-05.
    [exit 0]
    ");
    // What begins with nothing begins with its creation.
    let sandbox = Sandbox::on(Start::default()).config(FLEET);
    let forecast = sandbox.keyform(&["forecast", "--until", "90d"]);
    assert!(forecast.contains("2026-09-21    + fair            create, key in slot 1, until 2026-12-31"), "{forecast}");
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
}

#[test]
fn a_forecast_comes_true() {
    let sandbox = Sandbox::on(Start::default()).config(FLEET);
    assert!(comes_true(&sandbox, "400d") >= 15);
}

#[test]
fn a_forecast_comes_true_where_slots_stay_active_and_dates_are_stale() {
    let sandbox = Sandbox::on(Start::default().switches(&["active_after_expiry=stays", "revoke_date=stale"]));
    assert!(comes_true(&sandbox.config(FLEET), "250d") >= 10);
}

#[test]
fn a_forecast_of_a_replacement_comes_true() {
    let sandbox = Sandbox::on(Start::default()).config(FLEET).applied();
    sandbox.edit("[premium:user:geocode]", "[premium:user:geocode, premium:user:places]");
    assert!(comes_true(&sandbox, "200d") >= 5);
}

#[test]
fn a_plan_for_another_moment_is_what_apply_does_then() {
    let sandbox = Sandbox::on(Start::default()).config(FLEET).applied();
    for at in ["2026-12-01T12:00:00Z", "2026-12-07T00:00:00Z", "2026-12-21T23:59:59Z"] {
        let plan = json_of(&sandbox, &["plan", "--at", at, "--json"]);
        assert_eq!((plan["clock"].as_str(), plan["simulated"].as_bool()), (Some(at), Some(true)));
        sandbox.portal.call("POST", "clock", &json!({"at": at}));
        let real = json_of(&sandbox, &["plan", "--json"]);
        assert_eq!(told(&runnable(&plan)), told(&runnable(&real)), "at {at}");
        assert!(!runnable(&plan).is_empty(), "at {at}");
        sandbox.portal.forget();
        assert!(matches!(sandbox.run(&["apply", "--auto-approve"]).code, Some(0 | 3)));
        assert_eq!(asked(&sandbox), asked_by(&told(&runnable(&plan))), "at {at}");
    }
}

#[test]
fn another_clock_is_shown_as_simulated_and_refused_where_something_is_carried_out() {
    let sandbox = Sandbox::new().applied();
    let plan = sandbox.keyform(&["plan", "--at", "2027-03-01"]);
    assert!(plan.contains("clock 2027-03-01 00:..Z SIMULATED") && plan.contains("↻ credential.web"), "{plan}");
    insta::assert_snapshot!(sandbox.keyform(&["status", "--at", "+200d"]), @"
    shop · 2027-04-09 08:..Z SIMULATED · 1 managed

      web              no live key   key 1 expired 2027-03-20

    1 credential needs action: keyform plan.
    web has no live key now.
    [exit 0]
    ");
    for verb in [
        &["apply", "--auto-approve"][..],
        &["rotate", "web", "--auto-approve"],
        &["revoke", "web", "--slot", "1", "--because", "x", "--confirm", "web"],
        &["destroy", "--confirm", "shop"],
        &["forget", "web", "--auto-approve"],
    ] {
        let run = sandbox.run(&[verb, &["--at", "2027-03-01"]].concat());
        assert_eq!((run.code, run.error_code()), (Some(1), Some("keyform::cli::at_refused")), "{}", run.text());
    }
    insta::assert_snapshot!(sandbox.keyform(&["apply", "--at", "2027-03-01"]), @"
    [stderr]
    error[keyform::cli::at_refused]: `--at` is for looking ahead; what is carried out goes by the portal's clock
      help: nothing was changed; look with `keyform plan --at TIME`, and apply when that time has come
    [exit 1]
    ");
    insta::assert_snapshot!(sandbox.keyform(&["plan", "--at", "2026-01-01"]), @"
    [stderr]
    error[keyform::cli::moment]: `--at 2026-01-01` is not a time in the future
      help: give a day (2027-01-31), an instant (2027-01-31T08:00:00Z) or a duration (30d, +12h); the portal's clock is 2026-09-21 08:..Z
    [exit 1]
    ");
    assert_eq!(sandbox.portal.writes(), std::collections::BTreeMap::new());
}

#[test]
fn what_stands_in_the_way_is_told_once() {
    let sandbox = Sandbox::new().applied();
    sandbox.edit("[premium:user:basemaps]", "[premium:user:places]");
    sandbox.edit("    used_in: browser", "    used_in: browser\n    on_breaking_change: refuse");
    insta::assert_snapshot!(sandbox.keyform(&["forecast", "--until", "365d"]), @"
    shop · 2026-09-21 08:..Z · until 2027-09-21

      2027-02-18    ↻ web             slot 1 -> 2, until 2027-08-17
      2027-02-25    x web             revoke slot 1
      2027-07-18    ↻ web             slot 2 -> 1, until 2028-01-14
      2027-07-25    x web             revoke slot 2

    Blocked, so not done

      2026-09-21  +/- web: the edit would end the live key in slot 1 (until 2027-03-20), and
                      `on_breaking_change: refuse` says not to; say `on_breaking_change: replace` for
                      `web`, or put it back as it was

    4 changes until 2027-09-21.  Nobody is ever without a live key.
    If keyform never ran again after that: web lapses first, 2028-01-14.
    [exit 0]
    ");
    let cadence = SHOP.replace("stack: shop\n", "stack: shop\ncadence: 1d\n");
    let sandbox = Sandbox::on(Start::default()).config(&cadence).applied();
    std::fs::remove_file(sandbox.path(".env")).unwrap();
    std::fs::create_dir(sandbox.path(".env")).unwrap();
    insta::assert_snapshot!(sandbox.keyform(&["forecast"]), @"
    shop · 2026-09-21 08:..Z · until 2027-09-21 · a run every day

      2027-03-20    ! web             NO LIVE KEY from here on

    Blocked, so not done

      2027-02-18    ↻ web: .env#ARCGIS_API_KEY cannot be read (FOLDER/.env is not a regular
                      file), so nothing can be delivered to it; make .env#ARCGIS_API_KEY readable

    0 changes until 2027-09-21.  Lapses: web 2027-03-20.
    web has no live key then.
    [exit 0]
    ");
}
