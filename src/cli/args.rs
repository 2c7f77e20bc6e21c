//! Every flag.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::model::{Allow, CredentialName, ItemId, Slot};
use crate::plan::Guard;

/// Makes ArcGIS API keys infrastructure as code.
#[derive(Debug, Parser)]
#[command(
    name = "keyform",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done · 1 error, nothing was changed · 2 changes (--detailed-exitcode) · 3 partly withheld · \
                  4 stale · 5 incomplete, run again · 6 another run holds the lease · 130 stopped by a signal\n\
                  Try it without an account: keyform plan -f examples/quickstart"
)]
pub struct Cli {
    #[command(flatten)]
    pub(super) all: All,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// Flags that every command takes.
#[derive(Clone, Copy, Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags")]
pub(super) struct All {
    /// More on stderr; up to three times.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(super) verbose: u8,
    /// Nothing on stderr but errors.
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Treats warnings of the configuration as errors.
    #[arg(long, global = true)]
    pub(super) strict: bool,
    /// Never colours.
    #[arg(long, global = true, overrides_with = "color")]
    pub(super) no_color: bool,
    /// Always colours.
    #[arg(long, global = true)]
    pub(super) color: bool,
    /// Keeps to ASCII.
    #[arg(long, global = true)]
    pub(super) ascii: bool,
    /// Leaves out what is not needed to decide, such as the timeline of keys.
    #[arg(long, global = true)]
    pub(super) short: bool,
    /// Columns to write for.
    #[arg(long, value_name = "COLUMNS", global = true)]
    pub(super) width: Option<usize>,
    /// Whether questions may be asked: `--input=false` for machines.
    #[arg(long, value_name = "BOOL", global = true, require_equals = true)]
    pub(super) input: Option<bool>,
}

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub(super) struct Source {
    /// The configuration: a file, or a folder with a keyform.yaml.
    #[arg(short = 'f', long = "config", value_name = "PATH", default_value = "keyform.yaml")]
    pub(super) config: PathBuf,
    /// A folder that the configuration may reach if its `reach` says so too; may be repeated.
    #[arg(long, value_name = "DIR")]
    pub(super) reach: Vec<PathBuf>,
}

/// Where the configuration is and which portal is meant.
#[derive(Clone, Debug, Args)]
pub(super) struct Where {
    #[command(flatten)]
    pub(super) source: Source,
    /// Uses the built-in portal instead of the configured one, its state in FILE.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ".keyform/emulator.json")]
    pub(super) emulator: Option<PathBuf>,
    /// How many reads are under way at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) parallelism: u16,
}

/// What keyform can do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Checks the configuration, offline.
    Validate(ValidateArgs),
    /// Shows what apply would do.
    Plan(PlanArgs),
    /// Carries out what plan shows.
    Apply(ApplyArgs),
    /// Renews keys of credentials now, due or not.
    Rotate(RotateArgs),
    /// Ends one key at once, because it leaked.
    Revoke(RevokeArgs),
    /// Revokes the keys of credentials and deletes their items.
    Destroy(DestroyArgs),
    /// Lets go of credentials: marker and ledger are taken off, keys live on.
    Forget(ForgetArgs),
    /// Shows what people or the portal changed since it was last applied. Never writes.
    Drift(DriftArgs),
    /// Lists keys, their ends and what happens next.
    Status(StatusArgs),
    /// Explains what is in force for a credential and why, or what a code means.
    Explain(ExplainArgs),
    /// Tells what will happen when, if nothing changes but time.
    Forecast(ForecastArgs),
    /// Runs the configuration through simulated time, and kills every run everywhere if asked to.
    Rehearse(RehearseArgs),
    /// Checks the portal: reach, product, version, rights, clock.
    Doctor(DoctorArgs),
    /// Prints a JSON Schema.
    Schema(SchemaArgs),
    /// Runs the built-in portal for trying things out.
    Emulator(EmulatorArgs),
    /// Lists privileges that keys can have.
    Privileges(PrivilegesArgs),
    /// Prints the fingerprint of a key on stdin.
    Fingerprint,
    /// Prints a completion script for a shell.
    Completion(CompletionArgs),
    /// Prints the version.
    Version(VersionArgs),
    /// A command of another version, or none at all.
    #[command(external_subcommand)]
    Later(Vec<OsString>),
}

#[derive(Clone, Debug, Args)]
pub(super) struct ValidateArgs {
    #[command(flatten)]
    pub(super) source: Source,
    /// Prints the findings as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Exits with 2 if there are warnings only.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) at: Where,
    /// Plans to renew the keys of these credentials, due or not; by name or pattern, may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(super) rotate: Vec<String>,
    /// Plans to give these credentials back what was taken away in the portal; by name or pattern, may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(super) restore: Vec<String>,
    /// Plans for another moment: a day, an RFC 3339 instant, or `+30d`.
    #[arg(long = "at", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) moment: Option<String>,
    /// Prints the plan as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Exits with 2 if there are changes.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    #[command(flatten)]
    pub(super) limits: Limits,
}

