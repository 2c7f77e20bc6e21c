//! placeholder until the catalogue lands
use super::{Privilege, Product};
use std::collections::BTreeSet;
/// Whether a key with these privileges is a personal one.
#[must_use]
pub fn personal_flag(_product: Product, _privileges: &BTreeSet<Privilege>) -> bool {
    false
}
