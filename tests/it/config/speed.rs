//! How long a large configuration takes; printed, not judged: `cargo test --release --test it speed -- --nocapture`.

use std::fmt::Write;

use keyform::clock::Tick;

use super::{lines, load_text};

fn fleet(size: usize) -> String {
    let mut text = "keyform: 1\nstack: fleet\nportal: { url: https://www.arcgis.com }\ncadence: 24h\n\
                    defaults: { expiry: { lifetime: 180d } }\ncredentials:\n"
        .to_owned();
    for n in 0..size {
        write!(
            text,
            "  app-{n}:\n    title: Application {n}\n    privileges: [premium:user:basemaps, premium:user:geocode:temporary]\n    \
             referrers:\n      - https://app-{n}.example.com\n    deliver:\n      - dotenv: {{ path: .env.{n}, name: ARCGIS_API_KEY }}\n"
        )
        .unwrap();
    }
    text
}

#[test]
#[expect(clippy::print_stdout, reason = "the figure is the point")]
fn a_thousand_credentials_are_validated_at_once() {
    for size in [1, 1_000, 10_000] {
        let text = fleet(size);
        let start = Tick::now();
        let loaded = load_text(&text);
        let took = start.elapsed();
        assert_eq!(lines(&loaded), Vec::<String>::new());
        assert_eq!(loaded.spec.unwrap().credentials.len(), size);
        println!("{size} credentials, {} KiB: {} ms", text.len() / 1024, took.as_millis());
    }
}

#[test]
fn a_thousand_broken_credentials_are_reported_without_growing_out_of_hand() {
    let text = fleet(1_000).replace("    title:", "    titel:");
    let loaded = load_text(&text);
    assert_eq!(loaded.report.problems.len(), 1_000);
}
