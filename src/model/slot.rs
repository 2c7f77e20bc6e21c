//! The two places a credential has for keys.

use std::fmt;

/// One of the two key slots of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `apiToken=1`.
    One,
    /// `apiToken=2`.
    Two,
}

impl Slot {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::One, Self::Two];

    /// The slot that this one rotates with.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }

    /// 1 or 2, as the portal counts.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The slot a key's text names: a key ends in `.ATn_` and eight characters.
    /// *Source: Esri's REST client reads the same place.*
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        let tail = key.get(key.len().checked_sub(12)?..)?;
        match tail.as_bytes() {
            [b'A', b'T', b'1', b'_', ..] => Some(Self::One),
            [b'A', b'T', b'2', b'_', ..] => Some(Self::Two),
            _ => None,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// One value a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerSlot<T> {
    /// Of slot 1.
    pub one: T,
    /// Of slot 2.
    pub two: T,
}

impl<T> PerSlot<T> {
    /// The value of `slot`.
    pub const fn get(&self, slot: Slot) -> &T {
        match slot {
            Slot::One => &self.one,
            Slot::Two => &self.two,
        }
    }

    /// The value of `slot`, to change it.
    pub const fn get_mut(&mut self, slot: Slot) -> &mut T {
        match slot {
            Slot::One => &mut self.one,
            Slot::Two => &mut self.two,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_slot_in_its_tail() {
        assert_eq!(Slot::of_key("AAPTx.AT1_abcdefgh"), Some(Slot::One));
        assert_eq!(Slot::of_key("AAPTx.AT2_abcdefgh"), Some(Slot::Two));
        assert_eq!(Slot::of_key("AAPTx.AT3_abcdefgh"), None);
        assert_eq!(Slot::of_key("short"), None);
    }
}
