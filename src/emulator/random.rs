//! Identifiers, secrets and keys, from one seed.

use serde::{Deserialize, Serialize};

/// A source of randomness that can be written down: a counter that seeds each draw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Random(u64);

const LOWER_HEX: &[u8] = b"0123456789abcdef";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64_URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Random {
    /// The same seed gives the same portal.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn draw(&mut self) -> fastrand::Rng {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        fastrand::Rng::with_seed(self.0)
    }

    fn text(&mut self, alphabet: &[u8], len: usize) -> String {
        let mut draw = self.draw();
        (0..len).filter_map(|_| alphabet.get(draw.usize(..alphabet.len()))).map(|&c| char::from(c)).collect()
    }

    /// An item, folder or member id, or a client secret.
    pub(super) fn hex32(&mut self) -> String {
        self.text(LOWER_HEX, 32)
    }

    pub(super) fn client_id(&mut self) -> String {
        self.text(ALPHANUMERIC, 16)
    }

    /// A user or app token.
    pub(super) fn token(&mut self) -> String {
        self.text(BASE64_URL, 160)
    }

    pub(super) fn legacy_key(&mut self) -> String {
        format!("AAPK{}", self.text(BASE64_URL, 92))
    }

    /// A key for slot 1 or 2 (*section 5.3*).
    pub(super) fn key(&mut self, slot: usize) -> String {
        let len = self.draw().usize(190..300);
        let (body, tail) = (self.text(BASE64_URL, len), self.text(ALPHANUMERIC, 8));
        format!("AAPT{body}.AT{slot}_{tail}")
    }
}
