//! Every rule of the key protocol taken out in turn: the scene that notices, and by what.

use super::pairs;
use super::scene::{Playing, Scene, play};
use super::scenes as s;
use crate::emulator::Switches;
use crate::mutant::{self, Mutant};
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

/// The index shows a new item after ten minutes.
fn slow_index() -> Playing {
    let mut switches = Switches::default();
    switches.search_lag_ms = 600_000;
    Playing { switches, ..Playing::default() }
}

/// Plays `scene` with and without the rule: with it nothing is wrong, without it somebody notices.
async fn is_noticed(mutant: Mutant, scene: Scene, playing: Playing, by: &str) {
    let whole = play(&scene, &playing).await;
    assert!(whole.wrong.is_empty(), "{mutant:?}: the scene is wrong as it is: {:#?}", whole.wrong);
    let _out = mutant::without(mutant);
    let verdict = play(&scene, &playing).await;
    let found = verdict.wrong.iter().find(|why| why.contains(by));
    let some: Vec<&String> = verdict.wrong.iter().take(6).collect();
    assert!(found.is_some(), "{mutant:?} goes unnoticed in `{}`: {some:#?}", scene.name);
    println!("{mutant:?}: {}", found.map(String::as_str).unwrap_or_default());
}

macro_rules! rules {
    ($($name:ident: $mutant:ident, $scene:expr, $playing:expr, $by:literal;)+) => { $(
        #[tokio::test]
        async fn $name() {
            is_noticed(Mutant::$mutant, $scene, $playing, $by).await;
        }
    )+ };
}

rules! {
    a_ledger_written_after_the_token_call: LedgerAfterToken, s::create(), killed(), "nobody was given";
    a_slot_that_is_taken_though_it_is_not_free: SlotNotFree, s::rotate(), killed(), "lost key";
    the_overlap_of_todays_configuration_alone: OverlapOfYaml, s::overlap_shortened(), undisturbed(), "within the overlap";
    one_overlap_for_a_whole_credential: OverlapPerCredential, s::sink_removed_and_put_back(), undisturbed(), "lost key";
    no_superseded_by: NoSupersededBy, s::replacement_deleted_by_a_person(), killed(), "no key that works";
    a_lost_token_call_repeated: TokenRepeated, s::rotate(), struck(|n, _| Mishap::ActedLate(n, 12)), "lost key";
    the_current_key_by_its_slot: CurrentBySlot, s::rotate_twice(), undisturbed(), "nobody was given";
    an_item_that_goes_by_its_generation: RetireByGeneration, s::replace_and_look_daily(), undisturbed(), "lost key";
    sinks_of_the_configuration_only: SinksOfYaml, s::sink_moved_while_in_doubt(), killed(), "lost key";
    recovery_of_any_serial: RecoveryForAnySerial, s::replace_what_was_being_rotated(), killed(), "again and again";
    a_foreign_key_deleted_with_its_item: ForeignDeletedWithItem, s::person_issues_in_the_old_item(), undisturbed(), "a-person";
    dates_that_are_not_compared: DateNotCompared, s::person_issues_over_ours_and_leaves_it(), undisturbed(), "no key that works";
    a_create_without_all_folders: CreateWithoutAllFolders, s::person_moves_out_of_sight(), slow_index(), "items are left";
    a_lost_write_repeated: LostWriteRepeated, s::sink_moved_while_in_doubt(), struck(|n, _| Mishap::ActedLate(n, 1000)), "lost key";
    any_marked_item_after_a_lost_answer: AnyMarkedItem, s::replace(), struck(|n, _| Mishap::AnswerLost(n)), "lost key";
}

#[tokio::test]
async fn a_key_that_is_delivered_before_it_is_proved_is_noticed() {
    assert_eq!(pairs::a_person_edits_privileges_after_the_token_call().await, Vec::<String>::new());
    let _out = mutant::without(Mutant::ProofAfterDelivery);
    let wrong = pairs::a_person_edits_privileges_after_the_token_call().await;
    assert!(wrong.iter().any(|why| why.contains("lost key")), "{wrong:#?}");
}

#[tokio::test]
async fn a_date_that_a_person_wrote_meanwhile_is_noticed() {
    assert_eq!(pairs::a_person_issues_after_the_ledger_says_issuing().await, Vec::<String>::new());
    let _out = mutant::without(Mutant::LedgerAndDateTogether);
    let wrong = pairs::a_person_issues_after_the_ledger_says_issuing().await;
    assert!(wrong.iter().any(|why| why.contains("a-person")), "{wrong:#?}");
}

#[tokio::test]
async fn a_lease_that_is_held_by_whoever_sees_it_is_noticed() {
    assert!(pairs::wrong(true, Switches::default()).await.is_empty());
    let _out = mutant::without(Mutant::LeaseByTitle);
    let wrong = pairs::wrong(true, Switches::default()).await;
    assert!(wrong.iter().any(|why| why.contains("lost key")), "{wrong:#?}");
}

#[tokio::test]
async fn a_lease_whose_time_nobody_watches_is_noticed() {
    assert_eq!(pairs::asleep().await, Vec::<String>::new());
    let _out = mutant::without(Mutant::LeaseNotWatched);
    let wrong = pairs::asleep().await;
    assert!(!wrong.is_empty());
}
