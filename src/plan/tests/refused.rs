//! What the portal did not take: it is blocked, and keys go on with what the portal keeps.

use super::*;

const HERE: &str = "https://a.example";
const THERE: &str = "https://b.example";

fn values(privileges: &[&str], referrers: &[&str], personal: bool) -> Values {
    let privileges = privileges.iter().map(|name| Privilege::new(name)).collect();
    let referrers = referrers.iter().map(|text| Referrer::observed(text)).collect();
    let values = super::super::diff::asked(&want(), &live(Vec::new()));
    Values { privileges, referrers, personal, ..values }
}

fn asking(referrers: &[&str]) -> CredentialSpec {
    CredentialSpec { referrers: referrers.iter().map(|text| Referrer::observed(text)).collect(), ..want() }
}

/// The credential in order, with these referrers on the portal, where others were refused.
fn refused(keeps: &[&str], asked: &[&str]) -> LiveItem {
    let mut item = in_order();
    item.app.as_mut().unwrap().referrers = keeps.iter().map(|text| Referrer::observed(text)).collect();
    ledger(&mut item).refused = [(Field::Referrers, values(&[], asked, false).members(Field::Referrers))].into();
    item
}

fn on(item: LiveItem) -> Live {
    seen(live(vec![item]), &dotenv(".env"), holds(1))
}

#[test]
fn what_comes_back_may_be_spelt_otherwise_and_neither_less_nor_more() {
    let asked = values(&["a:b", "c"], &["https://a.example/Maps", THERE], false);
    for (came, not) in [
        (values(&["c", "a:b"], &["a.example/maps", "https://b.example/"], false), vec![]),
        (values(&["a:b", "a:b:x", "c"], &["https://a.example/Maps/*", THERE], false), vec![]),
        (values(&["a", "c"], &["https://a.example/Maps", THERE], false), vec![]),
        (values(&["a:b"], &["https://a.example/Maps", THERE], false), vec![Field::Privileges]),
        (values(&["a:b", "c", "d"], &["https://a.example/Maps", THERE], false), vec![Field::Privileges]),
        (values(&["a:b", "c"], &[THERE], true), vec![Field::Referrers, Field::Personal]),
        (values(&["a:b", "c"], &[], false), vec![Field::Referrers]),
    ] {
        assert_eq!(super::super::refused::not_taken(&asked, &came).into_keys().collect::<Vec<_>>(), not, "{came:?}");
    }
}

#[test]
fn a_refused_edit_is_blocked_by_field_until_the_configuration_asks_for_something_else() {
    let live = on(refused(&[HERE], &[THERE]));
    let plan = planned(asking(&[THERE]), &live);
    let change = only(&plan);
    assert_eq!((change.action, change.work.steps.len()), (Action::UpdateEndingKeys, 0));
    let Some(Blocked::NotTaken { asked, keeps, .. }) = &change.blocked else { panic!("{change:?}") };
    let both = (&asked[&Field::Referrers], &keeps[&Field::Referrers]);
    assert_eq!(both, (&BTreeSet::from([THERE.to_owned()]), &BTreeSet::from([HERE.to_owned()])));
    // Another title is another matter; other referrers are tried; the old ones are in order, and the refusal is forgotten.
    let plan = planned(CredentialSpec { title: "Mine".into(), ..asking(&[THERE]) }, &live);
    assert_eq!(plan.runnable().map(|change| change.action).collect::<Vec<_>>(), [Action::Update]);
    let plan = planned(asking(&["https://c.example"]), &live);
    assert_eq!((only(&plan).action, &only(&plan).blocked), (Action::Replace, &None));
    for (want, live) in [(asking(&[HERE]), live), (asking(&[THERE]), on(refused(&[THERE], &[THERE])))] {
        assert_eq!(only(&planned(want, &live)).reasons, [Reason::Agreed]);
    }
}

#[test]
fn a_key_is_renewed_with_what_the_portal_keeps_unless_that_is_more_than_it_ever_was_to_be() {
    for (keeps, renews) in [(vec![HERE], true), (vec!["https://c.example"], false), (vec![], false)] {
        let mut item = refused(&keeps, &[THERE]);
        *item.app.as_mut().unwrap().active.get_mut(Slot::One) = false;
        let plan = planned(asking(&[THERE]), &on(item));
        assert_eq!(plan.runnable().any(|change| change.work.issue().is_some()), renews, "{keeps:?}");
        assert!(plan.blocked().any(|change| matches!(change.blocked, Some(Blocked::NotTaken { .. }))), "{keeps:?}");
    }
}

#[test]
fn what_is_withheld_was_not_sent_and_does_not_make_a_refused_edit_another_one() {
    let privileges = |names: &[&str]| names.iter().map(|name| Privilege::new(name)).collect::<BTreeSet<_>>();
    let usual = super::super::diff::asked(&want(), &live(Vec::new()));
    let values = |names: &[&str]| Values { privileges: privileges(names), ..usual.clone() };
    let mut item = in_order();
    item.app.as_mut().unwrap().privileges = privileges(&["a"]);
    let applied = values(&["a", "taken"]);
    let ledger = ledger(&mut item);
    ledger.applied = Some(Applied { asked: applied.clone(), returned: applied });
    ledger.refused = [(Field::Privileges, values(&["a", "new"]).members(Field::Privileges))].into();
    for on_breaking_change in [OnBreakingChange::Replace, OnBreakingChange::InPlace] {
        let want = CredentialSpec { privileges: privileges(&["a", "new", "taken"]), on_breaking_change, ..want() };
        let plan = planned(want, &on(item.clone()));
        assert_eq!(plan.runnable().count(), 0, "{:#?}", plan.changes);
        let mut blocked: Vec<_> =
            plan.blocked().filter_map(|change| change.blocked.as_ref()).map(Blocked::by).collect();
        blocked.sort();
        assert_eq!(blocked, [BlockedBy::Withheld, BlockedBy::NotTaken]);
    }
}

#[test]
fn an_item_made_in_vain_goes_and_the_older_one_is_looked_after_before_it_does() {
    let mut newer = item_of(2, "web");
    newer.app.as_mut().unwrap().referrers = [Referrer::observed(HERE)].into();
    let of_newer = ledger(&mut newer);
    of_newer.generation = 2;
    of_newer.refused = [(Field::Referrers, values(&[], &[THERE], false).members(Field::Referrers))].into();
    let live = seen(live(vec![in_order(), newer]), &dotenv(".env"), holds(1));
    let mut spec = spec(asking(&[THERE]));
    let done =
        |spec: &Spec| today(spec, &live).runnable().map(|one| (one.action, one.item.clone())).collect::<Vec<_>>();
    assert_eq!(done(&spec), [(Action::Retire, Some(id(2)))]);
    spec.requests.rotate = [name()].into();
    assert_eq!(done(&spec), [(Action::Rotate, Some(id(1))), (Action::Retire, Some(id(2)))]);
}