/// Limits that are raised for one run.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Limits {
    /// Raises a limit of `guards.max` for this run: destroy=2, replace=, rotate=, percent=; may be repeated.
    #[arg(long, value_name = "LIMIT=N", value_parser = raised)]
    pub(super) allow: Vec<(Guard, u32)>,
}

impl Limits {
    /// The limits that count instead of those of the configuration; of two for one guard, the last.
    pub(super) fn raised(&self) -> Allow {
        let mut allow = Allow::default();
        for (guard, max) in &self.allow {
            let limit = match guard {
                Guard::Destroy => &mut allow.destroy,
                Guard::Replace => &mut allow.replace,
                Guard::Rotate => &mut allow.rotate,
                Guard::ChangePercent => &mut allow.change_percent,
            };
            *limit = Some(*max);
        }
        allow
    }
}

fn raised(text: &str) -> Result<(Guard, u32), String> {
    let known = [Guard::Destroy, Guard::Replace, Guard::Rotate, Guard::ChangePercent];
    let (name, max) = text.split_once('=').ok_or("a limit and its number, such as destroy=2")?;
    let guard = known.into_iter().find(|guard| guard.allowed_as() == name);
    let guard = guard.ok_or("the limits are destroy, replace, rotate and percent")?;
    Ok((guard, max.parse().map_err(|_| format!("`{max}` is no number from 0 to {}", u32::MAX))?))
}

fn credential(text: &str) -> Result<CredentialName, String> {
    CredentialName::new(text).map_err(|error| error.to_string())
}

#[derive(Clone, Debug, Args)]
pub(super) struct DestroyArgs {
    /// The credentials; without a name, every one of the stack.
    #[arg(value_name = "NAME", value_parser = credential)]
    pub(super) names: Vec<CredentialName>,
    #[command(flatten)]
    pub(super) at: Where,
    /// Does not ask for the name of the stack: this is it.
    #[arg(long, value_name = "STACK")]
    pub(super) confirm: Option<String>,
    /// Takes no lease: overlapping runs are then your business.
    #[arg(long)]
    pub(super) no_lease: bool,
    #[command(flatten)]
    pub(super) limits: Limits,
    #[command(flatten)]
    pub(super) clock: RealClock,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ForgetArgs {
    /// The credentials.
    #[arg(value_name = "NAME", required = true, value_parser = credential)]
    pub(super) names: Vec<CredentialName>,
    #[command(flatten)]
    pub(super) at: Where,
    /// Does not ask.
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// Takes no lease: overlapping runs are then your business.
    #[arg(long)]
    pub(super) no_lease: bool,
    #[command(flatten)]
    pub(super) clock: RealClock,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    pub(super) at: Where,
    /// Renews the keys of these credentials too, due or not; by name or pattern, may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(super) rotate: Vec<String>,
    /// Gives these credentials back what was taken away in the portal; by name or pattern, may be repeated. Needs your
    /// yes.
    #[arg(long, value_name = "NAME", conflicts_with = "auto_approve")]
    pub(super) restore: Vec<String>,
    #[command(flatten)]
    pub(super) how: How,
}

#[derive(Clone, Debug, Args)]
pub(super) struct RotateArgs {
    /// The credentials, by name or pattern: `web`, `shop-*`.
    #[arg(required = true, value_name = "NAME")]
    pub(super) names: Vec<String>,
    #[command(flatten)]
    pub(super) at: Where,
    #[command(flatten)]
    pub(super) how: How,
}

#[derive(Clone, Debug, Args)]
pub(super) struct RevokeArgs {
    /// The credential.
    #[arg(
        value_name = "NAME",
        required_unless_present_any = ["key_from_stdin", "item"],
        conflicts_with = "key_from_stdin"
    )]
    pub(super) name: Option<String>,
    /// The slot whose key ends: 1 or 2.
    #[arg(
        long,
        value_name = "N",
        value_parser = slot,
        required_unless_present = "key_from_stdin",
        conflicts_with = "key_from_stdin"
    )]
    pub(super) slot: Option<Slot>,
    /// The item, where it is not the one that keys are issued in, or where tag or ledger no longer tell. Without NAME, any
    /// item of the account: then it is revoked directly.
    #[arg(long, value_name = "ID", value_parser = item, conflicts_with = "key_from_stdin")]
    pub(super) item: Option<ItemId>,
    /// Reads the key itself from stdin, and finds out whose it is. It is never shown.
    #[arg(long)]
    pub(super) key_from_stdin: bool,
    /// Why, for those who read it later.
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) because: String,
    #[command(flatten)]
    pub(super) at: Where,
    /// Does not ask for the credential's name, or without one for the item's id: this is it.
    #[arg(long, value_name = "NAME")]
    pub(super) confirm: Option<String>,
    /// Takes no lease: overlapping runs are then your business.
    #[arg(long)]
    pub(super) no_lease: bool,
    #[command(flatten)]
    pub(super) clock: RealClock,
}

