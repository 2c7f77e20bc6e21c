//! What must be true of every world once keyform has run in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::forge::unwrapped;
use super::rows;
use super::story::Story;
use crate::apply::ApplyError;
use crate::emulator::USER;
use crate::model::CredentialName;
use crate::plan::{Act, Action, Blocked, Change, Plan, outlines};
use crate::rehearse::tests::scene::later;
use crate::rehearse::{Ended, World, look, run};
use crate::render::json::{PlanDocument, encoded};
use crate::render::{human, style::Style, text, view::PlanView, words};

/// What was seen, and everything that is wrong.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) seen: BTreeSet<String>,
    pub(super) wrong: Vec<String>,
    pub(super) trail: Vec<String>,
}

/// Makes the world of `seed`, lets keyform run in it, and judges what came of it.
pub(super) async fn world(seed: u64) -> Verdict {
    let mut story = Story::of(seed).await;
    let mut verdict = Verdict::default();
    verdict.same_in_any_order(&mut story, seed.is_multiple_of(4)).await;
    let before = foreign(&story.world, &story);
    story.shapes.set_calm(false);
    verdict.runs(&mut story).await;
    story.shapes.set_calm(true);
    later(&story.world, 11);
    verdict.does_what_it_shows(&story).await;
    let mut last = verdict.applied(&mut story).await;
    if story.silent {
        // What cannot be asked is named; once it can be, nothing is in the way.
        if let Some(plan) = &last {
            verdict.withheld(plan);
        }
        story.listen();
        last = verdict.applied(&mut story).await;
    }
    verdict.foreign(&before, &foreign(&story.world, &story));
    verdict.nobody_lost(&story);
    verdict.nothing_given_back(&story);
    if let Some(plan) = last {
        verdict.at_rest(&plan);
        if seed.is_multiple_of(4) {
            verdict.turns(&story, &plan).await;
        }
        verdict.true_reasons(&story, &plan);
        verdict.one_item_each(&mut story, plan).await;
    }
    verdict.seen.append(&mut story.met);
    verdict.seen.extend(story.shapes.met().keys().map(|shape| format!("shape {}", shape.name())));
    verdict.trail = story.trail;
    verdict
}

/// What people and machines read of a plan.
fn rendered(plan: &Plan) -> (String, String) {
    let view = PlanView::of(plan);
    (text(|out| human::plan(&view, Style::default(), out)), encoded(&PlanDocument::of(&view)))
}

/// How a run ended, in a line.
fn outcome(ended: &Ended) -> String {
    match ended {
        Ended::Ran { plan, report } => {
            let did = plan.runnable().map(|change| format!("{} {}", change.name, change.action.id()));
            let failed = report.iter().flat_map(crate::apply::Report::failed);
            let failed = failed.map(|(tried, error)| format!("{}: {error}", tried.name));
            did.chain(failed).collect::<Vec<_>>().join(", ")
        }
        Ended::Leased => "leased".into(),
        Ended::Stale { name, action } => format!("stale: {name} {action:?}"),
        Ended::Failed { why } => why.clone(),
    }
}

fn first_difference(a: &str, b: &str) -> String {
    let lines = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    lines.map_or_else(|| format!("{} and {} bytes", a.len(), b.len()), |(a, b)| format!("{a}\nand {b}"))
}

