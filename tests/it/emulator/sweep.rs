//! What holds whatever is asked and however the switches stand.

use keyform::emulator::{Request, Setup, State, Switches};
use proptest::prelude::*;
use serde_json::json;

use super::world::{BASEMAPS, GEOCODE, World};

#[test]
fn every_alternative_of_every_switch_can_be_set_by_name() {
    for switch in Switches::ALL {
        for value in switch.alternatives.iter().chain([&switch.worst]) {
            let mut switches = Switches::default();
            switches.parse(&format!("{}={value}", switch.name)).unwrap();
            assert_eq!(switches == Switches::default(), *value == switch.alternatives[0], "{} {value}", switch.name);
        }
        assert!(!switch.section.is_empty() && !switch.about.is_empty());
    }
    let mut worst = Switches::default();
    for switch in Switches::ALL {
        worst.set(switch.name, switch.worst).unwrap();
    }
    assert_eq!(worst, Switches::worst());
    assert!(Switches::each_alone().count() >= Switches::ALL.len());
}

#[test]
fn a_misspelt_switch_is_answered_by_the_nearest() {
    let error = Switches::default().parse("date_updte=ends").unwrap_err();
    assert_eq!(error.to_string(), "no switch is called `date_updte`; did you mean `date_update`?");
    let error = Switches::default().parse("date_update=maybe").unwrap_err();
    assert_eq!(error.to_string(), "`date_update` cannot be `maybe`; it is one of keeps, ends");
}

#[test]
fn a_careful_client_gets_two_working_keys_under_every_switch() {
    for (name, value, switches) in Switches::each_alone().chain([("all", "worst", Switches::worst())]) {
        let mut world = World::with(Setup { switches, ..Setup::default() });
        let credential = world.credential(&[BASEMAPS, GEOCODE], &[]);
        let (one, two) = (world.issue(&credential, 1), world.issue(&credential, 2));
        assert_eq!((world.opens(&one), world.opens(&two)), (200, 200), "{name}={value}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Issue(usize, u8),
    Revoke(usize, u8),
    Privileges(usize, bool),
    Delete(usize),
    Pass(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3usize, 1..=2u8).prop_map(|(at, slot)| Step::Issue(at, slot)),
        1 => (0..3usize, 1..=2u8).prop_map(|(at, slot)| Step::Revoke(at, slot)),
        1 => (0..3usize, any::<bool>()).prop_map(|(at, more)| Step::Privileges(at, more)),
        1 => (0..3usize).prop_map(Step::Delete),
        1 => (0..40i64).prop_map(|days| Step::Pass(days * 86_400)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_slot_never_has_two_live_keys_and_a_file_keeps_everything(steps in prop::collection::vec(step(), 0..24)) {
        let mut world = World::new();
        let credentials = [0; 3].map(|_| world.credential(&[BASEMAPS], &[]));
        let mut keys = Vec::new();
        for step in steps {
            world.token = world.state.user_token(world.now);
            match step {
                Step::Issue(at, slot) => {
                    let date = world.ms() + 30 * 86_400_000;
                    world.date(&credentials[at].id, slot, date);
                    let answer = world.token_call(&credentials[at], slot, true);
                    if let Some(key) = answer["access_token"].as_str() {
                        keys.push((at, slot, key.to_owned()));
                    }
                }
                Step::Revoke(at, slot) => drop(world.revoke(&credentials[at], slot)),
                Step::Privileges(at, more) => {
                    let want: &[&str] = if more { &[BASEMAPS, GEOCODE] } else { &[BASEMAPS] };
                    world.update_app(&credentials[at], want, &[]);
                }
                Step::Delete(at) => {
                    let path = format!("content/users/developer/items/{}/delete", credentials[at].id);
                    world.ask(Request::post(&path));
                }
                Step::Pass(seconds) => world.pass(seconds),
            }
            for at in 0..3 {
                for slot in 1..=2 {
                    let live = keys.iter().filter(|(a, s, _)| (*a, *s) == (at, slot));
                    let live: Vec<String> = live.map(|(_, _, key)| key.clone()).collect();
                    let live = live.iter().filter(|key| world.opens(key) == 200).count();
                    prop_assert!(live <= 1);
                }
            }
        }
        let text = serde_json::to_string(&world.state).unwrap();
        let again: State = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(again.summary(world.now), world.state.summary(world.now));
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }

    #[test]
    fn nothing_that_is_asked_breaks_it(
        path in "(/?(sharing|arcgis|rest|content|users|items|oauth2|developer|search|apps|x|%zz|é)){0,7}",
        q in "[a-z:()\"\\[\\]\\\\ANDORT -]{0,24}", date in any::<i64>(), num in any::<i64>(),
    ) {
        let mut world = World::new();
        let request = Request::get(&path).with("q", &q).with("num", num).with("start", date);
        world.ask(request);
        let search = world.ask(Request::get("search").with("q", &q));
        prop_assert!(search.is_object());
        let id = world.item("x");
        world.date(&id, 1, date);
        world.ask(Request::post("oauth2/registerApp").with("itemId", &id).with("privileges", json!(q)));
    }
}
