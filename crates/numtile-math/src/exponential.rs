//! Exponentials and logarithms, within 1 ulp of the true value.
//!
//! The logarithms of sums are within 2 units in the last place of 1 or of the result, whichever is larger: where the
//! result is near 0, its terms have cancelled.

/// Exponentials and logarithms of a real number.
pub trait Exponential: Copy {
    /// e to the power of `self`.
    fn exp(self) -> Self;
    /// 2 to the power of `self`.
    fn exp2(self) -> Self;
    /// `exp(self) - 1` without cancellation near zero.
    fn expm1(self) -> Self;
    /// The natural logarithm.
    fn log(self) -> Self;
    /// The logarithm to base 2.
    fn log2(self) -> Self;
    /// The logarithm to base 10.
    fn log10(self) -> Self;
    /// `log(1 + self)` without cancellation near zero.
    fn log1p(self) -> Self;
    /// `log(exp(self) + exp(other))` without overflow on the way.
    fn logaddexp(self, other: Self) -> Self;
    /// `log2(2^self + 2^other)` without overflow on the way.
    fn logaddexp2(self, other: Self) -> Self;
}

/// The logarithm of the sum of two powers of the base with exponents `a` and `b`: the larger exponent, and what the
/// other adds to it given the negative gap between them.
fn add_exponentials(a: f64, b: f64, of_two: f64, added: fn(f64) -> f64) -> f64 {
    if a == b {
        // Equal infinities too.
        return a + of_two;
    }
    let gap = a - b;
    if gap > 0.0 {
        a + added(-gap)
    } else if gap < 0.0 {
        b + added(gap)
    } else {
        gap
    }
}

impl Exponential for f64 {
    #[inline]
    fn exp(self) -> Self {
        libm::exp(self)
    }
    #[inline]
    fn exp2(self) -> Self {
        libm::exp2(self)
    }
    #[inline]
    fn expm1(self) -> Self {
        libm::expm1(self)
    }
    #[inline]
    fn log(self) -> Self {
        libm::log(self)
    }
    #[inline]
    fn log2(self) -> Self {
        libm::log2(self)
    }
    #[inline]
    fn log10(self) -> Self {
        libm::log10(self)
    }
    #[inline]
    fn log1p(self) -> Self {
        libm::log1p(self)
    }
    #[inline]
    fn logaddexp(self, other: Self) -> Self {
        add_exponentials(self, other, std::f64::consts::LN_2, |gap| libm::log1p(libm::exp(gap)))
    }
    #[inline]
    fn logaddexp2(self, other: Self) -> Self {
        add_exponentials(self, other, 1.0, |gap| libm::log1p(libm::exp2(gap)) * std::f64::consts::LOG2_E)
    }
}

impl Exponential for f32 {
    #[inline]
    fn exp(self) -> Self {
        libm::expf(self)
    }
    #[inline]
    fn exp2(self) -> Self {
        libm::exp2f(self)
    }
    #[inline]
    fn expm1(self) -> Self {
        libm::expm1f(self)
    }
    #[inline]
    fn log(self) -> Self {
        libm::logf(self)
    }
    #[inline]
    fn log2(self) -> Self {
        libm::log2f(self)
    }
    #[inline]
    fn log10(self) -> Self {
        libm::log10f(self)
    }
    #[inline]
    fn log1p(self) -> Self {
        libm::log1pf(self)
    }
    #[inline]
    fn logaddexp(self, other: Self) -> Self {
        f64::from(self).logaddexp(f64::from(other)) as f32
    }
    #[inline]
    fn logaddexp2(self, other: Self) -> Self {
        f64::from(self).logaddexp2(f64::from(other)) as f32
    }
}
