//! From flags and environment to a configuration, a portal, and one reading of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{self, ServerClock};
use crate::config::env::Environment;
use crate::config::{self, LoadOptions, Loaded};
use crate::emulator;
use crate::http::Told;
use crate::live::{self, Progress};
use crate::model::{PortalUrl, Product, ProductChoice, Requests, Severity, Spec};
use crate::plan::Plan;
use crate::portal::{Hello, Http, HttpOptions, PortalError, REFERER, ReadPortal, SignIn};
use crate::render;
use crate::run::{self, Ask, Asked, Host, Reading};
use crate::sink::{self, Sinks};

use super::args::{Source, Where};
use super::console::Console;
use super::emulator::{STATE, state_file};
use super::exit::Exit;
use super::moment;
use super::refusal::Refusal;
use super::session::Session;
use super::stop::Signals;

/// Where `--emulator` puts what would go to sinks.
const EMULATOR_SINKS: &str = ".keyform/emulator/sinks";

/// How long to wait before an object is read again that does not show a write yet.
const SETTLE: Duration = Duration::from_millis(100);

/// A configuration and its portal.
pub(super) struct Opened<'a> {
    pub(super) console: &'a Console,
    pub(super) signals: &'a Signals,
    pub(super) spec: Spec,
    pub(super) portal: Http,
    pub(super) hello: Hello,
    pub(super) clock: ServerClock,
    pub(super) sinks: Sinks,
    parallel: usize,
    // Lives as long as the portal is used.
    _emulator: Option<emulator::Server>,
}

/// How the configuration is judged: as the command line and the environment say.
pub(super) fn load_options(source: &Source, on: &Session<'_>) -> LoadOptions {
    let (strict, pins) = (on.all.strict, on.env.pins.clone());
    LoadOptions { now: Some(clock::wall()), strict, reach: source.reach.clone(), pins }
}

/// Loads the configuration; its problems go to stderr.
pub(super) fn load(source: &Source, on: &Session<'_>) -> Result<Spec, Exit> {
    let Loaded { spec, report } = config::load(&source.config, load_options(source, on));
    let report = without_notes(report);
    let silent = on.all.quiet && report.count(Severity::Error) == 0;
    if !silent {
        show_report(&report, on.console);
    }
    spec.ok_or(Exit::Error)
}

/// Notes are for those who ask what there is to say: `validate`.
pub(super) fn without_notes(mut report: config::Report) -> config::Report {
    report.problems.retain(|problem| problem.severity != Severity::Note);
    report
}

/// The problems of a configuration, on stderr.
pub(super) fn show_report(report: &config::Report, console: &Console) {
    if !report.problems.is_empty() {
        let style = console.error_style();
        let look = config::Look { width: style.width, color: style.colour, ascii: style.ascii };
        console.error(&render::text(|out| report.write(look, out)));
    }
}

/// Loads the configuration, signs in, and checks that it is the portal that was meant.
pub(super) async fn open<'a>(at: &Where, on: Session<'a>) -> Result<Opened<'a>, Exit> {
    let mut spec = load(&at.source, &on)?;
    let Session { all: _, mut env, console, signals } = on;
    let refuse = |error: PortalError| console.fails(&error);
    let (options, server) = match (&at.emulator, &spec.portal.url) {
        (None, PortalUrl::At(url)) => (HttpOptions::new(url.clone(), sign_in(&mut env, console)?), None),
        (file, _) => {
            if file.is_some() && spec.portal.url != PortalUrl::Emulator {
                redirect_sinks(&mut spec, console)?;
                // What is expected of the real portal is not true of this one.
                spec.portal.expect = crate::model::Expect::default();
            }
            let chosen = file.as_deref().unwrap_or(Path::new(STATE));
            let product = spec.portal.product;
            let state = match product {
                ProductChoice::Auto => chosen.to_owned(),
                ProductChoice::Fixed(fixed) => state_file(chosen, profile(product), |kept| plays(kept, fixed))
                    .map_err(|refusal| console.fails(refusal))?,
            };
            spec.portal.url = PortalUrl::Emulator;
            let (server, token) = start_emulator(state, spec.portal.product, console).await?;
            if file.is_some() {
                // What keys open on the real portal is there as well.
                let ids = spec.credentials.values().flat_map(|want| &want.items);
                let put = server.with(|state| ids.for_each(|id| state.put_layer(id.as_str(), clock::wall())));
                put.map_err(|error| console.fails(Refusal::NoEmulator { why: error.to_string() }))?;
            }
            (HttpOptions::new(server.url(), SignIn::Token { token, referer: None }), Some(server))
        }
    };
    let options = HttpOptions {
        product: spec.portal.product,
        ca_bundle: spec.portal.ca_bundle.clone(),
        parallel: at.parallelism.into(),
        told: console.for_who_waits().map(|tell| Arc::new(move |wait: Duration| tell(&asks_to_wait(wait))) as Told),
        ..options
    };
    let portal = Http::new(options).map_err(refuse)?;
    let hello = portal.hello().await.map_err(refuse)?;
    let clock = ServerClock::set(hello.now);
    let sinks = Sinks::new(env.inherited);
    // `--emulator` starts as little as it can, and its keys open nothing.
    let sinks = if at.emulator.is_some() { sinks.without_git() } else { sinks };
    let parallel = at.parallelism.into();
    Ok(Opened { console, signals, spec, portal, hello, clock, sinks, parallel, _emulator: server })
}

