//! What was taken away in the portal: it stays away until somebody says so, and nothing else waits for that.

use super::*;

const PLACES: &str = "premium:user:places";
const GEOCODE: &str = "premium:user:geocode";
const BASEMAPS: &str = "premium:user:basemaps";

/// Takes something away.
type Lost = fn(&mut App);

fn privileges(names: &[&str]) -> BTreeSet<Privilege> {
    names.iter().map(|name| Privilege::new(name)).collect()
}

fn wanting(names: &[&str]) -> CredentialSpec {
    CredentialSpec { privileges: privileges(names), ..want() }
}

/// The credential in order, with these applied, and those on the portal.
fn lost(applied: &[&str], have: &[&str]) -> LiveItem {
    let mut item = in_order();
    item.app.as_mut().unwrap().privileges = privileges(have);
    let values = super::super::diff::asked(&wanting(applied), &live(Vec::new()));
    ledger(&mut item).applied = Some(Applied { asked: values.clone(), returned: values });
    item
}

fn on(item: LiveItem) -> Live {
    seen(live(vec![item]), &dotenv(".env"), holds(1))
}

fn dead(mut item: LiveItem) -> LiveItem {
    *item.app.as_mut().unwrap().active.get_mut(Slot::One) = false;
    item
}

fn is_withheld(change: &Change) -> bool {
    matches!(change.blocked, Some(Blocked::Withheld { .. }))
}

/// What is withheld, and what is done.
fn parts(plan: &Plan) -> (Taken, Vec<&Change>) {
    let mut taken = Taken::default();
    for change in &plan.changes {
        if let Some(Blocked::Withheld { taken: found, .. }) = &change.blocked {
            assert!(!change.is_runnable() && change.work.steps.is_empty(), "{change:#?}");
            taken = found.clone();
        }
    }
    (taken, plan.changes.iter().filter(|change| !is_withheld(change)).collect())
}

fn granted(change: &Change) -> (BTreeSet<Privilege>, BTreeSet<Privilege>) {
    let wanted = change.work.wanted.as_ref().unwrap();
    (wanted.values.privileges.clone(), wanted.taken.privileges.clone())
}

#[test]
fn what_was_taken_away_is_withheld_and_counts_for_no_guard() {
    let live = on(lost(&[BASEMAPS, GEOCODE], &[BASEMAPS]));
    let plan = planned(wanting(&[BASEMAPS, GEOCODE]), &live);
    let change = only(&plan);
    assert!(is_withheld(change) && change.cause == Cause::Portal && change.exposure == Exposure::Widens);
    assert_eq!(change.reasons, [Reason::TakenAway { since: None, keys_live: true }]);
    assert_eq!(parts(&plan).0.privileges, privileges(&[GEOCODE]));
    assert!(!plan.is_empty() && plan.withheld().count() == 1 && plan.overview.unchanged.is_empty());
    assert!(plan.guards.iter().all(|limit| limit.used == 0) && plan.runnable().next().is_none());
}

#[test]
fn a_key_that_ended_by_it_is_healed_without_it() {
    let live = on(dead(lost(&[BASEMAPS, GEOCODE], &[BASEMAPS])));
    let plan = planned(wanting(&[BASEMAPS, GEOCODE]), &live);
    let (taken, done) = parts(&plan);
    assert_eq!(taken.privileges, privileges(&[GEOCODE]));
    assert_eq!((done.len(), done[0].action), (1, Action::Rotate));
    assert!(done[0].is_runnable() && !done[0].work.does(&Act::UpdateApp));
}

#[test]
fn an_edit_in_between_brings_what_it_adds_and_no_more() {
    let live = on(lost(&[BASEMAPS, GEOCODE], &[BASEMAPS]));
    let plan = planned(wanting(&[BASEMAPS, GEOCODE, PLACES]), &live);
    let (taken, done) = parts(&plan);
    assert_eq!((taken.privileges, done.len(), done[0].action), (privileges(&[GEOCODE]), 1, Action::Replace));
    assert_eq!(granted(done[0]), (privileges(&[BASEMAPS, PLACES]), privileges(&[GEOCODE])));
    assert_eq!(done[0].cause, Cause::Config);

    let other = CredentialSpec { title: "Mine".into(), ..wanting(&[BASEMAPS, GEOCODE]) };
    let plan = planned(other, &live);
    let (taken, done) = parts(&plan);
    assert_eq!((taken.privileges, done.len(), done[0].action), (privileges(&[GEOCODE]), 1, Action::Update));
}