fn slot(text: &str) -> Result<Slot, String> {
    let known = Slot::BOTH.into_iter().find(|slot| slot.to_string() == text);
    known.ok_or_else(|| "a credential has slots 1 and 2".into())
}

fn item(text: &str) -> Result<ItemId, String> {
    ItemId::new(text).map_err(|error| error.to_string())
}

/// How a plan is carried out, for every command that does.
#[derive(Clone, Debug, Args)]
pub(super) struct How {
    /// Does not ask.
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// Takes no lease: overlapping runs are then your business.
    #[arg(long)]
    pub(super) no_lease: bool,
    #[command(flatten)]
    pub(super) limits: Limits,
    #[command(flatten)]
    pub(super) clock: RealClock,
}

/// What a command that writes says to another clock.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RealClock {
    /// Refused: what is carried out goes by the portal's clock.
    #[arg(long = "at", value_name = "TIME", allow_hyphen_values = true, hide = true)]
    pub(super) moment: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(super) struct DriftArgs {
    #[command(flatten)]
    pub(super) at: Where,
    /// Shows it for another moment: a day, an RFC 3339 instant, or `+30d`.
    #[arg(long = "at", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) moment: Option<String>,
    /// Prints a patch of the configuration instead, for `git apply` or `patch -p1`, by which it says what the portal has, and
    /// the next plan leaves that alone. Paths are from the top of the git work tree, without git from the folder of the root
    /// file. What the defaults or a profile say is left as it is and named on stderr.
    #[arg(long, conflicts_with = "json")]
    pub(super) accept: bool,
    /// Prints it as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Exits with 2 if something differs.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    pub(super) at: Where,
    /// Tells it for another moment: a day, an RFC 3339 instant, or `+30d`.
    #[arg(long = "at", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) moment: Option<String>,
    /// Prints it as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Exits with 2 if a key needs action.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ExplainArgs {
    /// A credential, or a code such as `keyform::plan::foreign_key` or KF-R003.
    #[arg(value_name = "NAME|CODE")]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) at: Where,
    /// Does not ask the portal: only what the configuration says.
    #[arg(long)]
    pub(super) offline: bool,
    /// Prints it as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ForecastArgs {
    #[command(flatten)]
    pub(super) at: Where,
    /// Looks so far: a day, an RFC 3339 instant, or a duration such as `90d`; by default a year.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) until: Option<String>,
    /// Starts at another moment: a day, an RFC 3339 instant, or `+30d`.
    #[arg(long = "at", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) moment: Option<String>,
    /// Prints it as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct RehearseArgs {
    #[command(flatten)]
    pub(super) source: Source,
    /// How many days to simulate.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(super) days: u32,
    /// Kills every run before and after each of its requests and sink writes, and goes on from there.
    #[arg(long)]
    pub(super) crash_everywhere: bool,
    /// When the first run is: a day, an RFC 3339 instant, or `+30d`; now by default.
    #[arg(long = "at", value_name = "TIME", allow_hyphen_values = true)]
    pub(super) moment: Option<String>,
    /// A setting of what Esri leaves undocumented, as NAME=VALUE, or `worst`; may be repeated. `help` lists them.
    #[arg(long = "switch", value_name = "NAME=VALUE")]
    pub(super) switches: Vec<String>,
    /// Prints it as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) at: Where,
}

#[derive(Clone, Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which document.
    #[arg(value_enum, default_value = "config")]
    pub(super) which: SchemaKind,
}

/// The documents that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaKind {
    /// keyform.yaml.
    Config,
    /// The output of `plan --json`.
    Plan,
    /// The output of `drift --json`.
    Drift,
    /// The output of `status --json`.
    Status,
    /// The output of `explain NAME --json`.
    Explain,
    /// The output of `forecast --json`.
    Forecast,
    /// The output of `rehearse --json`.
    Rehearsal,
}

