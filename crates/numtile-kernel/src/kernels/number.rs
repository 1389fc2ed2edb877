//! What the element types share: the arithmetic that NumPy defines for them, one implementation per family.
//!
//! Integers wrap. float16 computes in float32 and rounds once per operation. Complex numbers multiply as
//! `ac − bd, ad + bc` without contraction. For bool, addition is "or" and multiplication is "and".

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::{Bool8, Element};
use numtile_math::half as half_bits;

/// Ring arithmetic.
pub trait Number: Element {
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// `self + other`.
    fn add(self, other: Self) -> Self;
    /// `self - other`.
    fn subtract(self, other: Self) -> Self;
    /// `self * other`.
    fn multiply(self, other: Self) -> Self;
    /// `-self`.
    fn negative(self) -> Self;
    /// `self * self`.
    #[inline(always)]
    fn square(self) -> Self {
        self.multiply(self)
    }
}

macro_rules! integer_numbers {
    ($($t:ty),*) => {$(
        impl Number for $t {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            #[inline(always)]
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn subtract(self, other: Self) -> Self { self.wrapping_sub(other) }
            #[inline(always)]
            fn multiply(self, other: Self) -> Self { self.wrapping_mul(other) }
            #[inline(always)]
            fn negative(self) -> Self { self.wrapping_neg() }
        }
    )*};
}
integer_numbers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! float_numbers {
    ($($t:ty),*) => {$(
        impl Number for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            #[inline(always)]
            fn add(self, other: Self) -> Self { self + other }
            #[inline(always)]
            fn subtract(self, other: Self) -> Self { self - other }
            #[inline(always)]
            fn multiply(self, other: Self) -> Self { self * other }
            #[inline(always)]
            fn negative(self) -> Self { -self }
        }
    )*};
}
float_numbers!(f32, f64);

/// float16 to float32.
#[inline(always)]
pub fn widen(value: f16) -> f32 {
    half_bits::to_f32(value.to_bits())
}

/// float32 to float16.
#[inline(always)]
pub fn narrow(value: f32) -> f16 {
    f16::from_bits(half_bits::from_f32(value))
}

impl Number for f16 {
    const ZERO: Self = f16::ZERO;
    const ONE: Self = f16::ONE;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        narrow(widen(self) + widen(other))
    }
    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        narrow(widen(self) - widen(other))
    }
    #[inline(always)]
    fn multiply(self, other: Self) -> Self {
        narrow(widen(self) * widen(other))
    }
    #[inline(always)]
    fn negative(self) -> Self {
        f16::from_bits(self.to_bits() ^ 0x8000)
    }
}

impl Number for Bool8 {
    const ZERO: Self = Bool8(0);
    const ONE: Self = Bool8(1);
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Bool8::from(self.0 | other.0 != 0)
    }
    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        Bool8::from(self.get() != other.get())
    }
    #[inline(always)]
    fn multiply(self, other: Self) -> Self {
        Bool8::from((self.0 != 0) & (other.0 != 0))
    }
    #[inline(always)]
    fn negative(self) -> Self {
        Bool8::from(self.0 == 0)
    }
}

/// The components of complex numbers, and what the float types add to [`Number`].
pub trait Float: Number + PartialOrd {
    /// Not a number.
    const NAN: Self;
    /// Infinity.
    const INFINITY: Self;
    /// `self / other`.
    fn divide(self, other: Self) -> Self;
    /// The square root, correctly rounded.
    fn root(self) -> Self;
    /// Without its sign.
    fn magnitude(self) -> Self;
    /// With the sign of `other`.
    fn signed_like(self, other: Self) -> Self;
    /// The remainder of truncated division, exactly.
    fn truncated_remainder(self, other: Self) -> Self;
    /// The integer below.
    fn floor(self) -> Self;
    /// Whether this is not a number.
    #[inline(always)]
    fn is_nan(self) -> bool {
        !self.equals(self)
    }
    /// IEEE equality.
    #[inline(always)]
    fn equals(self, other: Self) -> bool {
        self == other
    }
    /// Whether the sign bit is set.
    fn is_negative(self) -> bool;
    /// The bits of both, united (of two zeros: −0 if either is) or cut (−0 if both are).
    fn join_bits(self, other: Self, union: bool) -> Self;
}

macro_rules! floats {
    ($($t:ident),*) => {$(
        impl Float for $t {
            const NAN: Self = $t::NAN;
            const INFINITY: Self = $t::INFINITY;
            #[inline(always)]
            fn divide(self, other: Self) -> Self { self / other }
            #[inline(always)]
            fn root(self) -> Self { self.sqrt() }
            #[inline(always)]
            fn magnitude(self) -> Self { self.abs() }
            #[inline(always)]
            fn signed_like(self, other: Self) -> Self { self.copysign(other) }
            #[inline(always)]
            fn truncated_remainder(self, other: Self) -> Self { self % other }
            #[inline(always)]
            fn floor(self) -> Self { $t::floor(self) }
            #[inline(always)]
            fn is_negative(self) -> bool { self.is_sign_negative() }
            #[inline(always)]
            fn join_bits(self, other: Self, union: bool) -> Self {
                let (a, b) = (self.to_bits(), other.to_bits());
                $t::from_bits(if union { a | b } else { a & b })
            }
        }
    )*};
}
floats!(f32, f64);

macro_rules! complex_numbers {
    ($($t:ty),*) => {$(
        impl Number for Complex<$t> {
            const ZERO: Self = Complex::new(0.0, 0.0);
            const ONE: Self = Complex::new(1.0, 0.0);
            #[inline(always)]
            fn add(self, other: Self) -> Self { Complex::new(self.re + other.re, self.im + other.im) }
            #[inline(always)]
            fn subtract(self, other: Self) -> Self { Complex::new(self.re - other.re, self.im - other.im) }
            #[inline(always)]
            fn multiply(self, other: Self) -> Self {
                Complex::new(
                    self.re * other.re - self.im * other.im,
                    self.re * other.im + self.im * other.re,
                )
            }
            #[inline(always)]
            fn negative(self) -> Self { Complex::new(-self.re, -self.im) }
        }
    )*};
}
complex_numbers!(f32, f64);
