//! `keyform doctor`: can keyform work with this portal and this account?

use jiff::SignedDuration;

use crate::apply::Lease;
use crate::clock;
use crate::live;
use crate::model::{Privilege, Product};
use crate::portal::ReadPortal;
use crate::render::style::Style;
use crate::render::words;
use crate::text::escape::plain;

use super::args::DoctorArgs;
use super::context;
use super::exit::Exit;
use super::session::Session;

/// A clock that is off by more than this makes dates in messages misleading.
const CLOCK_OFF: SignedDuration = SignedDuration::from_mins(2);

pub(super) async fn run(args: &DoctorArgs, on: Session<'_>) -> Result<Exit, Exit> {
    let opened = context::open(&args.at, on).await?;
    let (facts, caller) = (&opened.hello.facts, &opened.hello.caller);
    let mut report = Findings::default();
    report.good("reach", "the portal answers an authenticated caller");
    let version = facts.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let early = facts.product == Product::Enterprise
        && facts.version.as_ref().is_some_and(|version| !version.at_least(11, 5) && version.at_least(11, 4));
    if early {
        report.fair(
            "product",
            &format!("{}{version}: the first version with API key credentials; 11.5 is better tried", facts.product),
        );
    } else {
        report.good("product", &format!("{}{version}, organisation {}", facts.product, plain(&facts.org)));
    }
    report.good("account", &format!("{} ({})", plain(&caller.username), plain(&caller.role)));
    if let Err(error) = live::expected(&opened.spec, &opened.hello) {
        report.bad("expect", &format!("{}; nothing will be planned", plain(&error.to_string())));
    }
    rights(&opened, &mut report);
    let off = opened.clock.first().duration_since(clock::wall());
    if off.abs() > CLOCK_OFF {
        report.fair(
            "clock",
            &format!("this machine is off by {} s; keyform goes by the portal's clock", off.as_secs().abs()),
        );
    } else {
        report.good("clock", &format!("{}, as the portal's", words::minute(opened.clock.first())));
    }
    if facts.read_only {
        report.bad("writes", "the portal is read-only for now");
    }
    match opened.portal.listing(None).await {
        Ok(root) => {
            let title = Lease::title(&opened.spec.stack);
            match root.folders.iter().find(|folder| folder.title.eq_ignore_ascii_case(&title)) {
                Some(_) => report.fair("lease", &format!("{title} exists: an apply is running, or one was killed")),
                None => report.good("lease", "free"),
            }
        }
        Err(error) => report.bad("content", &format!("the account's content cannot be listed: {error}")),
    }
    opened.console.page(&report.text(opened.console.style()));
    Ok(if report.failed { Exit::Error } else { Exit::Done })
}

fn rights(opened: &context::Opened<'_>, report: &mut Findings) {
    let (facts, held) = (&opened.hello.facts, &opened.hello.caller.privileges);
    if held.is_empty() {
        report.fair("rights", "the portal does not say what the account may do");
        return;
    }
    let needed = ["portal:user:createItem", "portal:user:generateApiTokens", "portal:user:assignPrivilegesToApps"];
    let lacking: Vec<&str> = needed.into_iter().filter(|name| !held.contains(&Privilege::new(name))).collect();
    if facts.product == Product::LocationPlatform || lacking.is_empty() {
        report.good("rights", "the account may manage API keys");
    } else {
        report.bad("rights", &format!("the account lacks {}", lacking.join(", ")));
    }
    for want in opened.spec.credentials.values() {
        let missing: Vec<&str> =
            want.privileges.iter().filter(|wanted| !held.contains(wanted)).map(Privilege::as_str).collect();
        if !missing.is_empty() {
            report.bad("grants", &format!("{}: the account does not hold {}", want.name, missing.join(", ")));
        }
    }
}

#[derive(Default)]
struct Findings {
    lines: Vec<String>,
    failed: bool,
}

impl Findings {
    fn line(&mut self, mark: &str, name: &str, what: &str) {
        self.lines.push(format!("{mark:<5} {name:<9} {what}"));
    }

    fn text(&self, style: Style) -> String {
        self.lines.iter().map(|line| style.broken(line, 16) + "\n").collect()
    }

    fn good(&mut self, name: &str, what: &str) {
        self.line("ok", name, what);
    }

    fn fair(&mut self, name: &str, what: &str) {
        self.line("note", name, what);
    }

    fn bad(&mut self, name: &str, what: &str) {
        self.failed = true;
        self.line("FAIL", name, what);
    }
}
