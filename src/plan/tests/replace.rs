//! Edits that would end a live key: by a new item, in place, or not at all.

use super::*;
use crate::plan::Protection;

/// Applied, its key live in its sink; the configuration asks for one more privilege.
fn widened() -> (CredentialSpec, Live) {
    let mut want = want();
    want.privileges.insert(Privilege::new("premium:user:places"));
    (want, seen(live(vec![in_order()]), &dotenv(".env"), holds(1)))
}

/// The item that took over, its ledger applied with what [`widened`] asks for, without any key.
fn newer() -> LiveItem {
    let mut newer = LiveItem { id: id(2), ..item() };
    let values = super::super::diff::asked(&widened().0, &live(Vec::new()));
    newer.app.as_mut().unwrap().privileges.clone_from(&values.privileges);
    let ledger = ledger(&mut newer);
    ledger.item = Some(id(2));
    ledger.generation = 2;
    ledger.applied = Some(Applied { asked: values.clone(), returned: values });
    newer
}

/// The item of [`in_order`], told that [`newer`] took over.
fn superseded() -> LiveItem {
    let mut older = in_order();
    ledger(&mut older).superseded_by = Some(id(2));
    older
}

#[test]
fn an_edit_that_would_end_a_live_key_is_carried_out_by_a_new_item() {
    let (want, live) = widened();
    let plan = planned(want, &live);
    let change = only(&plan);
    assert_eq!((change.action, &change.blocked, change.work.generation), (Action::Replace, &None, 2));
    let sink = dotenv(".env").id;
    let issue = change.work.issue().unwrap().clone();
    assert_eq!((issue.slot, issue.serial, &issue.others[..]), (Slot::One, 2, &[id(1)][..]));
    assert_eq!(
        acts(change),
        [
            Act::AddItem,
            Act::WriteLedger,
            Act::Register,
            Act::Record { fields: Field::ALL.into() },
            Act::Issue(issue),
            Act::Deliver { slot: Slot::One, sink },
            Act::Delivered { slot: Slot::One },
        ]
    );
    // The plan starts from no item: the old one is not written but for the word that it was superseded.
    assert_eq!(change.work.seen, None);
    let outgoing = change.told.outgoing.as_ref().unwrap();
    assert_eq!((outgoing.until, outgoing.then), (in_days(7), Then::Delete));
    assert_eq!(plan.runnable().count(), 1);
}

#[test]
fn in_place_edits_the_app_issues_into_it_and_says_that_it_is_not_continuous() {
    let (mut want, live) = widened();
    want.on_breaking_change = OnBreakingChange::InPlace;
    let plan = planned(want, &live);
    let change = only(&plan);
    assert_eq!((change.action, &change.blocked, &acts(change)[0]), (Action::UpdateEndingKeys, &None, &Act::UpdateApp));
    assert_eq!(issued_into(change), Slot::Two);
    let gap = change.told.safety.and_then(|Safety { gap, .. }| gap);
    assert_eq!(gap, Some(Gap::InPlace { slot: Slot::One, until: in_days(100) }));
}

#[test]
fn refuse_additive_and_a_credential_without_sinks_block_it_and_the_key_is_still_looked_after() {
    let refused = |change: fn(&mut CredentialSpec)| {
        let (mut want, mut live) = widened();
        change(&mut want);
        // Due as well.
        let mut due = record(1, Phase::Delivered, &[dotenv(".env")]);
        due.expires = in_days(20);
        live.items = BTreeMap::from([(id(1), with(item(), Slot::One, due, true))]);
        let plan = planned(want.clone(), &live);
        assert_eq!(plan.blocked().next().unwrap().blocked.as_ref().unwrap().by(), BlockedBy::Policy);
        let renewed = plan.runnable().any(|change| change.action == Action::Rotate);
        assert_eq!(renewed, !want.deliver.is_empty(), "{:#?}", plan.changes);
    };
    refused(|want| want.on_breaking_change = OnBreakingChange::Refuse);
    refused(|want| want.mode = Mode::Additive);
    refused(|want| {
        want.mode = Mode::Additive;
        want.on_breaking_change = OnBreakingChange::InPlace;
    });
    refused(|want| want.deliver.clear());
}

