//! `keyform rotate`: apply, of nothing but the keys of some credentials.

use crate::config::env::Environment;

use super::apply::{self, Consent};
use super::args::{All, RotateArgs};
use super::console::Console;
use super::exit::Exit;
use super::names;

pub(super) async fn run(args: &RotateArgs, all: &All, env: Environment, console: &Console) -> Exit {
    let mut opened = match apply::open(&args.at, &args.how, all, env, console).await {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    match names::select("rotate", &args.names, &opened.spec, console) {
        Ok(rotate) => opened.spec.requests.rotate = rotate,
        Err(exit) => return exit,
    }
    opened.spec.requests.keys_only = true;
    apply::go(opened, &args.how, Consent::Plan, console).await
}
