//! What a kernel has to say besides its result.

use std::ops::{BitOr, BitOrAssign};

use numtile_core::{Error, Result};

/// Conditions met while computing, gathered over all elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Flags(pub u32);

impl Flags {
    /// Nothing to report.
    pub const NONE: Flags = Flags(0);
    /// An integer was raised to a negative integer power; the elements concerned hold 0.
    pub const NEGATIVE_POWER: Flags = Flags(1);
    /// Something that was to be chosen among numbers had only NaNs to choose from.
    pub const ALL_NAN: Flags = Flags(2);

    /// Whether every condition of `other` is set.
    pub const fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// The error that NumPy raises for these conditions, if it raises one.
    pub fn check(self) -> Result<()> {
        if self.contains(Flags::NEGATIVE_POWER) {
            return Err(Error::value("Integers to negative integer powers are not allowed."));
        }
        if self.contains(Flags::ALL_NAN) {
            return Err(Error::value("All-NaN slice encountered"));
        }
        Ok(())
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}