#[test]
fn nothing_is_replaced_while_a_folder_was_not_listed() {
    let (want, live) = widened();
    let live = Live { complete: false, ..live };
    assert_eq!(only(&planned(want, &live)).blocked.as_ref().unwrap().by(), BlockedBy::CannotBeKnown);
}

#[test]
fn a_foreign_key_in_a_slot_is_neither_replaced_nor_ended() {
    let (want, mut live) = widened();
    let item = live.items.get_mut(&id(1)).unwrap();
    item.dates.two = Some(in_days(50));
    item.app.as_mut().unwrap().active.two = true;
    let plan = planned(want, &live);
    assert!(plan.runnable().next().is_none());
    assert_eq!(plan.blocked().next().unwrap().blocked.as_ref().unwrap().by(), BlockedBy::ForeignKey);
}

#[test]
fn a_replacement_that_died_before_its_key_goes_on_with_the_new_item() {
    let live = seen(live(vec![in_order(), newer()]), &dotenv(".env"), holds(1));
    let plan = planned(widened().0, &live);
    let change = only(&plan);
    assert_eq!((change.action, change.item.as_ref()), (Action::Replace, Some(&id(2))));
    assert!(!change.work.does(&Act::AddItem));
    assert_eq!((issued_into(change), &change.work.issue().unwrap().others[..]), (Slot::One, &[id(1)][..]));
}

#[test]
fn the_old_item_is_left_alone_within_the_overlap_and_deleted_after_it() {
    let done = |days: i64| {
        let mut record = record(2, Phase::Delivered, &[dotenv(".env")]);
        record.delivered = Some(in_days(-days));
        record.sinks[0].1.delivered = Some(in_days(-days));
        let newer = with(newer(), Slot::One, record, true);
        planned(widened().0, &seen(live(vec![superseded(), newer]), &dotenv(".env"), holds(2)))
    };
    assert!(done(6).changes.is_empty(), "{:#?}", done(6).changes);
    let plan = done(7);
    let change = only(&plan);
    assert_eq!((change.action, change.item.as_ref()), (Action::Retire, Some(&id(1))));
    assert_eq!(acts(change), [Act::Revoke { slot: Slot::One }, Act::DeleteItem]);
}

#[test]
fn an_edit_taken_back_before_anybody_had_the_new_key_deletes_the_new_item() {
    let live = seen(live(vec![in_order(), newer()]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, &change.reasons[..]), (Action::Retire, &[Reason::Reverted][..]));
    assert_eq!((change.item.as_ref(), &acts(change)[..]), (Some(&id(2)), &[Act::DeleteItem][..]));
}

#[test]
fn an_edit_taken_back_while_something_is_left_to_do_is_finished_on_the_new_item() {
    let mut due = record(1, Phase::Delivered, &[dotenv(".env")]);
    due.expires = in_days(20);
    let live = seen(live(vec![with(item(), Slot::One, due, true), newer()]), &dotenv(".env"), holds(1));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, change.item.as_ref()), (Action::Replace, Some(&id(2))));
    assert_eq!((&acts(change)[0], issued_into(change)), (&Act::UpdateApp, Slot::One));
}

#[test]
fn an_item_that_took_over_and_was_deleted_by_hand_is_healed_on_the_older_one() {
    let live = seen(live(vec![superseded()]), &dotenv(".env"), holds(2));
    let plan = planned(want(), &live);
    let change = only(&plan);
    assert_eq!((change.action, issued_into(change)), (Action::Rotate, Slot::Two));
}

