//! Every example is a right configuration.

use std::path::Path;

use super::{lines, options, strict};
use keyform::config::load;

#[test]
fn every_example_loads_without_a_word_even_under_strict() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for example in ["quickstart", "rotation", "enterprise", "monorepo/infra"] {
        let loaded = load(&examples.join(example), strict());
        assert_eq!(lines(&loaded), Vec::<String>::new(), "{example}");
        let spec = loaded.spec.unwrap();
        assert!(!spec.credentials.is_empty() && spec.file.ends_with("keyform.yaml"), "{example}");
        assert!(load(&examples.join(example).join("keyform.yaml"), options()).spec.is_some());
    }
}
