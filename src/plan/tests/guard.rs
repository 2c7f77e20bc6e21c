//! Limits, as a table of plans that are within them or over.

use super::*;
use crate::plan::Guard;

fn limit(max: u32) -> Limit {
    Limit { max, source: Some(line(29)) }
}

/// `going` credentials to be destroyed.
fn leaving(going: u16) -> (Spec, Live) {
    let mut spec = declaring(&[]);
    let names: Vec<String> = (0..going).map(|n| format!("partner-{n}")).collect();
    for name in &names {
        removed(&mut spec, name, Leaving::Destroy);
    }
    (spec, fleet((1..).zip(&names).map(|(n, name)| in_use(n, name))))
}

fn rotated(plan: &Plan) -> Vec<&str> {
    plan.runnable().filter(|change| change.action == Action::Rotate).map(|change| change.name.as_str()).collect()
}

fn used(plan: &Plan, guard: Guard) -> Option<(u32, u32)> {
    plan.guards.iter().find(|limit| limit.guard == guard).map(|limit| (limit.used, limit.limit))
}

#[test]
fn one_credential_may_go_unless_more_was_said() {
    let (spec, live) = leaving(1);
    let plan = today(&spec, &live);
    assert!(plan.refused.is_none() && plan.runnable().count() == 1);
    assert_eq!(used(&plan, Guard::Destroy), Some((1, 1)));
}

#[test]
fn a_plan_that_destroys_too_much_is_refused_whole_and_says_what_would_carry_it_out() {
    let (mut spec, mut live) = leaving(3);
    spec.guards.destroy = limit(2);
    // Something harmless in the same plan is withheld with the rest.
    spec.credentials.insert(named("web"), wanted("web"));
    let mut edited = in_use(9, "web");
    edited.title = "Mine".into();
    live.items.insert(edited.id.clone(), edited);
    let plan = today(&spec, &live);
    assert!(plan.runnable().next().is_none(), "nothing at all is done");
    let refused = plan.refused.as_ref().unwrap();
    assert_eq!(refused.over.len(), 1);
    let over = &refused.over[0];
    assert_eq!((over.limit.used, over.limit.limit, over.limit.source.as_ref()), (3, 2, Some(&line(29))));
    assert_eq!(
        over.names.iter().map(CredentialName::as_str).collect::<Vec<_>>(),
        ["partner-0", "partner-1", "partner-2"]
    );
    assert_eq!(refused.destroys, None, "the configuration says so, and nobody asked");
    spec.requests.allow.destroy = Some(3);
    let plan = today(&spec, &live);
    assert!(plan.refused.is_none() && plan.guards[0].allowed);
    assert_eq!(plan.runnable().count(), 4);
}

#[test]
fn what_is_blocked_anyway_uses_no_limit() {
    let (mut spec, live) = leaving(2);
    spec.removed.values_mut().next().unwrap().not_before = Some(in_days(9));
    let plan = today(&spec, &live);
    assert!(plan.refused.is_none());
    assert_eq!(used(&plan, Guard::Destroy), Some((1, 1)));
}

#[test]
fn a_refused_request_remembers_what_was_asked() {
    let (mut spec, live) = leaving(3);
    spec.removed.clear();
    spec.requests.destroy = ["partner-0", "partner-1"].map(named).into();
    let refused = |spec: &Spec| today(spec, &live).refused.unwrap();
    let few = refused(&spec);
    assert_eq!((few.destroys, few.over[0].limit.used), (Some(spec.requests.destroy.clone()), 2));
    spec.requests.destroy.clear();
    spec.requests.destroy_all = true;
    let all = refused(&spec);
    assert_eq!((all.destroys, all.over[0].limit.used), (Some(BTreeSet::new()), 3));
}

#[test]
fn forgetting_destroys_nothing() {
    let (mut spec, live) = leaving(4);
    spec.removed.values_mut().for_each(|removed| removed.then = Leaving::Forget);
    let plan = today(&spec, &live);
    assert!(plan.refused.is_none() && plan.runnable().count() == 4);
}

