//! What is seen of a credential's life on portals that answer the undocumented otherwise: the same on each.

use std::sync::Arc;

use fastrand::Rng;

use super::answers::trouble_of;
use super::scene::{DAY, USUAL, items, later, spec, start, web};
use super::scenes::MORE;
use super::worlds::say;
use crate::emulator::switches::DateShown;
use crate::emulator::{Setup, Switches};
use crate::model::{CredentialName, Requests, Spec};
use crate::rehearse::{Ended, World, look, run};

const STEPS: [&str; 7] = ["create", "plan again", "rotate", "overlap", "edit", "rename", "destroy"];
const PAIRS: usize = 300;
/// Portals that keyform stops at: one does not keep what it needs, one does not take a privilege that is added.
const STOPS: [(&str, &str); 2] = [("properties", "dropped"), ("refuses", "privilege")];

/// One credential, and a cell of the table for each step of its life.
struct Life(Arc<World>);

impl Life {
    /// What reads show late is seen, and the index has heard.
    async fn catch_up(&self, spec: &Spec) {
        let late = self.0.with(|state, _| {
            let later = if state.switches().date_shown == DateShown::Later { 3 } else { 0 };
            state.switches().active_late_reads.max(state.switches().date_late_reads).max(later)
        });
        for _ in 0..late {
            look(&self.0, spec).await;
        }
        later(&self.0, 11);
    }

    fn did(&self, ended: &Ended) -> String {
        let todo =
            ended.plan().into_iter().flat_map(|plan| plan.runnable().map(|change| change.action.id().to_owned()));
        let live = self.0.with(|state, now| {
            state.live_keys(now).filter(|key| state.fate(key, now).is_some_and(|fate| !fate.recycled)).count()
        });
        let apps = self.0.apps();
        let dark = apps.dark().iter().map(ToString::to_string).chain(self.0.stray_keys());
        let all = todo.chain(trouble_of(ended)).chain(dark).collect::<Vec<_>>();
        let did = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
        format!("{did}: {} items, {live} keys", items(&self.0).len())
    }

    async fn run(&self, spec: &Spec) -> String {
        let ended = run(&self.0, spec, true).await;
        self.catch_up(spec).await;
        self.did(&ended)
    }

    async fn look(&self, spec: &Spec) -> String {
        self.did(&look(&self.0, spec).await)
    }
}

/// Texts that portals change, two kinds of places, and a folder of its own.
const MUCH: &str = "protect: false
title: Shops & depots
snippet: For everybody
description: <h1>Maps</h1> of shops
tags: [maps, Shops]
folder: Keys";

async fn life(switches: Switches) -> [String; 7] {
    let life = Life(World::new(Setup { switches, ..Setup::default() }, start()));
    let text = format!("{USUAL}\n  - file: {{ path: out/web.key, format: raw }}\n{MUCH}");
    let usual = spec(&web(&text));
    let more = text.replace("privileges: [premium:user:basemaps]", MORE);
    let edited = spec(&web(&more));
    let renamed = spec(&format!("{}moved: [{{ from: web, to: shop }}]\n", web(&more).replace("  web:", "  shop:")));
    life.0.declare(&usual);
    let created = life.run(&usual).await;
    let again = life.look(&usual).await;
    later(&life.0, 151 * DAY);
    let rotated = life.run(&usual).await;
    later(&life.0, 6 * DAY);
    let within = life.look(&usual).await;
    later(&life.0, 2 * DAY);
    let overlap = format!("{within}; {}", life.run(&usual).await);
    life.0.declare(&edited);
    let edit = life.run(&edited).await;
    later(&life.0, 8 * DAY);
    let edit = format!("{edit}; {}", life.run(&edited).await);
    life.0.declare(&renamed);
    let rename = life.run(&renamed).await;
    let rename = format!("{rename}; {}", life.look(&renamed).await);
    let destroy = [CredentialName::new("shop").unwrap()].into();
    let requests = Requests { destroy, ..Requests::default() };
    let destroyed = life.run(&Spec { requests, ..Spec::clone(&renamed) }).await;
    [created, again, rotated, overlap, edit, rename, destroyed]
}

/// A row of the table: what is as usual, and what is not.
fn row(name: &str, life: &[String; 7], usual: &[String; 7]) -> (String, bool) {
    let cells = life.iter().zip(usual).map(|(is, usual)| if is == usual { "as usual" } else { is });
    let cells: Vec<String> = cells.map(|cell| format!("{cell:10}")).collect();
    (format!("{}\n", format!("{name:60} {}", cells.join(" ")).trim_end()), life == usual)
}

#[tokio::test]
async fn a_life_looks_the_same_under_each_switch_alone_and_under_random_pairs() {
    let usual = life(Switches::default()).await;
    let mut table = format!("{:60} {}\n", "", STEPS.map(|step| format!("{step:10}")).join(" "));
    for (step, cell) in STEPS.iter().zip(&usual) {
        table.push_str(&format!("{step:10} usually: {cell}\n"));
    }
    let mut different = Vec::new();
    for (name, value, switches) in Switches::each_alone() {
        let life = life(switches).await;
        let (row, same) = row(&format!("{name}={value}"), &life, &usual);
        table.push_str(&row);
        if name == "properties" && value == "dropped" {
            assert!(life.iter().all(|cell| cell.ends_with(", 0 keys")), "{life:#?}");
        } else if name == "refuses" && value == "privilege" {
            let [_, _, _, _, edit, rename, _] = &life;
            assert!(edit.contains("did not take privileges") && edit.ends_with("1 items, 1 keys"), "{edit}");
            assert!(rename.contains("did not take privileges") && rename.ends_with("1 items, 1 keys"), "{rename}");
            assert!((0..7).all(|at| [4, 5].contains(&at) || life[at] == usual[at]), "{life:#?}");
        } else if !same {
            different.push(row);
        }
    }
    let mut draw = Rng::with_seed(1);
    for _ in 0..PAIRS {
        let mut switches = Switches::default();
        let mut names = Vec::new();
        while names.len() < 2 {
            let switch = &Switches::ALL[draw.usize(..Switches::ALL.len())];
            let value = switch.alternatives[draw.usize(1..switch.alternatives.len())];
            let taken = names.iter().any(|name: &String| name.starts_with(&format!("{}=", switch.name)));
            if !taken && !STOPS.contains(&(switch.name, value)) {
                switches.set(switch.name, value).unwrap();
                names.push(format!("{}={value}", switch.name));
            }
        }
        let life = life(switches).await;
        let (row, same) = row(&names.join(" "), &life, &usual);
        table.push_str(&row);
        if !same {
            different.push(row);
        }
    }
    say(&table);
    assert!(different.is_empty(), "{} lives are not as usual:\n{}", different.len(), different.concat());
}
