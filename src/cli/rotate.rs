//! `keyform rotate`: apply, of nothing but the keys of some credentials.

use crate::config::env::Environment;
use crate::model::Requests;

use super::apply::Asked;
use super::args::{All, RotateArgs};
use super::console::Console;
use super::exit::Exit;
use super::stop::Signals;
use super::{apply, names};

pub(super) async fn run(
    args: &RotateArgs,
    all: &All,
    env: Environment,
    console: &Console,
    signals: &Signals,
) -> Result<Exit, Exit> {
    let asked = Asked { at: &args.at, how: &args.how, signals };
    apply::asked(asked, all, env, console, |spec| {
        let rotate = names::select("rotate", &args.names, spec, console)?;
        Ok(Requests { rotate, keys_only: true, ..Requests::default() })
    })
    .await
}
