//! Where a new key goes.