#[test]
fn it_is_given_back_when_somebody_says_so() {
    let live = on(lost(&[BASEMAPS, GEOCODE], &[BASEMAPS]));
    let want = wanting(&[BASEMAPS, GEOCODE]);
    let mut asked = spec(want.clone());
    asked.requests.restore.insert(name());
    let mut always = spec(want.clone());
    always.guards.portal_changes = PortalChanges::Restore;
    for spec in [asked, always] {
        let plan = today(&spec, &live);
        let change = only(&plan);
        assert_eq!((change.action, change.cause, &change.blocked), (Action::Replace, Cause::Portal, &None));
        assert_eq!(granted(change), (want.privileges.clone(), BTreeSet::new()));
    }
}

#[test]
fn what_is_noted_of_an_older_item_stays_away() {
    let mut noted = lost(&[BASEMAPS], &[BASEMAPS]);
    let since = Some(in_days(-3));
    ledger(&mut noted).taken = Taken { since, privileges: privileges(&[GEOCODE]), ..Taken::default() };
    let live = on(noted);
    let plan = planned(wanting(&[BASEMAPS, GEOCODE]), &live);
    assert_eq!(only(&plan).reasons, [Reason::TakenAway { since, keys_live: true }]);
    // Given back by hand, it is what was applied last.
    let mut again = live.clone();
    again.items.get_mut(&id(1)).unwrap().app.as_mut().unwrap().privileges = privileges(&[BASEMAPS, GEOCODE]);
    assert_eq!(only(&planned(wanting(&[BASEMAPS, GEOCODE]), &again)).reasons, [Reason::Agreed]);
    // And so does what another item, which took over and was only begun, does not know.
    let mut begun = item_of(2, "web");
    begun.app = None;
    begun.registered = false;
    ledger(&mut begun).applied = None;
    ledger(&mut begun).generation = 2;
    let both = seen(super::live(vec![lost(&[BASEMAPS, GEOCODE], &[BASEMAPS]), begun]), &dotenv(".env"), holds(1));
    let plan = planned(wanting(&[BASEMAPS, GEOCODE, PLACES]), &both);
    let (_, done) = parts(&plan);
    assert!(done[0].work.does(&Act::Register), "{done:#?}");
    assert_eq!(granted(done[0]), (privileges(&[BASEMAPS, PLACES]), privileges(&[GEOCODE])));
}

#[test]
fn what_the_configuration_gave_up_and_asks_for_again_is_an_edit() {
    let live = on(lost(&[BASEMAPS, GEOCODE], &[BASEMAPS]));
    let spec = spec(wanting(&[BASEMAPS]));
    let plan = today(&spec, &live);
    let change = only(&plan);
    assert_eq!((change.action, change.reasons.as_slice()), (Action::Update, [Reason::Agreed].as_slice()));
    let access = [Field::Privileges, Field::Items, Field::Referrers, Field::Personal];
    assert_eq!(acts(change), [Act::Record { fields: access.into() }]);
    let after = super::super::assume(&spec, &live, &plan, now());
    assert!(today(&spec, &after).changes.is_empty());
    let again = planned(wanting(&[BASEMAPS, GEOCODE]), &after);
    assert_eq!((only(&again).action, only(&again).cause), (Action::Replace, Cause::Config));
}

#[test]
fn what_narrows_is_put_back_like_any_other_change() {
    let live = on(lost(&[BASEMAPS], &[BASEMAPS, GEOCODE]));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, change.cause, &change.blocked), (Action::Replace, Cause::Portal, &None));
    // Nothing at all is worse than what somebody gave instead.
    let live = on(lost(&[BASEMAPS], &[GEOCODE]));
    assert!(is_withheld(only(&planned(want(), &live))));
}

