//! `keyform destroy` and `keyform forget`: a plan of what leaves, carried out as apply does.

use crate::config::env::Environment;
use crate::model::Requests;

use super::apply::{self, Job};
use super::approval::Approval;
use super::args::{All, DestroyArgs, ForgetArgs};
use super::console::Console;
use super::exit::Exit;
use super::stop::Signals;

pub(super) async fn destroy(
    args: DestroyArgs,
    all: &All,
    env: Environment,
    console: &Console,
    signals: &Signals,
) -> Result<Exit, Exit> {
    let DestroyArgs { names, at, confirm, no_lease, limits, clock } = args;
    let requests = Requests {
        destroy_all: names.is_empty(),
        destroy: names.into_iter().collect(),
        allow: limits.raised(),
        ..Requests::default()
    };
    let job =
        Job { at: &at, approval: Approval::StackName(confirm.as_deref()), no_lease, clock: &clock, requests, signals };
    apply::work(&job, all, env, console).await
}

pub(super) async fn forget(
    args: ForgetArgs,
    all: &All,
    env: Environment,
    console: &Console,
    signals: &Signals,
) -> Result<Exit, Exit> {
    let ForgetArgs { names, at, auto_approve, no_lease, clock } = args;
    let requests = Requests { forget: names.into_iter().collect(), ..Requests::default() };
    let approval = Approval::by_flag(auto_approve);
    apply::work(&Job { at: &at, approval, no_lease, clock: &clock, requests, signals }, all, env, console).await
}
