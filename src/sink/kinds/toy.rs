//! A drawer in this process: the smallest kind there can be, for tests only.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use crate::model::{Secret, SinkAbility};
use crate::sink::kind::{Kind, Machine, Outside, Reader, Reply, Setting, Shape, Sink};
use crate::sink::look::Look;

pub(super) const KIND: Kind = Kind {
    name: "toy",
    about: ["A drawer in this process."; 2],
    settings: &[Setting("drawer", "Of `toy`: which drawer.", Shape::Text("Which drawer."))],
    required: &["drawer"],
    runs: &[],
    read,
};

static DRAWERS: Mutex<BTreeMap<String, Secret>> = Mutex::new(BTreeMap::new());

#[derive(Debug, PartialEq, Eq)]
struct Toy {
    drawer: String,
}

fn read(here: &mut dyn Reader) -> Option<Box<dyn Sink>> {
    Some(Box::new(Toy { drawer: here.text("drawer")? }))
}

impl Sink for Toy {
    fn outside(&self) -> Outside {
        let id = format!("toy:{}", self.drawer);
        Outside {
            place: self.drawer.clone(),
            whole: id.clone(),
            part: None,
            id,
            ability: SinkAbility { reads: true, ..SinkAbility::default() },
            time: SignedDuration::from_secs(1),
        }
    }

    fn ready<'a>(&'a self, _: &'a Machine) -> Reply<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn look<'a>(&'a self, _: &'a Machine) -> Reply<'a, Look> {
        let drawers = DRAWERS.lock().unwrap_or_else(PoisonError::into_inner);
        let key = drawers.get(&self.drawer).map(|key| Secret::new(key.reveal().to_owned()));
        Box::pin(async { Ok(key.map_or(Look::Absent, Look::Value)) })
    }

    fn write<'a>(&'a self, _: &'a Machine, key: &'a Secret) -> Reply<'a, ()> {
        let key = Secret::new(key.reveal().to_owned());
        DRAWERS.lock().unwrap_or_else(PoisonError::into_inner).insert(self.drawer.clone(), key);
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LoadOptions, Loaded, load};
    use crate::emulator::Setup;
    use crate::rehearse::{World, run};
    use crate::sink::Sinks;

    fn loaded(bottom: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyform.yaml");
        let text = format!(
            "keyform: 1\nstack: toys\nportal: {{ url: emulator, product: online }}\nsinks: {{ chest: {{ type: toy }} }}\n\
             credentials:\n  web:\n    privileges: [premium:user:basemaps]\n    \
             referrers: [https://stores.example.com]\n    deliver:\n      - toy: {{ drawer: top }}\n      \
             - chest: {bottom}\n"
        );
        std::fs::write(&file, text).unwrap();
        load(&file, LoadOptions::default())
    }

    #[tokio::test]
    async fn a_kind_that_is_one_file_and_one_line_is_declared_planned_and_delivered_to() {
        let loaded = loaded("{ drawer: bottom, escrow: true }");
        let spec = loaded.spec.unwrap_or_else(|| panic!("{:?}", loaded.report.problems));
        let world = World::new(Setup::default(), "2026-11-21T06:00:00Z".parse().unwrap());
        let ended = run(&world, &spec, true).await;
        assert!(ended.is_clean(), "{ended:?}");
        let written: Vec<_> = world.log().into_iter().filter(|what| what.starts_with("sink")).collect();
        assert_eq!(written.iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["sink bottom", "sink top"]);
        let sinks = Sinks::new([]);
        for delivery in spec.credentials.values().flat_map(|credential| &credential.deliver) {
            sinks.check(delivery).await.unwrap();
            assert!(matches!(sinks.look(delivery, false).await, Look::Absent));
            sinks.write(delivery, &Secret::new(delivery.id.to_string())).await.unwrap();
            assert!(
                matches!(sinks.look(delivery, false).await, Look::Value(key) if key.reveal() == delivery.id.as_str())
            );
        }
    }

    #[test]
    fn what_is_wrong_with_its_settings_is_said_where_it_stands() {
        let said = |bottom| {
            let problems = loaded(bottom).report.problems;
            problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(said("{}"), ["a `toy` sink needs `drawer`"]);
        assert_eq!(said("{ drawer: bottom, path: k }"), ["a `toy` sink has no `path`"]);
        assert_eq!(said("{ drawer: top }"), ["`web` delivers to `top` twice"]);
    }
}
