//! How keys look.

use crate::text::scrub::{KEY_PREFIXES, is_opaque};

/// Whether `text` starts like a key or token of `ArcGIS`, and has nothing in it that none has.
#[must_use]
pub fn looks_like_a_key(text: &str) -> bool {
    KEY_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) && text.bytes().all(is_opaque)
}
