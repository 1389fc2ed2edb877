//! Mantissas and powers of two: exact, but for results too small to be normal, which are rounded once.

/// A float as `m·2^n`.
pub trait Scaling: Copy {
    /// The mantissa, in [½, 1) without its sign, and the exponent. Zeros, infinities and NaN are their own mantissas,
    /// with exponent 0.
    fn split(self) -> (Self, i32);
    /// `self · 2^n`.
    fn scale(self, n: i32) -> Self;
}

impl Scaling for f64 {
    #[inline]
    fn split(self) -> (Self, i32) {
        libm::frexp(self)
    }
    #[inline]
    fn scale(self, n: i32) -> Self {
        libm::scalbn(self, n)
    }
}

impl Scaling for f32 {
    #[inline]
    fn split(self) -> (Self, i32) {
        libm::frexpf(self)
    }
    #[inline]
    fn scale(self, n: i32) -> Self {
        libm::scalbnf(self, n)
    }
}
