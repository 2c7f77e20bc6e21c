//! A scene for each rule of the key protocol: it holds, and `proof/mutants` shows that without the rule it does not.

use std::collections::BTreeSet;

use super::pairs;
use super::scene::{Playing, Scene, play};
use super::scenes as s;
use crate::emulator::Switches;
use crate::emulator::switches::{Refuses, RegenerateFalse};
use crate::plan::BlockedBy;
use crate::rehearse::Mishap;

fn killed() -> Playing {
    Playing::default()
}

fn struck(strike: fn(u64, &[String]) -> Mishap) -> Playing {
    Playing { strike: Some(strike), ..Playing::default() }
}

fn undisturbed() -> Playing {
    Playing { kill: false, ..Playing::default() }
}

/// A slot stays active after its key has run out.
fn active_after_expiry() -> Playing {
    let mut switches = Switches::default();
    switches.set("active_after_expiry", "stays").expect("a switch");
    Playing { switches, kill: false, ..Playing::default() }
}

/// The last of several privileges is not taken, and the answer is success.
fn refusing() -> Playing {
    let switches = Switches { refuses: Refuses::Privilege, ..Switches::default() };
    Playing { switches, ..Playing::default() }
}

/// The index shows a new item after ten minutes.
fn slow_index() -> Playing {
    let switches = Switches { search_lag_ms: 600_000, ..Switches::default() };
    Playing { switches, ..Playing::default() }
}

/// What is in the recycle bin is still shown, and still found for an hour.
fn bin_is_shown() -> Playing {
    let mut switches = Switches::default();
    switches.set("recycled_read", "without_app").expect("a switch");
    switches.set("deleted_hits", "stale").expect("a switch");
    Playing { switches, ..Playing::default() }
}

/// The item shows a new date four reads late.
fn late_dates() -> Playing {
    Playing { switches: Switches { date_late_reads: 4, ..Switches::default() }, kill: false, ..Playing::default() }
}

/// The same, and a slot stays active after its key has run out.
fn late_dates_after_expiry() -> Playing {
    let switches = Switches { date_late_reads: 4, ..active_after_expiry().switches };
    Playing { switches, ..late_dates() }
}

/// Dates come back as the end of their day.
fn rounded_dates() -> Playing {
    let mut switches = Switches::default();
    switches.set("date_returned", "end_of_day").expect("a switch");
    Playing { switches, ..Playing::default() }
}

async fn holds(scene: Scene, playing: Playing) {
    let verdict = play(&scene, &playing).await;
    let some: Vec<&String> = verdict.wrong.iter().take(6).collect();
    assert!(some.is_empty(), "`{}`: {some:#?}", scene.name);
}

macro_rules! rules {
    ($($name:ident: $scene:expr, $playing:expr;)+) => { $(
        #[tokio::test]
        async fn $name() {
            holds($scene, $playing).await;
        }
    )+ };
}

