//! The plan that every format shows: what the planner makes of a stack to which everything happens at once.

use jiff::SignedDuration;

use crate::model::*;
use crate::plan::tests::world::*;
use crate::plan::{Plan, plan as planned};

/// `text` with all that could do harm: escape sequences, a change of direction, a line break, the marks of tables, of
/// Markdown and of HTML.
pub(super) fn hostile(text: &str) -> String {
    format!("{text}\u{1b}[31m\u{202e}|`<b>&\u{200b}\nforged")
}

fn hostile_line(line: u32) -> SourceLine {
    SourceLine { file: hostile("keyform.yaml").into(), line }
}

/// A stack of credentials, named by what is done to them.
pub(super) fn plan() -> Plan {
    let mut spec = declaring(&[
        "create",
        "deliver",
        "in-place",
        "not-ours",
        "observed",
        "replace",
        "retire",
        "rotate",
        "rotate-now",
        "update",
        "update-referrers",
    ]);
    spec.file = hostile("keyform.yaml").into();
    spec.portal.url = PortalUrl::At(hostile("https://maps.example"));
    spec.guards.change_percent = Some(Limit { max: 90, source: Some(hostile_line(3)) });
    for (name, then) in [("destroy", Leaving::Destroy), ("destroy-too", Leaving::Destroy), ("forget", Leaving::Forget)]
    {
        removed(&mut spec, name, then);
    }
    removed(&mut spec, "later", Leaving::Destroy);
    spec.removed.get_mut(&named("later")).unwrap().not_before = Some(in_days(30));
    for removed in spec.removed.values_mut() {
        removed.because = Some(hostile("fair over"));
    }
    let mut want =
        |name: &str, edit: &dyn Fn(&mut CredentialSpec)| edit(spec.credentials.get_mut(&named(name)).unwrap());
    let grants = |want: &mut CredentialSpec| {
        want.privileges.insert(Privilege::new(&hostile("premium:user:geocode")));
    };
    want("create", &|want| {
        want.source = hostile_line(12);
        want.title = hostile("A map");
        want.deliver[0].label = hostile("vault");
        want.deliver[0].escrow = true;
    });
    want("deliver", &|want| want.deliver.push(dotenv(&hostile(".env.copy"))));
    want("in-place", &|want| {
        want.on_breaking_change = OnBreakingChange::InPlace;
        grants(want);
    });
    want("observed", &|want| {
        want.mode = Mode::Observe;
        want.title = hostile("Ours");
    });
    want("replace", &|want| {
        grants(want);
        want.items.insert(id(99));
    });
    want("update", &|want| {
        want.snippet = Some(hostile("For the fair"));
        want.tags = [hostile("fair")].into();
    });
    want("update-referrers", &|want| {
        want.deliver.clear();
        want.referrers.insert(Referrer::observed(&hostile("https://b.example")));
    });

    let items = [
        in_use(2, "deliver"),
        in_use(3, "in-place"),
        in_use(4, "not-ours"),
        in_use(5, "observed"),
        in_use(6, "replace"),
        with_key(in_use(7, "retire"), Slot::Two, 2, Phase::Delivered, 170),
        with_key(item_of(8, "rotate"), Slot::One, 1, Phase::Delivered, 20),
        with_key(item_of(9, "rotate-now"), Slot::One, 1, Phase::Delivered, 6),
        in_use(10, "update"),
        item_of(11, "update-referrers"),
        in_use(12, "destroy"),
        in_use(13, "destroy-too"),
        in_use(14, "forget"),
        in_use(15, "later"),
        in_use(16, "orphan"),
    ];
    let mut live = fleet(items.map(|item| LiveItem { title: hostile("A map"), ..item }));
    live.caller.username = hostile("dev");
    for item in live.items.values_mut() {
        ledger(item).owner = hostile("dev");
        if item.owner == "dev" {
            item.owner = hostile("dev");
        }
        for values in ledger(item).applied.iter_mut().flat_map(|applied| [&mut applied.asked, &mut applied.returned]) {
            values.title = hostile("A map");
        }
    }
    ledger(live.items.get_mut(&id(4)).unwrap()).owner = hostile("somebody");
    let mut given = LiveItem { owner: hostile("colleague"), ..in_use(17, "update") };
    ledger(&mut given).owner = hostile("dev");
    live.strangers.insert(id(17), given);
    for want in spec.credentials.values_mut().filter(|want| want.title == "A map") {
        want.title = hostile("A map");
    }
    live.referenced.insert(id(99), Some(Referenced { owner: hostile("somebody"), public: true }));
    let unreadable = Observation::Unreadable { why: hostile("no such folder") };
    live.sinks.insert(sink("update").id, unreadable);
    live.sinks.insert(dotenv(&hostile(".env.copy")).id, Observation::Absent);
    spec.schedule = Schedule::every(SignedDuration::from_hours(24));
    planned(&spec, &live, now())
}