#[derive(Clone, Debug, Args)]
pub(super) struct EmulatorArgs {
    /// The port on 127.0.0.1; 0 takes any.
    #[arg(long, default_value_t = 8600)]
    pub(super) port: u16,
    /// Where its state is kept.
    #[arg(long, value_name = "FILE", default_value = ".keyform/emulator.json")]
    pub(super) state: PathBuf,
    /// Keeps its state in memory only.
    #[arg(long, conflicts_with = "state")]
    pub(super) in_memory: bool,
    /// Which portal it is: online, location-platform, enterprise-11.5, enterprise-11.4, enterprise-11.3, legacy.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// A setting of what Esri leaves undocumented, as NAME=VALUE; may be repeated. `help` lists them.
    #[arg(long = "switch", value_name = "NAME=VALUE")]
    pub(super) switches: Vec<String>,
    /// Milliseconds that every answer takes.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(super) latency: u64,
    /// A context path, as behind a web adaptor: /portal.
    #[arg(long, value_name = "PATH")]
    pub(super) context: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(super) struct PrivilegesArgs {
    /// Only those with this text in name, label or category.
    pub(super) search: Option<String>,
    /// Only those of a product: online, location-platform, enterprise.
    #[arg(long)]
    pub(super) product: Option<String>,
    /// Prints them as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct CompletionArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Clone, Debug, Args)]
pub(super) struct VersionArgs {
    /// Prints it as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// Spellings that Terraform's users type: a single dash before a long flag.
const SINGLE_DASH: [&str; 8] =
    ["out", "json", "detailed-exitcode", "target", "auto-approve", "no-color", "input", "parallelism"];

/// Turns Terraform's spellings into ours, and answers those that have no meaning here by a hint.
pub(super) fn as_terraform(args: Vec<OsString>) -> Result<Vec<OsString>, String> {
    let mut out = Vec::with_capacity(args.len());
    let mut args = args.into_iter();
    out.extend(args.next());
    let mut plain = false;
    for arg in args {
        let Some(text) = arg.to_str().filter(|_| !plain) else {
            out.push(arg);
            continue;
        };
        plain = text == "--";
        let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
        let dashed = text.starts_with('-') && !plain;
        if dashed && (name == "lock" || name == "lock-timeout") {
            return Err(
                "keyform's lease cannot be waited for or switched off by -lock; `--no-lease` runs without one, \
                        and a lease left behind runs out by itself in ten minutes"
                    .into(),
            );
        }
        if dashed && name == "replace" {
            return Err(
                "there is no -replace: keyform replaces an item by itself where an edit would stop a live key".into()
            );
        }
        let long = text.starts_with("--") || SINGLE_DASH.contains(&name);
        if dashed && long && LATER_FLAGS.contains(&name) {
            return Err(format!("`--{name}` is not available in this version"));
        }
        if text.starts_with('-') && !text.starts_with("--") && SINGLE_DASH.contains(&name) {
            out.push(format!("-{text}").into());
        } else {
            out.push(arg);
        }
    }
    Ok(out)
}

/// Verbs of the contract that this version lacks.
const LATER: [&str; 11] =
    ["init", "show", "import", "inspect", "usage", "migrate", "snapshot", "login", "logout", "whoami", "man"];

/// Flags of the contract that this version lacks.
const LATER_FLAGS: [&str; 11] =
    ["out", "approve", "only", "events", "write", "target", "exclude", "base", "snapshot", "max-age", "zone"];

/// What to say to a verb that is none.
pub(super) fn unknown_verb(verb: &str) -> String {
    match verb {
        "force-unlock" => {
            "there is nothing to unlock: a lease runs out by itself ten minutes after it was taken".into()
        }
        "output" => "keys are not printed; they are delivered to the sinks named in `deliver`".into(),
        "refresh" => "there is no state to refresh: every plan reads the portal".into(),
        verb if LATER.contains(&verb) => format!("`{verb}` is not available in this version"),
        verb => {
            use clap::CommandFactory;
            let known: Vec<String> =
                Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
            let near = known
                .iter()
                .map(|name| (strsim::damerau_levenshtein(name, verb), name))
                .filter(|(distance, _)| *distance <= 2)
                .min();
            let hint = near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
            format!("there is no command `{}`{hint}", crate::text::escape::plain(verb))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(args: &[&str]) -> Vec<OsString> {
        args.iter().map(Into::into).collect()
    }

    #[test]
    fn terraform_spellings_are_taken() {
        let given = words(&["keyform", "plan", "-json", "-detailed-exitcode", "-input=false", "-f", "x"]);
        let taken = words(&["keyform", "plan", "--json", "--detailed-exitcode", "--input=false", "-f", "x"]);
        assert_eq!(as_terraform(given).unwrap(), taken);
    }

    #[test]
    fn what_has_no_meaning_here_is_answered_by_a_hint() {
        assert!(as_terraform(words(&["keyform", "apply", "-lock=false"])).unwrap_err().contains("--no-lease"));
        assert!(as_terraform(words(&["keyform", "apply", "-replace=x"])).is_err());
        let later = as_terraform(words(&["keyform", "plan", "-out=x"])).unwrap_err();
        assert_eq!(later, "`--out` is not available in this version");
        assert!(unknown_verb("force-unlock").contains("ten minutes"));
        assert!(unknown_verb("import").contains("not available in this version"));
        assert!(unknown_verb("paln").contains("did you mean `plan`"));
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
