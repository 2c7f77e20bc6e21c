//! What may be shown: escaping of what came from a file or the portal, and masking of what looks like a key.

pub mod escape;
pub mod scrub;
pub(crate) mod spelling;
