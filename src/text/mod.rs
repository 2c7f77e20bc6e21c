//! What may be shown: escaping of what came from a file or the portal, and masking of what looks like a key.

pub(crate) mod escape;
pub(crate) mod scrub;
pub(crate) mod spelling;