fn asks_to_wait(wait: Duration) -> String {
    format!("The portal limits requests and asks to wait {} s; keyform waits and goes on.", wait.as_secs_f64().ceil())
}

/// The sign-in that the environment holds: a token, else user name and password.
fn sign_in(env: &mut Environment, console: &Console) -> Result<SignIn, Exit> {
    let refuse = |why| Err(console.fails(Refusal::NoSignIn { why }));
    let referer = env.referer.take();
    match (env.token.take(), env.username.take(), env.password.take()) {
        (Some(token), _, _) => Ok(SignIn::Token { token, referer }),
        (None, Some(username), Some(password)) => {
            Ok(SignIn::Password { username, password, referer: referer.unwrap_or_else(|| REFERER.into()) })
        }
        (None, Some(_), None) => refuse("KEYFORM_USERNAME is set, KEYFORM_PASSWORD is not"),
        (None, None, Some(_)) => refuse("KEYFORM_PASSWORD is set, KEYFORM_USERNAME is not"),
        (None, None, None) if env.client_id.is_some() || env.refresh_token.is_some() => {
            refuse("signing in by OAuth (KEYFORM_CLIENT_ID) is not available in this version")
        }
        (None, None, None) => refuse("no sign-in for the portal"),
    }
}

/// `--emulator` over a configuration of a real portal: every sink becomes a file, no process is started.
fn redirect_sinks(spec: &mut Spec, console: &Console) -> Result<(), Exit> {
    let folder = Path::new(EMULATOR_SINKS);
    sink::make_redirect_folder(folder)
        .map_err(|error| console.fails(Refusal::NoSinkFolder { folder: folder.to_owned(), error }))?;
    for credential in spec.credentials.values_mut() {
        for delivery in &mut credential.deliver {
            *delivery = sink::redirected(delivery, folder);
        }
    }
    Ok(())
}

async fn start_emulator(
    state: PathBuf,
    product: ProductChoice,
    console: &Console,
) -> Result<(emulator::Server, crate::model::Secret), Exit> {
    let failed = |error: std::io::Error| console.fails(Refusal::NoEmulator { why: error.to_string() });
    let setup = emulator::Setup { profile: profile(product), ..emulator::Setup::default() };
    let options = emulator::Options { setup, state_file: Some(state), ..emulator::Options::default() };
    let server = emulator::Server::start(options).await.map_err(failed)?;
    let token = server.token().map_err(failed)?;
    Ok((server, crate::model::Secret::new(token)))
}

/// The profile that plays `product`.
pub(super) const fn profile(product: ProductChoice) -> emulator::Profile {
    match product {
        ProductChoice::Auto | ProductChoice::Fixed(Product::Online) => emulator::Profile::Online,
        ProductChoice::Fixed(Product::LocationPlatform) => emulator::Profile::LocationPlatform,
        ProductChoice::Fixed(Product::Enterprise) => emulator::Profile::Enterprise115,
    }
}

const fn plays(profile: emulator::Profile, product: Product) -> bool {
    match product {
        Product::Online => matches!(profile, emulator::Profile::Online | emulator::Profile::Legacy),
        Product::LocationPlatform => matches!(profile, emulator::Profile::LocationPlatform),
        Product::Enterprise => profile.is_enterprise(),
    }
}

/// The plan of the configuration as everything stands, for commands that only show; `moment` is another clock.
pub(super) async fn planned(
    at: &Where,
    moment: Option<&str>,
    on: Session<'_>,
    requests: impl FnOnce(&Spec) -> Result<Requests, Exit>,
) -> Result<Plan, Exit> {
    let mut opened = open(at, on).await?;
    opened.spec.requests = requests(&opened.spec)?;
    let moment = moment::read("--at", moment, opened.clock.now_in_seconds(), opened.console)?;
    let reading = opened.read().await?;
    Ok(match moment {
        None => reading.plan(&opened.spec),
        Some(at) => reading.plan_at(&opened.spec, at),
    })
}

impl Opened<'_> {
    /// Where a run takes place: this machine.
    pub(super) fn host<'a>(&'a self, lease: bool, stop: &'a Asked) -> Host<'a> {
        let Self { console: _, signals: _, spec: _, portal, hello, clock, sinks, parallel, _emulator: _ } = self;
        Host { portal, hello, sinks, clock, parallel: *parallel, settle: SETTLE, lease, stop }
    }

    /// Reads the portal and the sinks that can be read without starting a program.
    pub(super) async fn read(&self) -> Result<Reading, Exit> {
        let never = Asked::default();
        let read = run::read(&self.host(false, &never), &self.spec, Ask::ReadableSinks, self.console).await;
        read.map_err(|error| self.console.fails(&error))
    }
}

/// Says how far a reading has come.
impl Progress for Console {
    fn step(&self, done: usize, total: usize, what: live::Reading) {
        let what = match what {
            live::Reading::Lists => "folders",
            live::Reading::Items => "credentials",
            live::Reading::Sinks => "sinks",
        };
        if done <= 1 {
            self.start_progress(total as u64, what);
        }
        // The total grows while lists are read.
        self.progress(done as u64, total as u64);
    }

    fn end(&self) {
        self.end_progress();
    }
}
