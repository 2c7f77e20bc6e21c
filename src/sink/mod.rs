//! Where a new key goes.
//!
//! Three questions to a declared sink: could it be written ([`Sinks::check`]), what does it hold ([`Sinks::look`]),
//! and will it take this key ([`Sinks::write`])? What to do about the answers is decided elsewhere.

mod codes;
mod document;
mod dotenv;
mod error;
mod field;
mod git;
mod json;
pub mod kind;
pub mod kinds;
mod look;
mod place;
mod program;
mod redirect;
mod shelf;
mod yaml;

use std::ffi::OsString;
use std::sync::Arc;

use tokio::sync::Mutex;

pub(crate) use codes::CODES;
pub use error::{Problem, SinkError};
pub use look::Look;
pub use redirect::{make_redirect_folder, redirected};
pub use shelf::Shelf;

use crate::model::{Delivery, Fingerprint, Secret, SinkAbility, SinkId, SinkTarget};
use crate::text::escape::{plain, plain_within};
use kind::{Machine, Outside, Sink};

/// The way to every declared sink.
pub struct Sinks {
    machine: Machine,
    /// Stands in for every sink there is.
    shelf: Option<Arc<dyn Shelf>>,
}

impl Sinks {
    /// Sinks whose programs see `environment`, without our own variables: those may be passwords.
    pub fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = |name: &OsString| name.as_encoded_bytes().starts_with(b"KEYFORM_");
        let environment = environment.into_iter().filter(|(name, _)| !ours(name)).collect();
        Self { machine: Machine { environment, turn: Mutex::new(()), ask_git: true }, shelf: None }
    }

    /// The same without a question to git: for the keys of a portal that is none.
    #[must_use]
    pub fn without_git(mut self) -> Self {
        self.machine.ask_git = false;
        self
    }

    /// No sink is reached: `shelf` keeps what they would be given.
    #[must_use]
    pub fn on(shelf: Arc<dyn Shelf>) -> Self {
        Self { shelf: Some(shelf), ..Self::new([]) }
    }

    /// Whether a key could be delivered, found out without delivering one.
    ///
    /// What a killed run left is removed.
    pub async fn check(&self, delivery: &Delivery) -> Result<(), SinkError> {
        if let Some(shelf) = &self.shelf {
            let SinkTarget { ability, place, .. } = &delivery.target;
            // One that can be read back has to be.
            let silent = shelf.silent(&delivery.id).filter(|_| ability.reads);
            let failed = |why| Problem::CannotRead { path: place.into(), why: std::io::Error::other(why) };
            return silent.map_or(Ok(()), |why| Err(named(delivery, failed(why))));
        }
        let ready = async { of(&delivery.target)?.ready(&self.machine).await };
        ready.await.map_err(|problem| named(delivery, problem))
    }

    /// What `delivery` holds. Starts a process only if `ask_commands`.
    pub async fn look(&self, delivery: &Delivery, ask_commands: bool) -> Look {
        let SinkAbility { reads, confirms, receipts: _ } = delivery.target.ability;
        if !reads && !ask_commands {
            return Look::NotAsked;
        }
        if let Some(shelf) = &self.shelf {
            // No more than its kind can tell.
            let told = |key: Secret| if reads { Look::Value(key) } else { Look::Confirms(Fingerprint::of(&key)) };
            return match shelf.silent(&delivery.id) {
                _ if !reads && !confirms => Look::NotAsked,
                Some(why) => Look::Unreadable { why },
                None => shelf.holds(&delivery.id).map_or(Look::Absent, told),
            };
        }
        let look = async { of(&delivery.target)?.look(&self.machine).await };
        look.await.unwrap_or_else(|problem| Look::Unreadable { why: plain(&problem.to_string()).into_owned() })
    }

    /// Delivers `key`. Where the value can be read, it was read back and is `key`.
    pub async fn write(&self, delivery: &Delivery, key: &Secret) -> Result<(), SinkError> {
        if let Some(shelf) = &self.shelf {
            return shelf.put(delivery, key).await;
        }
        self.try_write(delivery, key).await.map_err(|problem| named(delivery, problem))
    }

    async fn try_write(&self, delivery: &Delivery, key: &Secret) -> Result<(), Problem> {
        let sink = of(&delivery.target)?;
        sink.write(&self.machine, key).await?;
        if !delivery.target.ability.reads {
            return Ok(());
        }
        match sink.look(&self.machine).await {
            Ok(Look::Value(found)) if found.reveal() == key.reveal() => Ok(()),
            Ok(_) | Err(_) => Err(Problem::NotKept),
        }
    }

    /// Removes what killed runs left at `deliveries`; what cannot be removed is left to `check`.
    pub fn sweep<'a>(&self, deliveries: impl IntoIterator<Item = &'a Delivery>) {
        deliveries.into_iter().filter_map(|delivery| of(&delivery.target).ok()).for_each(Sink::sweep);
    }
}

/// A sink as everybody knows it: its identity, and where it leads.
#[must_use]
pub fn known(sink: Box<dyn Sink>) -> (SinkId, SinkTarget) {
    let Outside { id, place, whole: _, part: _, ability, time } = sink.outside();
    (id.into(), SinkTarget { place, ability, time, spec: Arc::new(sink) })
}

/// The sink that a target leads to.
pub(crate) fn of(target: &SinkTarget) -> Result<&dyn Sink, Problem> {
    let sink = target.spec::<Box<dyn Sink>>().map(AsRef::as_ref);
    let nobody = || std::io::ErrorKind::Unsupported.into();
    sink.ok_or_else(|| Problem::CannotRead { path: target.place.clone().into(), why: nobody() })
}

fn named(delivery: &Delivery, problem: Problem) -> SinkError {
    let sink = format!("{} {}", delivery.label, delivery.target.place);
    SinkError { sink: plain_within(&sink, 120, false).into_owned(), problem }
}