#[test]
fn the_share_of_credentials_that_change_counts_from_ten_on_and_without_new_ones() {
    let edited = |managed: u16, changed: u16| {
        let names: Vec<String> = (0..managed).map(|n| format!("web-{n:02}")).collect();
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        all.push("new");
        let mut spec = declaring(&all);
        spec.guards.change_percent = Some(limit(30));
        let item = |(n, name): (u16, &String)| {
            let mut item = in_use(n, name);
            if n < changed {
                item.title = "Mine".into();
            }
            item
        };
        today(&spec, &fleet((0..).zip(&names).map(item)))
    };
    assert_eq!(used(&edited(11, 3), Guard::ChangePercent), Some((27, 30)));
    assert!(edited(11, 3).refused.is_none());
    let refused = edited(11, 4).refused.unwrap();
    assert_eq!((refused.over[0].limit.used, refused.over[0].names.len()), (36, 4));
    assert!(edited(9, 9).refused.is_none());
    assert_eq!(used(&edited(9, 9), Guard::ChangePercent), None);
}

#[test]
fn renewals_beyond_the_batch_wait_and_the_soonest_end_goes_first() {
    let (mut spec, live) = ending(&[20, 12, 25, 16, 100]);
    spec.guards.rotate = Some(limit(2));
    let plan = today(&spec, &live);
    assert_eq!(rotated(&plan), ["web-1", "web-3"]);
    let waiting: Vec<_> =
        plan.blocked().map(|change| (change.name.as_str(), change.blocked.as_ref().unwrap().by())).collect();
    assert_eq!(waiting, [("web-0", BlockedBy::Guard), ("web-2", BlockedBy::Guard)]);
    assert_eq!(used(&plan, Guard::Rotate), Some((2, 2)));
    assert!(plan.refused.is_none() && plan.withheld().count() == 2);
    spec.requests.allow.rotate = Some(4);
    assert_eq!(rotated(&today(&spec, &live)).len(), 4);
}

#[test]
fn a_key_that_could_end_before_the_next_run_is_never_withheld() {
    // A day until the next run, and seven of overlap.
    let (mut spec, live) = ending(&[7, 6, 9, 5]);
    spec.guards.rotate = Some(limit(1));
    assert_eq!(rotated(&today(&spec, &live)), ["web-0", "web-1", "web-3"]);
    spec.schedule = Schedule::every(DAY * 3);
    assert_eq!(rotated(&today(&spec, &live)).len(), 4);
    spec.guards.rotate = Some(limit(0));
    assert_eq!(rotated(&today(&spec, &live)).len(), 4);
}

#[test]
fn urgent_renewals_do_not_use_up_the_share_that_may_change() {
    let (mut spec, live) = ending(&[5; 12]);
    spec.guards.change_percent = Some(limit(10));
    assert_eq!(rotated(&today(&spec, &live)).len(), 12);
}

#[test]
fn healing_a_dead_key_neither_counts_nor_waits() {
    let (mut spec, mut live) = ending(&[20, 12, 60]);
    spec.guards.rotate = Some(limit(1));
    let dead = live.items.values_mut().last().unwrap();
    dead.app.as_mut().unwrap().active.one = false;
    let plan = today(&spec, &live);
    assert_eq!(rotated(&plan), ["web-1", "web-2"]);
    assert_eq!(used(&plan, Guard::Rotate), Some((1, 1)));
}

#[test]
fn a_refused_plan_renews_the_key_that_could_end_before_the_next_run_and_nothing_else() {
    let (mut spec, mut live) = ending(&[3, 20]);
    for (n, name) in (50..).zip(["partner-a", "partner-b"]) {
        removed(&mut spec, name, Leaving::Destroy);
        let item = in_use(n, name);
        live.items.insert(item.id.clone(), item);
    }
    let plan = today(&spec, &live);
    assert!(plan.refused.is_some());
    assert_eq!(rotated(&plan), ["web-0"]);
    assert_eq!(plan.runnable().count(), 1);
}
