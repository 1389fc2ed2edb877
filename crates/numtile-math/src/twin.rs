//! Two vectors as one: their operations alternate, so that a processor has something to do while it waits.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use crate::lanes::{Lanes, Vector, Words};

/// Two vectors, vectors of bits, or masks.
#[derive(Clone, Copy)]
pub struct Twin<T>(pub T, pub T);

macro_rules! operators {
    ($($trait:ident $method:ident),*) => {$(
        impl<T: $trait<Output = T>> $trait for Twin<T> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Twin(self.0.$method(other.0), self.1.$method(other.1))
            }
        }
    )*};
}

operators!(Add add, Sub sub, Mul mul, Div div, BitAnd bitand, BitOr bitor, BitXor bitxor);

impl<T: Neg<Output = T>> Neg for Twin<T> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Twin(-self.0, -self.1)
    }
}

impl<T: Not<Output = T>> Not for Twin<T> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Twin(!self.0, !self.1)
    }
}

impl<V: Lanes> Lanes for Twin<V> {
    type Real = V::Real;
    type Words = Twin<V::Words>;
    type Mask = Twin<V::Mask>;

    #[inline(always)]
    fn splat(self, value: V::Real) -> Self {
        Twin(self.0.splat(value), self.1.splat(value))
    }
    #[inline(always)]
    fn splat_word(self, value: u64) -> Self::Words {
        Twin(self.0.splat_word(value), self.1.splat_word(value))
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Twin(self.0.mul_add(b.0, c.0), self.1.mul_add(b.1, c.1))
    }
    #[inline(always)]
    fn mul_sub(self, b: Self, c: Self) -> Self {
        Twin(self.0.mul_sub(b.0, c.0), self.1.mul_sub(b.1, c.1))
    }
    #[inline(always)]
    fn neg_mul_add(self, b: Self, c: Self) -> Self {
        Twin(self.0.neg_mul_add(b.0, c.0), self.1.neg_mul_add(b.1, c.1))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Twin(self.0.sqrt(), self.1.sqrt())
    }
    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        Twin(self.0.lesser(other.0), self.1.lesser(other.1))
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        Twin(self.0.greater(other.0), self.1.greater(other.1))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Self::Mask {
        Twin(self.0.lt(other.0), self.1.lt(other.1))
    }
    #[inline(always)]
    fn le(self, other: Self) -> Self::Mask {
        Twin(self.0.le(other.0), self.1.le(other.1))
    }
    #[inline(always)]
    fn eq(self, other: Self) -> Self::Mask {
        Twin(self.0.eq(other.0), self.1.eq(other.1))
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Twin(V::select(mask.0, yes.0, no.0), V::select(mask.1, yes.1, no.1))
    }
    #[inline(always)]
    fn select_or_zero(mask: Self::Mask, yes: Self) -> Self {
        Twin(V::select_or_zero(mask.0, yes.0), V::select_or_zero(mask.1, yes.1))
    }
    #[inline(always)]
    fn to_words(self) -> Self::Words {
        Twin(self.0.to_words(), self.1.to_words())
    }
    #[inline(always)]
    fn from_words(words: Self::Words) -> Self {
        Twin(V::from_words(words.0), V::from_words(words.1))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Twin(self.0.abs(), self.1.abs())
    }
    #[inline(always)]
    fn sign(self) -> Self::Words {
        Twin(self.0.sign(), self.1.sign())
    }
}

impl<W: Words> Words for Twin<W> {
    #[inline(always)]
    fn halved(self) -> Self {
        Twin(self.0.halved(), self.1.halved())
    }
    #[inline(always)]
    fn to_exponent(self) -> Self {
        Twin(self.0.to_exponent(), self.1.to_exponent())
    }
    #[inline(always)]
    fn exponent_bits(self) -> Self {
        Twin(self.0.exponent_bits(), self.1.exponent_bits())
    }
    #[inline(always)]
    fn to_sign(self) -> Self {
        Twin(self.0.to_sign(), self.1.to_sign())
    }
}

impl<V: Vector> Vector for Twin<V> {
    const LANES: usize = 2 * V::LANES;

    #[inline(always)]
    unsafe fn load(from: *const V::Real) -> Self {
        // SAFETY: readable, and the machine has the instructions, by the caller.
        unsafe { Twin(V::load(from), V::load(from.add(V::LANES))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut V::Real) {
        // SAFETY: writable by the caller.
        unsafe {
            self.0.store(to);
            self.1.store(to.add(V::LANES));
        }
    }
    #[inline(always)]
    fn any(mask: Self::Mask) -> bool {
        V::any(mask.0) | V::any(mask.1)
    }
}