impl Verdict {
    fn say(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    /// Whatever order things are written in, the plan is the same.
    async fn same_in_any_order(&mut self, story: &mut Story, in_other_orders: bool) {
        let frozen = story.world.frozen();
        let mut plans = Vec::new();
        let texts = [story.wish.text(), story.wish.text(), story.wish.shuffled(&mut story.draw)];
        for text in texts.iter().take(if in_other_orders { 3 } else { 1 }) {
            let spec = match story.desk.read(text) {
                Ok(spec) => spec,
                Err(why) => return self.say(format!("in another order: {why}")),
            };
            let world = World::from(&frozen);
            // However many requests it takes to hear who is there, it is the same time then.
            world.set_takes(0);
            story.shapes.begin_again();
            match look(&world, &spec).await {
                Ended::Ran { plan, .. } => plans.push(plan),
                ended => return self.say(format!("cannot be read: {ended:?}")),
            }
        }
        self.seen = plans.first().map(|plan| rows::of(plan)).unwrap_or_default();
        let [plan, again, other] = plans.as_slice() else { return };
        for (other, how) in [(again, "a second time"), (other, "in another order")] {
            let ((human, json), (other_human, other_json)) = (rendered(plan), rendered(other));
            if human != other_human || json != other_json {
                let human = first_difference(&human, &other_human);
                self.say(format!("another plan {how}: {human}\n{}", first_difference(&json, &other_json)));
            }
        }
    }

    /// Runs until there is nothing left to do, four times at most; what reads show late is waited for.
    async fn applied(&mut self, story: &mut Story) -> Option<Plan> {
        let mut turns_at = None;
        loop {
            let (mut worked, mut idle) = (0, 0);
            while worked < 4 && idle < 2 {
                let ended = self.ran(story).await;
                if let Ended::Failed { why } = &ended {
                    self.say(format!("cannot be read: {why}"));
                }
                if matches!(&ended, Ended::Ran { report: None, .. }) {
                    idle += 1;
                } else {
                    (worked, idle) = (worked + 1, 0);
                }
                turns_at = ended.plan().and_then(Plan::next_boundary).map(|(at, _)| at);
                later(&story.world, 11);
            }
            let plan = match look(&story.world, &story.spec).await {
                Ended::Ran { plan, .. } => plan,
                ended => {
                    self.say(format!("cannot be read: {ended:?}"));
                    return None;
                }
            };
            // To run takes time, and a window may open meanwhile: then that date was named, and has come.
            if plan.runnable().next().is_none() || turns_at.is_none_or(|at| at > plan.now) {
                return Some(*plan);
            }
        }
    }

    /// One run, which makes nothing that is there.
    async fn ran(&mut self, story: &mut Story) -> Ended {
        let there = homes(&story.world, story);
        let ended = run(&story.world, &story.spec, true).await;
        story.trail.push(format!("{} ran: {}", story.world.now(), outcome(&ended)));
        for change in ended.plan().into_iter().flat_map(Plan::runnable) {
            let makes = change.action == Action::Create && change.work.acts().any(|act| *act == Act::AddItem);
            if makes && there.contains_key(change.name.as_str()) && !story.forged {
                self.say(format!("{} is there and is made: {:?}", change.name, change.reasons));
            }
        }
        ended
    }

    /// Runs whatever trouble there is.
    async fn runs(&mut self, story: &mut Story) {
        for _ in 0..2 {
            self.ran(story).await;
            later(&story.world, 11);
        }
    }

    /// What is done is what was shown, all of it.
    async fn does_what_it_shows(&mut self, story: &Story) {
        let frozen = story.world.frozen();
        let Ended::Ran { plan: shown, .. } = look(&World::from(&frozen), &story.spec).await else { return };
        let world = World::from(&frozen);
        let Ended::Ran { plan, report } = run(&world, &story.spec, true).await else { return };
        if shown.next_boundary().is_some_and(|(at, _)| at <= plan.now) {
            return;
        }
        let todo = |plan: &Plan| plan.runnable().map(|one| (one.name.clone(), one.action)).collect::<Vec<_>>();
        if todo(&shown) != todo(&plan) {
            self.say(format!("shows {:?} and does {:?}", todo(&shown), todo(&plan)));
        }
        // A sink that tells nobody what it holds is written, and then not believed; a portal that takes less than it is asked
        // for is found out.
        let found_out =
            |error: &ApplyError| matches!(error, ApplyError::NotTaken { .. }) && story.met.contains("switch refuses");
        let failed = report.iter().flat_map(crate::apply::Report::failed);
        for (tried, error) in failed.filter(|(_, error)| !story.silent && !found_out(error)) {
            self.say(format!("{}: shown and not done: {error}", tried.name));
        }
    }

    /// What blocks a credential is what somebody did.
    fn true_reasons(&mut self, story: &Story, plan: &Plan) {
        for change in &plan.changes {
            let Some(blocked) = &change.blocked else { continue };
            let of: &[&str] = match blocked {
                Blocked::ForeignKey { .. } => &["issue", "regenerate", "forge", "copy", "stranger", "overwrite"],
                Blocked::Ledger { .. } => &["forge", "tags", "copy", "stranger"],
                Blocked::Owner { .. } | Blocked::HandedOver { .. } | Blocked::OtherStack { .. } => {
                    &["forge", "tags", "stranger"]
                }
                Blocked::Rights { .. } | Blocked::Items { .. } | Blocked::Unreadable { .. } => &[],
                Blocked::Withheld { .. } => &["app", "narrow", "forge"],
                Blocked::NotTaken { .. } if story.met.contains("switch refuses") => continue,
                Blocked::NotTaken { .. } => &["forge"],
                Blocked::CannotBeKnown(_)
                | Blocked::NoFreeSlot { .. }
                | Blocked::ItemWaits { .. }
                | Blocked::TooOften { .. }
                | Blocked::Policy { .. }
                | Blocked::Ended { .. }
                | Blocked::Protected(_)
                | Blocked::NotYet { .. }
                | Blocked::TakenOver { .. }
                | Blocked::Guard { .. }
                | Blocked::TwoNames { .. }
                | Blocked::Window { .. }
                | Blocked::Frozen { .. }
                | Blocked::NoSuchKey { .. }
                | Blocked::NothingToRotate { .. } => continue,
            };
            if !of.iter().any(|act| story.met.contains(&format!("act {act}"))) {
                self.say(format!("{}: nobody is to blame for {blocked:?}", change.name));
            }
        }
    }

    /// No credential keeps two items for longer than any key lives: the dates that plans name bring it to one, or it is
    /// blocked.
    async fn one_item_each(&mut self, story: &mut Story, mut plan: Plan) {
        let by = plan.now.checked_add(SignedDuration::from_hours(24 * 400)).unwrap();
        loop {
            let homes = homes(&story.world, story);
            let two = |name: &&CredentialName| homes.get(name.as_str()).is_some_and(|items| *items > 1);
            let blocked: BTreeSet<&CredentialName> = plan.blocked().map(|change| &change.name).collect();
            let Some(name) = story.spec.credentials.keys().filter(|name| !blocked.contains(name)).find(two) else {
                return;
            };
            let Some(at) = plan.next_boundary().map(|(at, _)| at).filter(|at| *at < by) else {
                return self.say(format!("{name} has two items for good"));
            };
            let name = name.clone();
            story.world.wait_until(at);
            later(&story.world, 11);
            self.ran(story).await;
            later(&story.world, 11);
            match look(&story.world, &story.spec).await {
                Ended::Ran { plan: next, .. } => plan = *next,
                ended => return self.say(format!("{name} has two items: {ended:?}")),
            }
        }
    }

    /// Nothing is left but what is withheld.
    fn at_rest(&mut self, plan: &Plan) {
        let left = plan.changes.iter().filter(|change| change.action != Action::Report && change.blocked.is_none());
        for change in left.filter(|_| plan.refused.is_none()) {
            let (name, action, reasons, steps) = (&change.name, change.action, &change.reasons, &change.work.steps);
            self.say(format!("still to do: {name} {action:?} {reasons:?} {steps:?}"));
        }
        self.withheld(plan);
    }

    /// What is withheld says why and what resolves it, and what waits names a date.
    fn withheld(&mut self, plan: &Plan) {
        for blocked in plan.changes.iter().filter_map(|change| change.blocked.as_ref()) {
            let words::Block { why, resolve } = words::blocked(blocked);
            if [why, resolve].iter().any(|text| text.shown().as_str().is_empty()) {
                self.say(format!("blocked without a word: {blocked:?}"));
            }
            let waits = match blocked {
                Blocked::NotYet { .. } | Blocked::Window { .. } | Blocked::Frozen { .. } => true,
                Blocked::NoFreeSlot { .. } | Blocked::ItemWaits { .. } | Blocked::TooOften { .. } => true,
                Blocked::TakenOver { from, .. } => from.is_some(),
                Blocked::ForeignKey { .. }
                | Blocked::CannotBeKnown(_)
                | Blocked::Ledger { .. }
                | Blocked::Owner { .. }
                | Blocked::HandedOver { .. }
                | Blocked::OtherStack { .. }
                | Blocked::Policy { .. }
                | Blocked::Rights { .. }
                | Blocked::Items { .. }
                | Blocked::Ended { .. }
                | Blocked::Protected(_)
                | Blocked::Guard { .. }
                | Blocked::TwoNames { .. }
                | Blocked::NoSuchKey { .. }
                | Blocked::NothingToRotate { .. }
                | Blocked::Withheld { .. }
                | Blocked::NotTaken { .. }
                | Blocked::Unreadable { .. } => false,
            };
            if waits && plan.next_boundary().is_none() {
                self.say(format!("waits for no date: {blocked:?}"));
            }
        }
        if plan.refused.as_ref().is_some_and(|refused| refused.over.is_empty()) {
            self.say("refused by no limit");
        }
    }

    /// The date that the plan names makes another plan, and nothing before it does.
    async fn turns(&mut self, story: &Story, plan: &Plan) {
        let Some((at, boundary)) = plan.next_boundary() else { return };
        let frozen = story.world.frozen();
        // What is not clear enough to be touched is judged by the portal's own flags, which fall when somebody's key
        // ends: then the portal has changed, and not the time alone.
        let unclear =
            |change: &&Change| change.blocked.as_ref().is_some_and(|blocked| matches!(blocked, Blocked::Ledger { .. }));
        let unclear: BTreeSet<&CredentialName> =
            plan.changes.iter().filter(unclear).map(|change| &change.name).collect();
        if unclear.contains(&boundary.name) {
            return;
        }
        let outline = |plan: &Plan| {
            let clear = plan.changes.iter().filter(|change| !unclear.contains(&change.name)).cloned();
            (outlines(&clear.collect::<Vec<_>>()), plan.refused.is_some())
        };
        let then = |moment: Timestamp| {
            let world = World::from(&frozen);
            world.wait_until(moment);
            async move { look(&world, &story.spec).await.plan().cloned() }
        };
        let before = at.checked_sub(SignedDuration::from_mins(1)).unwrap();
        if before > plan.now
            && let Some(earlier) = then(before).await
            && outline(&earlier) != outline(plan)
        {
            self.say(format!("turned before {at} ({boundary:?}):\n{:?}\n{:?}", outline(plan), outline(&earlier)));
        }
        // A portal tells whole seconds, so a process may be two of them behind.
        if let Some(later) = then(at.checked_add(SignedDuration::from_secs(2)).unwrap()).await
            && outline(&later) == outline(plan)
        {
            self.say(format!("does not turn at {at} ({boundary:?}): {:?}", outline(plan)));
        }
    }

    /// Nothing that is not ours was touched.
    fn foreign(&mut self, before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
        for (what, was) in before {
            match after.get(what) {
                Some(is) if is == was => {}
                Some(is) => self.say(format!("{what} was touched: {was}\nand {is}")),
                None => self.say(format!("{what} is gone: {was}")),
            }
        }
    }

    /// What the portal took away stays away until somebody says so.
    fn nothing_given_back(&mut self, story: &Story) {
        let Some((name, privilege)) = &story.taken else { return };
        let summary = story.world.with(|state, now| state.summary(now));
        for item in summary["items"].as_array().into_iter().flatten().filter(|item| is_ours(item, story)) {
            let ledger = unwrapped(&unwrapped(&item["properties"])["keyform"]);
            let has = item["app"]["privileges"].as_array().is_some_and(|all| all.contains(&json!(privilege)));
            if ledger["name"] == json!(name) && has {
                self.say(format!("{name} was given {privilege} back"));
            }
        }
    }

    /// No application lost a key by what keyform did. Where somebody wrote into a ledger, that is what that person did.
    fn nobody_lost(&mut self, story: &Story) {
        for dark in story.world.apps().dark() {
            // A credential that was renamed and removed between two runs never had that name on the portal: its end is
            // announced under the name it has there.
            let unheard = dark.name.as_str().contains('-') && !story.spec.credentials.contains_key(&dark.name);
            let is_person = dark.name.as_str() == "a-person";
            // A key issued over ours with the same date is told from it only by the sinks that hold ours.
            let unseen = is_person && story.has_met_any(&["act regenerate"]) && story.has_met_any(&HIDES_A_KEY);
            if !story.forged && !unseen && (!unheard || is_person) {
                self.say(dark.to_string());
            }
        }
    }
}

/// After which no sink shows any more that a key is dead.
const HIDES_A_KEY: [&str; 6] =
    ["act overwrite", "act silence", "edit sinks", "edit hand over", "edit destroy", "edit remove"];

/// Everything on the portal that is not the stack's, as it is, whatever time does to it.
fn foreign(world: &Arc<World>, story: &Story) -> BTreeMap<String, Value> {
    let mut summary = world.with(|state, now| state.summary(now));
    let mut all = BTreeMap::new();
    let mut theirs = Vec::new();
    for item in summary["items"].as_array_mut().into_iter().flatten() {
        let id = item["id"].as_str().unwrap_or_default().to_owned();
        if is_ours(item, story) {
            continue;
        }
        for slot in item["app"]["slots"].as_array_mut().into_iter().flatten() {
            let date = slot["date"].take();
            *slot = date;
        }
        all.insert(format!("item {id}"), item.take());
        theirs.push(id);
    }
    for key in summary["keys"].as_array().into_iter().flatten() {
        if theirs.iter().any(|id| key["item"] == json!(id)) {
            all.insert(format!("key {}", key["fingerprint"]), key["ended"].clone());
        }
    }
    let lease = |folder: &&Value| folder["title"].as_str().is_some_and(|title| title.starts_with("keyform-lease-"));
    for folder in summary["folders"].as_array().into_iter().flatten().filter(|folder| !lease(folder)) {
        all.insert(format!("folder {}", folder["id"]), folder["title"].clone());
    }
    all
}

/// How many items each name has: those that carry it and name themselves.
fn homes(world: &World, story: &Story) -> BTreeMap<String, usize> {
    let summary = world.with(|state, now| state.summary(now));
    let mut homes = BTreeMap::new();
    for item in summary["items"].as_array().into_iter().flatten().filter(|item| is_ours(item, story)) {
        let ledger = unwrapped(&unwrapped(&item["properties"])["keyform"]);
        if ledger["item"] == item["id"] {
            *homes.entry(ledger["name"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    homes
}

/// Whether keyform may write to it: ours by owner, marker and ledger, or begun and without a ledger or a key.
fn is_ours(item: &Value, story: &Story) -> bool {
    let tags: Vec<&str> = item["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let markers: Vec<&&str> = tags.iter().filter(|tag| tag.starts_with("keyform:")).collect();
    let ledger = unwrapped(&unwrapped(&item["properties"])["keyform"]);
    let active = |slot: &Value| slot["active"] == json!(true) || slot["shownActive"] == json!(true);
    let active = item["app"]["slots"].as_array().into_iter().flatten().any(active);
    if item["owner"] != json!(USER) || markers.is_empty() || !item["recycled"].is_null() {
        return false;
    }
    if markers.iter().any(|marker| !marker.starts_with("keyform:proof/")) {
        return false;
    }
    if ledger.is_null() {
        return !active;
    }
    let names_itself = ledger["item"].is_null() || ledger["item"] == item["id"];
    let name = ledger["name"].as_str().unwrap_or_default();
    let marked = markers.iter().any(|marker| **marker == format!("keyform:proof/{name}"));
    let observed = story
        .spec
        .credentials
        .values()
        .any(|want| want.mode == crate::model::Mode::Observe && want.name.as_str() == name);
    ledger["version"] == json!(1) && ledger["stack"] == json!("proof") && names_itself && marked && !observed
}
