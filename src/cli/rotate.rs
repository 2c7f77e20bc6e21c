//! `keyform rotate`: apply, of nothing but the keys of some credentials.

use crate::config::env::Environment;
use crate::model::Requests;

use super::args::{All, RotateArgs};
use super::console::Console;
use super::exit::Exit;
use super::{apply, names};

pub(super) async fn run(args: &RotateArgs, all: &All, env: Environment, console: &Console) -> Exit {
    apply::asked(&args.at, &args.how, all, env, console, |spec| {
        let rotate = names::select("rotate", &args.names, spec, console)?;
        Ok(Requests { rotate, keys_only: true, ..Requests::default() })
    })
    .await
}
