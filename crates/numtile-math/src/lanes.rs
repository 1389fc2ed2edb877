//! Vectors of floats, as far as the elementary functions know them.
//!
//! Every operation is exact IEEE arithmetic or works on bits, so a function written over [`Lanes`] has the same bits in
//! every instance: one element at a time, in the vector registers of the machine, or as a recipe that a compiler
//! writes down for later.

use std::fmt::Debug;
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use crate::elementary::coefficients::Coefficients;

/// A float type: its format, and the coefficients of the functions for it.
pub trait Real: Coefficients + PartialOrd + Debug + Send + Sync {
    /// Bits of the mantissa that are stored.
    const MANTISSA: u32;
    /// The exponent's bias.
    const BIAS: i32;
    /// The smallest normal number.
    const MIN_POSITIVE: Self;
    /// Beyond these, e^x is 0 or infinite whatever is done.
    const EXP_RANGE: [f64; 2];
    /// Beyond this, e^x/2 is infinite.
    const SINH_LIMIT: f64;
    /// The largest argument whose reduction by three parts of π/2 is exact enough.
    const TRIGONOMETRIC_LIMIT: Self;
    /// Below the first and above the second, the larger of two numbers whose sum and quotient are taken is scaled by the
    /// third or its inverse, so that neither the sum overflows nor a remainder underflows.
    const QUOTIENT_SCALE: [Self; 3];
    /// The same where their squares are added.
    const SQUARE_SCALE: [Self; 3];
    /// These bits less half the bits of x are those of x^(-1/2) within 3.5 % (Lomont, "Fast inverse square root", 2003).
    const INVERSE_ROOT: u64;

    /// `value` as this type; used for constants that are exact in it.
    fn from_f64(value: f64) -> Self;
    /// Exactly.
    fn to_f64(self) -> f64;
    /// The bits, above them zeros.
    fn bits(self) -> u64;
}

impl Real for f64 {
    const MANTISSA: u32 = 52;
    const BIAS: i32 = 1023;
    const MIN_POSITIVE: f64 = f64::MIN_POSITIVE;
    const EXP_RANGE: [f64; 2] = [-746.0, 710.0];
    const SINH_LIMIT: f64 = 710.5;
    const TRIGONOMETRIC_LIMIT: f64 = power_of_two(40);
    const QUOTIENT_SCALE: [f64; 3] = [power_of_two(400), power_of_two(1000), power_of_two(120)];
    const SQUARE_SCALE: [f64; 3] = [power_of_two(-400), power_of_two(500), power_of_two(600)];
    const INVERSE_ROOT: u64 = 0x5fe6_eb50_c7b5_37a9;

    #[inline(always)]
    fn from_f64(value: f64) -> f64 {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn bits(self) -> u64 {
        self.to_bits()
    }
}

impl Real for f32 {
    const MANTISSA: u32 = 23;
    const BIAS: i32 = 127;
    const MIN_POSITIVE: f32 = f32::MIN_POSITIVE;
    const EXP_RANGE: [f64; 2] = [-104.0, 89.0];
    const SINH_LIMIT: f64 = 89.5;
    const TRIGONOMETRIC_LIMIT: f32 = 131_072.0;
    const QUOTIENT_SCALE: [f32; 3] = [power_of_two(40) as f32, power_of_two(100) as f32, power_of_two(54) as f32];
    const SQUARE_SCALE: [f32; 3] = [power_of_two(-40) as f32, power_of_two(60) as f32, power_of_two(86) as f32];
    const INVERSE_ROOT: u64 = 0x5f37_59df;

    #[inline(always)]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn bits(self) -> u64 {
        u64::from(self.to_bits())
    }
}

/// 2^`exponent`, for exponents of normal numbers.
pub const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// 1.5·2^[`Real::MANTISSA`]: adding it leaves the nearest integer, ties to even, in the low bits.
pub const fn round_origin<R: Real>() -> f64 {
    1.5 * power_of_two(R::MANTISSA as i32)
}