#[test]
fn an_older_item_whose_ledger_or_marker_was_taken_away_blocks_its_credential() {
    let newer = with(newer(), Slot::One, record(2, Phase::Delivered, &[dotenv(".env")]), true);
    for older in
        [LiveItem { ledger: LedgerState::None, ..superseded() }, LiveItem { markers: BTreeSet::new(), ..superseded() }]
    {
        let live = seen(live(vec![older, newer.clone()]), &dotenv(".env"), holds(2));
        let plan = planned(widened().0, &live);
        assert_eq!(only(&plan).blocked.as_ref().unwrap().by(), BlockedBy::Ledger);
    }
}

/// Both slots of home taken and nobody to ask: the older key delivered to the one sink, the newer one in doubt there.
fn in_doubt(mut item: LiveItem, serials: [u64; 2], first: Phase) -> LiveItem {
    item.app.as_mut().unwrap().active = PerSlot::default();
    let item = with(item, Slot::One, record(serials[0], first, &[command(false)]), true);
    with(item, Slot::Two, record(serials[1], Phase::Delivering, &[command(false)]), true)
}

fn only_command() -> CredentialSpec {
    CredentialSpec { deliver: vec![command(false)], ..want() }
}

#[test]
fn a_delivery_in_doubt_without_a_free_slot_goes_on_with_a_new_item() {
    for first in [Phase::Delivered, Phase::Delivering] {
        let plan = planned(only_command(), &live(vec![in_doubt(item(), [1, 2], first)]));
        let change = only(&plan);
        assert_eq!((change.action, &change.blocked), (Action::Replace, &None));
        assert_eq!(change.reasons, [Reason::DeliveryInDoubt { slot: Slot::Two }]);
        assert_eq!(acts(change)[0], Act::AddItem);
        let issue = change.work.issue().unwrap();
        assert_eq!((issue.slot, issue.serial, &issue.others[..]), (Slot::One, 3, &[id(1)][..]));
        assert_eq!((change.work.generation, &change.work.seen), (2, &None));
    }
}

#[test]
fn such_a_new_item_is_blocked_by_additive_and_by_a_folder_that_was_not_listed() {
    let doubtful = || live(vec![in_doubt(item(), [1, 2], Phase::Delivered)]);
    let additive = CredentialSpec { mode: Mode::Additive, ..only_command() };
    assert_eq!(only(&planned(additive, &doubtful())).blocked.as_ref().unwrap().by(), BlockedBy::Policy);
    let live = Live { complete: false, ..doubtful() };
    assert_eq!(only(&planned(only_command(), &live)).blocked.as_ref().unwrap().by(), BlockedBy::CannotBeKnown);
}

#[test]
fn a_second_such_new_item_is_blocked_while_the_first_is_unfinished() {
    let mut second = LiveItem { id: id(2), ..item() };
    ledger(&mut second).item = Some(id(2));
    ledger(&mut second).generation = 2;
    let items = |first| vec![in_doubt(item(), [1, 2], Phase::Delivered), in_doubt(second.clone(), [3, 4], first)];
    let plan = planned(only_command(), &live(items(Phase::Delivering)));
    let change = only(&plan);
    assert_eq!((change.action, change.blocked.as_ref().unwrap().by()), (Action::Replace, BlockedBy::CannotBeKnown));
    // Once a key of the first one was delivered, the next one may follow.
    let plan = planned(only_command(), &live(items(Phase::Delivered)));
    assert_eq!((only(&plan).action, &only(&plan).blocked), (Action::Replace, &None));
    assert_eq!(only(&plan).work.issue().unwrap().others, [id(2), id(1)]);
}

#[test]
fn a_foreign_key_in_the_other_slot_blocks_instead() {
    let mut item = with(item(), Slot::One, record(1, Phase::Delivering, &[command(false)]), true);
    item.dates.two = Some(in_days(50));
    item.app.as_mut().unwrap().active.two = true;
    let plan = planned(only_command(), &live(vec![item]));
    assert_eq!(plan.blocked().next().unwrap().blocked.as_ref().unwrap().by(), BlockedBy::ForeignKey);
    assert!(plan.runnable().next().is_none());
}