#[test]
fn a_part_of_what_the_portal_made_of_a_privilege_can_be_taken_away() {
    let (one, two) = ("premium:user:basemaps:one", "premium:user:basemaps:two");
    let mut item = lost(&[BASEMAPS], &[one]);
    ledger(&mut item).applied.as_mut().unwrap().returned.privileges = privileges(&[one, two]);
    let live = on(item);
    assert_eq!(parts(&planned(want(), &live)).0.privileges, privileges(&[BASEMAPS]));
    assert!(parts(&planned(want(), &live)).1.is_empty());
    let plan = planned(wanting(&[BASEMAPS, PLACES]), &live);
    assert_eq!(granted(parts(&plan).1[0]).0, privileges(&[one, PLACES]));
}

#[test]
fn pages_items_and_the_personal_flag_can_be_taken_away_too() {
    let referrers = |pages: &[&str]| pages.iter().map(|page| Referrer::observed(page)).collect::<BTreeSet<_>>();
    let (a, b) = ("https://a.example", "https://b.example");
    let applied = |want: &CredentialSpec| {
        let mut item = in_order();
        let values = super::super::diff::asked(want, &live(Vec::new()));
        let app = item.app.as_mut().unwrap();
        (app.items, app.referrers, app.personal) =
            (values.items.clone(), values.referrers.clone(), Some(values.personal));
        ledger(&mut item).applied = Some(Applied { asked: values.clone(), returned: values });
        item
    };
    let cases: Vec<(CredentialSpec, Lost)> = vec![
        (CredentialSpec { referrers: referrers(&[a, b]), ..want() }, |app| drop(app.referrers.pop_last())),
        (CredentialSpec { referrers: referrers(&[]), ..want() }, |app| {
            app.referrers.insert(Referrer::observed("https://a.example"));
        }),
        (CredentialSpec { items: BTreeSet::from([id(7), id(8)]), ..want() }, |app| drop(app.items.pop_last())),
        (CredentialSpec { personal: Some(true), ..want() }, |app| app.personal = Some(false)),
    ];
    for (want, lose) in cases {
        let mut item = applied(&want);
        assert!(planned(want.clone(), &on(item.clone())).changes.is_empty());
        lose(item.app.as_mut().unwrap());
        let live = on(item);
        assert!(is_withheld(only(&planned(want.clone(), &live))), "{:#?}", want.referrers);
        // What was taken is not given to a new item either.
        let more = CredentialSpec { privileges: privileges(&[BASEMAPS, PLACES]), ..want.clone() };
        let plan = planned(more, &live);
        let given = parts(&plan).1[0].work.wanted.clone().unwrap().values;
        let app = live.items[&id(1)].app.clone().unwrap();
        assert_eq!((given.items, given.referrers, Some(given.personal)), (app.items, app.referrers, app.personal));
        // Any page is never what is left.
        let mut nobody = live.clone();
        nobody.items.get_mut(&id(1)).unwrap().app.as_mut().unwrap().referrers = referrers(&["https://c.example"]);
        assert!(planned(want, &nobody).runnable().all(|change| !change.work.does(&Act::AddItem)));
    }
}

#[test]
fn a_referrer_that_somebody_added_is_taken_out_although_another_one_was_taken_away() {
    let referrers =
        |names: &[&str]| names.iter().map(|name| Referrer::observed(&format!("https://{name}.example"))).collect();
    let want = CredentialSpec { referrers: referrers(&["stores", "maps"]), ..want() };
    let mut item = in_order();
    item.app.as_mut().unwrap().referrers = referrers(&["maps", "evil"]);
    let values = super::super::diff::asked(&want, &live(Vec::new()));
    ledger(&mut item).applied = Some(Applied { asked: values.clone(), returned: values });
    let plan = planned(want, &on(item));
    let (taken, rest) = parts(&plan);
    assert_eq!(taken.referrers, referrers(&["stores"]));
    let [change] = rest[..] else { panic!("{rest:#?}") };
    assert_eq!(change.work.wanted.as_ref().unwrap().values.referrers, referrers(&["maps"]));
    assert_eq!((change.exposure, change.is_runnable()), (Exposure::Narrows, true));
}
