//! Where keys are delivered.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;

use super::SourceLine;

/// A sink's identity: its type and target, never its name in YAML or its sign-in.
///
/// Such as `dotenv:.env.maps#ARCGIS_API_KEY`; paths are relative to the root configuration file, with `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SinkId(Arc<str>);

impl SinkId {
    /// An identity that was written down before.
    pub(crate) fn recorded(text: &str) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SinkId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for SinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place that receives keys: what everybody may know of it.
#[derive(Clone)]
pub struct SinkTarget {
    /// For people: the place within the sink, such as `.env.maps#ARCGIS_API_KEY`.
    pub place: String,
    /// What it can tell about its content.
    pub ability: SinkAbility,
    /// The time that a write may take.
    pub time: SignedDuration,
    /// What only its kind knows.
    pub spec: Arc<dyn SinkSpec>,
}

impl SinkTarget {
    /// What only its kind knows, for the one that does.
    pub(crate) fn spec<T: 'static>(&self) -> Option<&T> {
        (&*self.spec as &dyn Any).downcast_ref()
    }
}

impl PartialEq for SinkTarget {
    fn eq(&self, other: &Self) -> bool {
        let Self { place, ability, time, spec } = self;
        *place == other.place && *ability == other.ability && *time == other.time && spec.is(&*other.spec)
    }
}

impl Eq for SinkTarget {}

impl fmt::Debug for SinkTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

/// What only the kind of a sink knows about it.
pub trait SinkSpec: Any + fmt::Debug + Send + Sync {
    /// Whether both are the same.
    fn is(&self, other: &dyn SinkSpec) -> bool;
}

impl<T: Any + fmt::Debug + Eq + Send + Sync> SinkSpec for T {
    fn is(&self, other: &dyn SinkSpec) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

/// What a sink can tell about its content, from the most telling on; so one that tells more is the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SinkAbility {
    /// The value itself can be read back.
    pub reads: bool,
    /// It can say which fingerprint it holds.
    pub confirms: bool,
    /// It can say when it was written.
    pub receipts: bool,
}

impl SinkAbility {
    /// Whether it tells something about its content, but not the content.
    pub(crate) const fn only_hints(self) -> bool {
        !self.reads && (self.confirms || self.receipts)
    }
}

/// One entry of `deliver`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The sink's identity.
    pub id: SinkId,
    /// What people call it: its name under `sinks`, or its type.
    pub label: String,
    /// The place itself.
    pub target: SinkTarget,
    /// Whether its content is acted on, or only reported.
    pub heal: bool,
    /// Whether it is written before the others, so that a key is safe there.
    pub escrow: bool,
    /// Where the entry stands.
    pub source: SourceLine,
}