#[test]
fn a_sink_that_holds_the_older_key_only_does_not_wait_for_a_slot_that_never_gets_free() {
    let sinks = [dotenv(".env"), command(false)];
    let older = record(1, Phase::Delivered, &sinks);
    let mut newer = record(2, Phase::Delivered, &sinks[..1]);
    newer.delivered = Some(in_days(-2));
    newer.sinks[0].1.delivered = Some(in_days(-2));
    let both = with(with(item(), Slot::One, older, true), Slot::Two, newer, true);
    let mut want = want();
    want.deliver = sinks.to_vec();
    // The newer key was issued while the command was not declared, and no file has it any more.
    let live = seen(live(vec![both]), &sinks[0], Observation::Absent);
    let plan = planned(want, &live);
    assert_eq!((only(&plan).action, &only(&plan).blocked), (Action::Replace, &None));
}

#[test]
fn a_key_that_an_item_out_of_sight_took_over_from_is_replaced_where_no_slot_is_free() {
    let mut newer = record(2, Phase::Delivered, &[dotenv(".env")]);
    newer.delivered = Some(in_days(-2));
    newer.sinks[0].1.delivered = Some(in_days(-2));
    let item = with(superseded(), Slot::Two, newer, true);
    let plan = planned(want(), &seen(live(vec![item]), &dotenv(".env"), holds(9)));
    assert_eq!((only(&plan).action, &only(&plan).blocked), (Action::Replace, &None));
}

#[test]
fn a_new_item_that_somebody_issued_a_key_in_is_not_edited() {
    let mut newer = newer();
    newer.app.as_mut().unwrap().privileges.insert(Privilege::new("premium:user:geocode"));
    newer.app.as_mut().unwrap().active.two = true;
    newer.dates.two = Some(in_days(50));
    let plan = planned(widened().0, &seen(live(vec![in_order(), newer]), &dotenv(".env"), holds(1)));
    assert!(plan.runnable().next().is_none(), "{:#?}", plan.changes);
    assert_eq!(plan.blocked().next().unwrap().blocked.as_ref().unwrap().by(), BlockedBy::ForeignKey);
}

#[test]
fn an_item_whose_ledger_forgot_what_was_applied_keeps_its_live_key() {
    let (want, mut live) = widened();
    ledger(live.items.get_mut(&id(1)).unwrap()).applied = None;
    let plan = planned(want, &live);
    assert_eq!((only(&plan).action, &acts(only(&plan))[0]), (Action::Replace, &Act::AddItem));
}

#[test]
fn an_old_item_that_the_portal_protects_loses_its_keys_and_stays() {
    let (want, _) = widened();
    let home = with(newer(), Slot::One, record(2, Phase::Delivered, &[dotenv(".env")]), true);
    let of = |old: LiveItem| {
        let live = seen(live(vec![old, home.clone()]), &dotenv(".env"), holds(2));
        let plan = planned(want.clone(), &live);
        plan.changes.iter().map(|change| (acts(change), change.blocked.clone())).collect::<Vec<_>>()
    };
    let revoke = || Act::Revoke { slot: Slot::One };
    assert_eq!(of(superseded()), [(vec![revoke(), Act::DeleteItem], None)]);
    let protected = |item| LiveItem { protected: true, ..item };
    let kept = (vec![Act::DeleteItem], Some(Blocked::Protected(Protection::Portal { item: id(1) })));
    assert_eq!(of(protected(superseded())), [(vec![revoke()], None), kept.clone()]);
    let mut empty = protected(superseded());
    *ledger(&mut empty).slots.get_mut(Slot::One) = None;
    *empty.app.as_mut().unwrap().active.get_mut(Slot::One) = false;
    assert_eq!(of(empty), [kept]);
}
