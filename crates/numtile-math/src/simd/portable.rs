//! One element at a time, on any machine.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Sub};

use crate::fused::{mul_add_f32, mul_add_f64};
use crate::lanes::{Lanes, Real, Vector, Words};

/// One float.
#[derive(Clone, Copy, Debug)]
pub struct One<T>(pub T);

/// The bits of one float.
#[derive(Clone, Copy, Debug)]
pub struct OneWord<T>(pub T);

macro_rules! one {
    ($float:ident, $word:ident, $mul_add:ident) => {
        impl Add for One<$float> {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                One(self.0 + other.0)
            }
        }
        impl Sub for One<$float> {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                One(self.0 - other.0)
            }
        }
        impl Mul for One<$float> {
            type Output = Self;
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                One(self.0 * other.0)
            }
        }
        impl Div for One<$float> {
            type Output = Self;
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                One(self.0 / other.0)
            }
        }
        impl Neg for One<$float> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                One(-self.0)
            }
        }

        impl Lanes for One<$float> {
            type Real = $float;
            type Words = OneWord<$word>;
            type Mask = bool;

            #[inline(always)]
            fn splat(self, value: $float) -> Self {
                One(value)
            }
            #[inline(always)]
            fn splat_word(self, value: u64) -> OneWord<$word> {
                OneWord(value as $word)
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                One($mul_add(self.0, b.0, c.0))
            }
            #[inline(always)]
            fn mul_sub(self, b: Self, c: Self) -> Self {
                One($mul_add(self.0, b.0, -c.0))
            }
            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                One($mul_add(-self.0, b.0, c.0))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                One(self.0.sqrt())
            }
            #[inline(always)]
            fn lesser(self, other: Self) -> Self {
                if self.0 < other.0 { self } else { other }
            }
            #[inline(always)]
            fn greater(self, other: Self) -> Self {
                if self.0 > other.0 { self } else { other }
            }
            #[inline(always)]
            fn lt(self, other: Self) -> bool {
                self.0 < other.0
            }
            #[inline(always)]
            fn le(self, other: Self) -> bool {
                self.0 <= other.0
            }
            #[inline(always)]
            fn eq(self, other: Self) -> bool {
                self.0 == other.0
            }
            #[inline(always)]
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
            #[inline(always)]
            fn to_words(self) -> OneWord<$word> {
                OneWord(self.0.to_bits())
            }
            #[inline(always)]
            fn from_words(words: OneWord<$word>) -> Self {
                One($float::from_bits(words.0))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                One(self.0.abs())
            }
            #[inline(always)]
            fn sign(self) -> OneWord<$word> {
                OneWord(self.0.to_bits() & (-0.0 as $float).to_bits())
            }
        }

        impl Vector for One<$float> {
            const LANES: usize = 1;

            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                // SAFETY: readable by the caller.
                One(unsafe { from.read() })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: writable by the caller.
                unsafe { to.write(self.0) }
            }
            #[inline(always)]
            fn any(mask: bool) -> bool {
                mask
            }
        }

        impl Add for OneWord<$word> {
            type Output = Self;
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                OneWord(self.0.wrapping_add(other.0))
            }
        }
        impl Sub for OneWord<$word> {
            type Output = Self;
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                OneWord(self.0.wrapping_sub(other.0))
            }
        }
        impl BitAnd for OneWord<$word> {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, other: Self) -> Self {
                OneWord(self.0 & other.0)
            }
        }
        impl BitOr for OneWord<$word> {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, other: Self) -> Self {
                OneWord(self.0 | other.0)
            }
        }
        impl BitXor for OneWord<$word> {
            type Output = Self;
            #[inline(always)]
            fn bitxor(self, other: Self) -> Self {
                OneWord(self.0 ^ other.0)
            }
        }
        impl Words for OneWord<$word> {
            #[inline(always)]
            fn halved(self) -> Self {
                OneWord(self.0 >> 1)
            }
            #[inline(always)]
            fn to_exponent(self) -> Self {
                OneWord(self.0 << $float::MANTISSA)
            }
            #[inline(always)]
            fn exponent_bits(self) -> Self {
                OneWord(self.0 >> $float::MANTISSA)
            }
            #[inline(always)]
            fn to_sign(self) -> Self {
                OneWord(self.0 << ($word::BITS - 1))
            }
        }
    };
}

one!(f64, u64, mul_add_f64);
one!(f32, u32, mul_add_f32);
