//! `keyform destroy` and `keyform forget`: a plan of what leaves, carried out as apply does.

use crate::model::Requests;

use super::apply::{self, Job};
use super::approval::Approval;
use super::args::{DestroyArgs, ForgetArgs};
use super::exit::Exit;
use super::session::Session;

pub(super) async fn destroy(args: DestroyArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let DestroyArgs { names, at, confirm, no_lease, limits, clock } = args;
    let requests = Requests {
        destroy_all: names.is_empty(),
        destroy: names.into_iter().collect(),
        allow: limits.raised(),
        ..Requests::default()
    };
    let job = Job { approval: Approval::StackName(confirm.as_deref()), no_lease, requests };
    apply::work(&job, &at, &clock, on).await
}

pub(super) async fn forget(args: ForgetArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let ForgetArgs { names, at, auto_approve, no_lease, clock } = args;
    let requests = Requests { forget: names.into_iter().collect(), ..Requests::default() };
    let job = Job { approval: Approval::by_flag(auto_approve), no_lease, requests };
    apply::work(&job, &at, &clock, on).await
}
