//! `keyform emulator`: the built-in portal, for trying things out.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::emulator::{Options, PASSWORD, Profile, Setup, Switches, USER, kept_profile};

use super::args::EmulatorArgs;
use super::exit::Exit;
use super::refusal::Refusal;
use super::session::Session;

/// Where the built-in portal keeps its state unless something else is said.
pub(super) const STATE: &str = ".keyform/emulator.json";

/// The state file of a portal that is to be `wanted`, or another profile that `fits`.
///
/// The first portal of a folder has the file that nobody has to name; one of another product gets a file beside it. A
/// file that was named and holds another product is refused: nothing that is asked of it would be answered right.
pub(super) fn state_file(named: &Path, wanted: Profile, fits: impl Fn(Profile) -> bool) -> Result<PathBuf, Refusal> {
    let unfit = |file: &Path| kept_profile(file).filter(|kept| !fits(*kept));
    let beside = named.with_file_name(format!("emulator-{}.json", wanted.name()));
    let usual = named == Path::new(STATE);
    let file = if usual && (beside.exists() || unfit(named).is_some()) { beside } else { named.to_owned() };
    match unfit(&file) {
        None => Ok(file),
        Some(kept) => Err(Refusal::OtherEmulator { file, kept: kept.name(), wanted: wanted.name() }),
    }
}

pub(super) async fn run(args: &EmulatorArgs, on: &Session<'_>) -> Result<Exit, Exit> {
    if args.switches.iter().any(|switch| switch == "help") {
        on.console.document(&switches());
    } else {
        serve(args, on).await.map_err(|refusal| on.console.fails(refusal))?;
    }
    Ok(Exit::Done)
}

async fn serve(args: &EmulatorArgs, on: &Session<'_>) -> Result<(), Refusal> {
    let _ends_here = on.signals.by_itself();
    let options = options(args)?;
    let kept = options.state_file.as_ref().map_or_else(|| "in memory".to_owned(), |file| file.display().to_string());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(|error| {
        usage(format!("port {}: {error}", args.port), "choose another with --port, or any with --port 0".into())
    })?;
    let broken = |error: &dyn std::fmt::Display| Refusal::EmulatorUsage { why: error.to_string(), help: None };
    let address = listener.local_addr().map_err(|error| broken(&error))?;
    let server = tokio::spawn(crate::emulator::serve(listener, options));
    let context = args.context.as_deref().map(|path| format!("/{}", path.trim_matches('/'))).unwrap_or_default();
    on.console.document(&format!(
        "EMULATOR at http://{address}{context}, state {kept}; Ctrl-C ends it\n\
         \x20 portal      http://{address}{context}/sharing/rest?f=json\n\
         \x20 a token     curl http://{address}/emulator/token\n\
         \x20 sign-in     user {USER}, password {PASSWORD}\n\
         \x20 a service   curl -H 'Referer: https://stores.example.com/' -H \"X-Esri-Authorization: Bearer $KEY\" \
         http://{address}/arcgis/rest/services/Demo/secured\n\
         \x20 its clock   curl -d '{{\"advance\":\"30d\"}}' http://{address}/emulator/clock\n"
    ));
    tokio::select! {
        ended = server => match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(broken(&error)),
            Err(error) => Err(broken(&error)),
        },
        () = on.signals.asked().wait() => Ok(()),
    }
}

fn options(args: &EmulatorArgs) -> Result<Options, Refusal> {
    let settings = settings(&args.switches)?;
    let named = |name: &String| {
        Profile::named(name).ok_or_else(|| {
            let known = Profile::ALL.map(Profile::name).join(", ");
            usage(format!("there is no profile `{name}`"), format!("one of {known}"))
        })
    };
    let asked = args.profile.as_ref().map(named).transpose()?;
    let state_file = match asked {
        _ if args.in_memory => None,
        None => Some(args.state.clone()),
        Some(asked) => Some(state_file(&args.state, asked, |kept| kept == asked)?),
    };
    let profile = asked.unwrap_or_default();
    Ok(Options {
        setup: Setup { profile, switches: settings, ..Setup::default() },
        state_file,
        latency: Duration::from_millis(args.latency),
        contexts: args.context.iter().map(|path| path.trim_matches('/').to_owned()).collect(),
    })
}

fn usage(why: String, help: String) -> Refusal {
    Refusal::EmulatorUsage { why, help: Some(help) }
}

/// The switches that the command line sets, one after the other.
pub(super) fn settings(given: &[String]) -> Result<Switches, Refusal> {
    let mut settings = Switches::default();
    for switch in given {
        if switch == "worst" {
            settings = Switches::worst();
        } else {
            let help = "`--switch help` lists the switches and their settings";
            settings.parse(switch).map_err(|error| usage(error.to_string(), help.into()))?;
        }
    }
    Ok(settings)
}

/// Every switch with its settings, as `--switch help` prints them.
pub(super) fn switches() -> String {
    let mut text =
        "Switches: what Esri's documents leave open. `worst` sets all of them to their worst.\n\n".to_owned();
    for switch in Switches::ALL {
        text.push_str(&format!("  {}={}\n", switch.name, switch.alternatives.join("|")));
        text.push_str(&format!("      {} Worst: {}\n", switch.about.trim(), switch.worst));
    }
    text
}
