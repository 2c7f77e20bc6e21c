//! What differs, what is missing, and what is in order.

use super::*;

#[test]
fn what_is_in_order_is_left_alone() {
    let live = seen(live(vec![in_order()]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    assert!(plan.is_empty() && plan.changes.is_empty(), "{:#?}", plan.changes);
    assert_eq!(plan.next_action().unwrap().0, in_days(70));
}

#[test]
fn a_missing_credential_is_created_and_its_key_delivered_in_the_order_that_is_safe() {
    let mut want = want();
    want.deliver = vec![command(false), dotenv(".env"), command(true)];
    let plan = planned(want.clone(), &live(Vec::new()));
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::Create, &Reason::New));
    let order: Vec<SinkId> = change
        .work
        .acts()
        .filter_map(|act| match act {
            Act::Deliver { sink, .. } => Some(sink.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(order, [dotenv(".env").id, command(true).id, command(false).id]);
    assert!(plan.overview.first);
}

#[test]
fn nothing_is_created_while_a_folder_was_not_listed() {
    let live = Live { complete: false, ..live(Vec::new()) };
    assert_eq!(only(&planned(want(), &live)).blocked.as_ref().unwrap().by(), BlockedBy::CannotBeKnown);
}

#[test]
fn what_was_begun_is_finished() {
    let mut begun = item();
    ledger(&mut begun).item = None;
    ledger(&mut begun).applied = None;
    begun.app = None;
    let plan = planned(want(), &live(vec![begun]));
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::Create, &Reason::Begun));
    assert!(matches!(acts(change)[..2], [Act::WriteLedger, Act::Register]), "{:?}", acts(change));
    assert!(!change.work.does(&Act::AddItem));
}

#[test]
fn a_title_edited_in_the_portal_is_put_back_and_keys_stay() {
    let mut edited = in_order();
    edited.title = "Mine".into();
    let live = seen(live(vec![edited]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::Update, &Reason::Edited { since: None }));
    assert!(change.work.issue().is_none());
}

#[test]
fn what_the_portal_made_of_a_value_is_not_a_difference() {
    let mut expanded = in_order();
    let more = Privilege::new("premium:user:basemaps:more");
    expanded.app.as_mut().unwrap().privileges.insert(more.clone());
    ledger(&mut expanded).applied.as_mut().unwrap().returned.privileges.insert(more);
    let live = seen(live(vec![expanded]), &dotenv(".env"), holds(1));
    assert!(planned(want(), &live).changes.is_empty());
}

#[test]
fn a_privilege_added_in_the_portal_is_named_with_its_dead_sinks_and_healed_by_a_new_key() {
    let mut edited = with(item(), Slot::One, record(1, Phase::Delivered, &[dotenv(".env")]), false);
    edited.app.as_mut().unwrap().privileges.insert(Privilege::new("premium:user:places"));
    let live = seen(live(vec![edited]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[0]), (Action::UpdateEndingKeys, &Reason::Edited { since: None }));
    assert_eq!(change.told.dead_in, [dotenv(".env").id]);
    assert_eq!(acts(change)[0], Act::UpdateApp);
    assert_eq!(issued_into(change), Slot::Two);
}