/// Several floats side by side.
///
/// Constants are made from a vector that is already there ([`Lanes::splat`]): a vector in hand shows that the machine
/// has its instructions, and lets a compiler find the program it is writing.
pub trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The type of an element.
    type Real: Real;
    /// The bits of the elements, as integers.
    type Words: Words;
    /// A truth value per element.
    type Mask: Copy + BitAnd<Output = Self::Mask> + BitOr<Output = Self::Mask> + Not<Output = Self::Mask>;

    /// A constant in every lane.
    fn splat(self, value: Self::Real) -> Self;
    /// An integer in every lane: its low bits.
    fn splat_word(self, value: u64) -> Self::Words;

    /// `self·b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `self·b - c`, rounded once.
    fn mul_sub(self, b: Self, c: Self) -> Self;
    /// `c - self·b`, rounded once.
    fn neg_mul_add(self, b: Self, c: Self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// `self` where it is less than `other`, `other` elsewhere: also where either is NaN.
    fn lesser(self, other: Self) -> Self;
    /// `self` where it is greater than `other`, `other` elsewhere: also where either is NaN.
    fn greater(self, other: Self) -> Self;

    /// Where `self < other`.
    fn lt(self, other: Self) -> Self::Mask;
    /// Where `self <= other`.
    fn le(self, other: Self) -> Self::Mask;
    /// Where `self == other`.
    fn eq(self, other: Self) -> Self::Mask;
    /// `yes` where the mask is set, `no` elsewhere.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// The bits.
    fn to_words(self) -> Self::Words;
    /// The numbers with these bits.
    fn from_words(words: Self::Words) -> Self;
    /// Without the sign.
    fn abs(self) -> Self;
    /// The sign bit alone.
    fn sign(self) -> Self::Words;

    /// A small number, exact in every float type, in every lane.
    #[inline(always)]
    fn lit(self, value: f64) -> Self {
        self.splat(Self::Real::from_f64(value))
    }

    /// No less than `low` and no more than `high`; NaN stays.
    #[inline(always)]
    fn clamp(self, low: f64, high: f64) -> Self {
        self.lit(high).lesser(self.lit(low).greater(self))
    }

    /// With the sign flipped where the sign bit of `signs` is set, which must have no other bits.
    #[inline(always)]
    fn flip_sign(self, signs: Self::Words) -> Self {
        Self::from_words(self.to_words() ^ signs)
    }

    /// `yes` where the mask is set, 0 elsewhere.
    #[inline(always)]
    fn select_or_zero(mask: Self::Mask, yes: Self) -> Self {
        Self::select(mask, yes, yes.lit(0.0))
    }
}

/// The bits of several floats, as unsigned integers that wrap.
pub trait Words:
    Copy + Add<Output = Self> + Sub<Output = Self> + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self>
{
    /// Half, rounded down.
    fn halved(self) -> Self;
    /// The low bits to where a float keeps its exponent; what was above falls out.
    fn to_exponent(self) -> Self;
    /// The bits of exponent and sign to the low end.
    fn exponent_bits(self) -> Self;
    /// The lowest bit to where a float keeps its sign, all else zero.
    fn to_sign(self) -> Self;
}

/// The most lanes that a vector has.
pub const MOST_LANES: usize = 32;

/// Lanes that can be looked at and brought from memory and back.
pub trait Vector: Lanes {
    /// How many.
    const LANES: usize;

    /// Reads [`Self::LANES`] elements.
    ///
    /// # Safety
    /// They must be readable, and the machine must have the instructions of this vector.
    unsafe fn load(from: *const Self::Real) -> Self;
    /// Writes [`Self::LANES`] elements.
    ///
    /// # Safety
    /// They must be writable.
    unsafe fn store(self, to: *mut Self::Real);
    /// Whether any is true.
    fn any(mask: Self::Mask) -> bool;
}