rules! {
    a_slot_is_emptied_before_it_is_taken: s::create(), killed();
    the_ledger_is_written_before_the_token_call: s::create(), killed();
    a_slot_is_taken_only_if_it_is_free: s::rotate(), killed();
    an_overlap_is_the_longest_that_was_promised: s::overlap_shortened(), undisturbed();
    each_sink_has_an_overlap_of_its_own: s::sink_removed_and_put_back(), undisturbed();
    an_old_item_says_what_took_over: s::replacement_deleted_by_a_person(), killed();
    a_lost_token_call_is_not_repeated: s::rotate(), struck(|n, _| Mishap::ActedLate(n, 12));
    the_current_key_is_the_latest: s::rotate_twice(), undisturbed();
    an_item_goes_only_when_its_keys_may_end: s::replace_and_look_daily(), undisturbed();
    sinks_of_the_ledger_count_as_well: s::sink_moved_while_in_doubt(), killed();
    only_the_latest_is_taken_up: s::replace_what_was_being_rotated(), killed();
    no_foreign_key_goes_with_its_item: s::person_issues_in_the_old_item(), undisturbed();
    a_key_that_was_issued_over_ours_is_noted_before_anything_is_done: s::person_regenerates_ours(), killed();
    what_is_known_of_a_dead_key_stays_until_a_new_one_takes_its_place: s::write_only_key_revoked(), killed();
    a_slot_whose_date_has_passed_is_empty_whoevers_key_it_held: s::persons_key_runs_out(), active_after_expiry();
    a_key_is_ours_by_its_date: s::person_issues_over_ours_and_leaves_it(), undisturbed();
    nothing_is_made_before_every_folder_was_seen: s::person_moves_out_of_sight(), slow_index();
    a_lost_write_is_not_sent_again: s::sink_moved_while_in_doubt(), struck(|n, _| Mishap::ActedLate(n, 1000));
    later_is_what_was_issued_later: s::deleted_and_restored(), undisturbed();
    a_current_key_outside_home_is_rotated_on_home: s::deleted_and_restored(), killed();
    what_is_in_no_list_is_gone_whatever_a_ledger_says: s::replacement_in_the_bin_and_back(), bin_is_shown();
    what_is_in_no_list_is_gone_whatever_the_index_says: s::told_by_the_index_alone(), bin_is_shown();
    a_date_is_read_again_before_its_key_is_retired: s::person_issues_before_ours_is_retired(), late_dates();
    a_date_is_read_again_before_its_slot_is_taken: s::person_issues_again_where_theirs_ran_out(), late_dates_after_expiry();
    a_rounded_date_is_ours_until_the_key_told_its_end: s::rotate(), rounded_dates();
    a_date_that_is_only_near_is_somebody_elses: s::person_issues_nearly_as_we_do(), killed();
    a_place_that_went_over_in_doubt_keeps_its_key_for_an_overlap: s::sink_handed_over_in_doubt(), killed();
    a_place_that_comes_back_is_given_the_key_again: s::sink_handed_over_and_back(), undisturbed();
    an_item_that_the_portal_protects_waits_for_a_person: s::person_protects_the_old_item(), killed();
    a_key_ends_when_no_place_of_the_stack_needs_it: s::sink_handed_over(), killed();
    what_was_taken_away_is_not_given_to_a_new_item: s::narrowed_while_in_doubt(), killed();
    what_was_taken_away_is_remembered_by_a_new_item: s::narrowed_then_edited(), undisturbed();
    what_was_given_up_is_an_edit_when_it_is_asked_for: s::narrowed_given_up_and_asked_for_again(), undisturbed();
    what_the_portal_does_not_take_takes_nobodys_key: s::edit_in_vain(), refusing();
    a_new_item_is_known_by_its_ledger: s::replace(), struck(|n, _| Mishap::AnswerLost(n));
}

const NOTHING: Vec<String> = Vec::new();

#[tokio::test]
async fn a_key_is_proved_before_it_is_delivered() {
    assert_eq!(pairs::a_person_edits_privileges_after_the_token_call().await, NOTHING);
}

#[tokio::test]
async fn a_key_that_a_person_issues_just_before_the_token_call_lives() {
    for regenerate_false in [RegenerateFalse::Error, RegenerateFalse::Same] {
        assert_eq!(pairs::a_person_issues("oauth2/token", 0, regenerate_false).await, NOTHING, "{regenerate_false:?}");
    }
}

#[tokio::test]
async fn a_key_that_a_person_issues_over_ours_before_it_is_proved_is_not_revoked() {
    for later_by in 1..=3 {
        assert_eq!(
            pairs::a_person_issues("oauth2/token", later_by, RegenerateFalse::Error).await,
            NOTHING,
            "{later_by}"
        );
    }
}

#[tokio::test]
async fn a_key_that_does_not_answer_is_left_alone_and_the_next_run_issues_again() {
    assert_eq!(pairs::a_new_key_does_not_answer().await, NOTHING);
}

#[tokio::test]
async fn a_portal_that_only_regenerates_is_asked_to_and_the_report_says_so() {
    assert_eq!(pairs::a_portal_that_only_regenerates().await, NOTHING);
}

#[tokio::test]
async fn a_key_that_our_date_went_over_is_still_a_persons() {
    for regenerate_false in [RegenerateFalse::Error, RegenerateFalse::New] {
        assert_eq!(pairs::a_person_issues("/update", 0, regenerate_false).await, NOTHING, "{regenerate_false:?}");
    }
}

#[tokio::test]
async fn a_slot_is_seen_empty_once_more_after_its_date() {
    assert_eq!(pairs::a_person_issues("/update", 1, RegenerateFalse::New).await, NOTHING);
}

#[tokio::test]
async fn a_date_that_a_person_wrote_meanwhile_is_left_alone() {
    assert_eq!(pairs::a_person_dates_the_slot_after_us().await, NOTHING);
}

#[tokio::test]
async fn two_checkouts_with_files_of_their_own_keep_to_two_items_and_four_keys() {
    let (wrong, kept) = pairs::two_checkouts(24).await;
    assert_eq!(wrong, NOTHING);
    assert!(kept.contains(&BlockedBy::NoFreeSlot), "the plan says what it waits for: {kept:?}");
}

#[tokio::test]
async fn what_goes_on_making_new_items_is_named_after_the_third_in_thirty_days() {
    let (wrong, kept) = pairs::two_checkouts(75).await;
    assert_eq!(wrong, NOTHING);
    assert_eq!(kept, BTreeSet::from([BlockedBy::NoFreeSlot, BlockedBy::TooOften]));
}
