//! The life of a credential on portals that answer otherwise: made, rotated, retired, edited, destroyed.

use std::sync::Arc;

use super::scene::{DAY, USUAL, items, later, spec, start, web};
use super::scenes::MORE;
use crate::emulator::{Request, Response, Setup, Switches};
use crate::model::{CredentialName, Requests, Spec};
use crate::rehearse::{Ended, World, look, run};

/// One credential over its whole life, step by step.
struct Life {
    world: Arc<World>,
    wrong: Vec<String>,
}

impl Life {
    fn begun(switches: &Switches) -> Self {
        let setup = Setup { switches: switches.clone(), ..Setup::default() };
        Self { world: World::new(setup, start()), wrong: Vec::new() }
    }

    /// A run does `what`, all of it, and leaves so many items and live keys; the next plan is empty.
    async fn run(&mut self, what: &str, spec: &Spec, (items_left, keys): (usize, usize)) {
        let ended = run(&self.world, spec, true).await;
        let mut wrong = trouble(&ended);
        if !matches!(&ended, Ended::Ran { report: Some(_), .. }) {
            wrong.push("nothing was done".into());
        }
        let live = self.world.with(|state, now| state.live_fingerprints(now).len());
        if (items(&self.world).len(), live) != (items_left, keys) {
            wrong.push(format!("{} items and {live} live keys are left", items(&self.world).len()));
        }
        // The index has heard of it by then.
        later(&self.world, 1);
        let again = Spec { requests: Requests::default(), ..spec.clone() };
        if items_left > 0 {
            let next = look(&self.world, &again).await;
            wrong.extend(trouble(&next));
            if let Some(plan) = next.plan().filter(|plan| !plan.is_empty()) {
                let todo: Vec<_> = plan.changes.iter().map(|change| (change.action, &change.reasons)).collect();
                wrong.push(format!("there is something left to do: {todo:?}"));
            }
        }
        self.wrong.extend(wrong.into_iter().map(|why| format!("{what}: {why}")));
    }

    fn served(&mut self, what: &str) {
        let apps = self.world.apps();
        let unserved = self.world.with(|state, now| apps.unserved(now, state));
        let dark = apps.dark().iter().map(ToString::to_string);
        let stray = self.world.stray_keys();
        for why in unserved.into_iter().chain(dark).chain(stray) {
            self.wrong.push(format!("{what}: {why}"));
        }
    }
}

/// What was in the way of a run.
fn trouble(ended: &Ended) -> Vec<String> {
    match ended {
        Ended::Ran { plan, report } => {
            let blocked = plan.blocked().filter_map(|change| Some(change.blocked.as_ref()?.why.clone()));
            let failed = report.iter().flat_map(crate::apply::Report::failed).map(|(_, error)| error.to_string());
            blocked.chain(failed).collect()
        }
        Ended::Leased => vec!["the lease is held".into()],
        Ended::Stale { moved } => vec![format!("stale: {moved}")],
        Ended::Failed { why } => vec![why.clone()],
    }
}

/// Everything that is wrong with the life of a credential under these switches.
async fn life(switches: &Switches, otherwise: Option<fn(&Request, Response) -> Response>) -> Vec<String> {
    let mut life = Life::begun(switches);
    if let Some(otherwise) = otherwise {
        life.world.answer_otherwise(otherwise);
    }
    let usual = spec(&web(&format!("{USUAL}\nprotect: false")));
    let more = spec(&web(&format!("{USUAL}\nprotect: false").replace("privileges: [premium:user:basemaps]", MORE)));
    life.world.declare(&usual);
    life.run("created", &usual, (1, 1)).await;
    later(&life.world, 151 * DAY);
    life.run("rotated", &usual, (1, 2)).await;
    later(&life.world, 8 * DAY);
    life.run("retired", &usual, (1, 1)).await;
    life.served("kept");
    life.world.declare(&more);
    life.run("replaced", &more, (2, 2)).await;
    later(&life.world, 8 * DAY);
    life.run("old item deleted", &more, (1, 1)).await;
    life.served("replaced");
    let name = CredentialName::new("web").unwrap();
    let requests = Requests { destroy: [name].into(), ..Requests::default() };
    life.run("destroyed", &Spec { requests, ..Spec::clone(&more) }, (0, 0)).await;
    life.wrong
}

fn set(switches: &mut Switches, name: &str, value: &str) {
    switches.set(name, value).unwrap();
}

/// The switches that this is about.
const OF_ANSWERS: [&str; 1] = ["unregistered"];

fn values(name: &str) -> &'static [&'static str] {
    Switches::ALL.iter().find(|switch| switch.name == name).unwrap().alternatives
}

#[tokio::test]
async fn a_credential_lives_its_whole_life_under_each_answer_alone() {
    for name in OF_ANSWERS {
        for value in values(name) {
            let mut switches = Switches::default();
            set(&mut switches, name, value);
            assert_eq!(life(&switches, None).await, Vec::<String>::new(), "{name}={value}");
        }
    }
}

#[tokio::test]
async fn a_deleted_item_is_gone_whatever_a_portal_answers_about_it() {
    fn otherwise(request: &Request, response: Response) -> Response {
        let about_item = request.path.contains("/content/items/");
        if about_item && response.body.contains("CONT_0001") {
            let body =
                serde_json::json!({ "error": { "code": 403, "message": "You cannot see this.", "details": [] } });
            return Response::json(200, &body);
        }
        response
    }
    assert_eq!(life(&Switches::default(), Some(otherwise)).await, Vec::<String>::new());
}
