//! Circular and hyperbolic functions and their inverses.
//!
//! The circular ones are within 1 ulp of the true value, the hyperbolic ones and the angle of a point within 2. In single
//! precision all are within 1: those are computed in double precision there and rounded once.

use crate::exact::{two_product, two_sum};

/// Circular and hyperbolic functions of a real number.
pub trait Trigonometric: Copy {
    /// The sine.
    fn sin(self) -> Self;
    /// The cosine.
    fn cos(self) -> Self;
    /// The tangent.
    fn tan(self) -> Self;
    /// The inverse sine.
    fn arcsin(self) -> Self;
    /// The inverse cosine.
    fn arccos(self) -> Self;
    /// The inverse tangent.
    fn arctan(self) -> Self;
    /// The angle of the point (`other`, `self`), in the quadrant of that point.
    fn arctan2(self, other: Self) -> Self;
    /// The hyperbolic sine.
    fn sinh(self) -> Self;
    /// The hyperbolic cosine.
    fn cosh(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The inverse hyperbolic sine.
    fn arcsinh(self) -> Self;
    /// The inverse hyperbolic cosine.
    fn arccosh(self) -> Self;
    /// The inverse hyperbolic tangent.
    fn arctanh(self) -> Self;
}

impl Trigonometric for f64 {
    #[inline]
    fn sin(self) -> Self {
        libm::sin(self)
    }
    #[inline]
    fn cos(self) -> Self {
        libm::cos(self)
    }
    #[inline]
    fn tan(self) -> Self {
        libm::tan(self)
    }
    #[inline]
    fn arcsin(self) -> Self {
        libm::asin(self)
    }
    #[inline]
    fn arccos(self) -> Self {
        libm::acos(self)
    }
    #[inline]
    fn arctan(self) -> Self {
        libm::atan(self)
    }
    #[inline]
    fn arctan2(self, other: Self) -> Self {
        libm::atan2(self, other)
    }
    #[inline]
    fn sinh(self) -> Self {
        libm::sinh(self)
    }
    #[inline]
    fn cosh(self) -> Self {
        libm::cosh(self)
    }
    #[inline]
    fn tanh(self) -> Self {
        libm::tanh(self)
    }
    #[inline]
    fn arcsinh(self) -> Self {
        libm::asinh(self)
    }
    #[inline]
    fn arccosh(self) -> Self {
        arccosh(self)
    }
    #[inline]
    fn arctanh(self) -> Self {
        libm::atanh(self)
    }
}

impl Trigonometric for f32 {
    #[inline]
    fn sin(self) -> Self {
        libm::sinf(self)
    }
    #[inline]
    fn cos(self) -> Self {
        libm::cosf(self)
    }
    #[inline]
    fn tan(self) -> Self {
        libm::tanf(self)
    }
    #[inline]
    fn arcsin(self) -> Self {
        libm::asinf(self)
    }
    #[inline]
    fn arccos(self) -> Self {
        // libm's single precision takes π/2 for less than its nearest neighbour.
        libm::acos(f64::from(self)) as f32
    }
    #[inline]
    fn arctan(self) -> Self {
        libm::atanf(self)
    }
    #[inline]
    fn arctan2(self, other: Self) -> Self {
        libm::atan2(f64::from(self), f64::from(other)) as f32
    }
    #[inline]
    fn sinh(self) -> Self {
        Trigonometric::sinh(f64::from(self)) as f32
    }
    #[inline]
    fn cosh(self) -> Self {
        Trigonometric::cosh(f64::from(self)) as f32
    }
    #[inline]
    fn tanh(self) -> Self {
        Trigonometric::tanh(f64::from(self)) as f32
    }
    #[inline]
    fn arcsinh(self) -> Self {
        Trigonometric::arcsinh(f64::from(self)) as f32
    }
    #[inline]
    fn arccosh(self) -> Self {
        Trigonometric::arccosh(f64::from(self)) as f32
    }
    #[inline]
    fn arctanh(self) -> Self {
        Trigonometric::arctanh(f64::from(self)) as f32
    }
}

/// The inverse hyperbolic cosine. Near 1 it is `log1p(t + √(2t + t²))` for t = x − 1, with the rounding error of the sum
/// carried along.
fn arccosh(x: f64) -> f64 {
    if x >= 2.0 {
        return libm::acosh(x);
    }
    if x.is_nan() || x < 1.0 {
        // libm's would take large negative numbers for positive ones.
        return f64::NAN;
    }
    let t = x - 1.0;
    let (square, square_low) = two_product(t, t);
    let (radicand, radicand_low) = two_sum(2.0 * t, square);
    if radicand == 0.0 {
        return 0.0;
    }
    let root = radicand.sqrt();
    let (back, back_low) = two_product(root, root);
    let root_low = ((radicand - back) - back_low + (radicand_low + square_low)) / (2.0 * root);
    let (sum, sum_low) = two_sum(root, t);
    libm::log1p(sum) + (sum_low + root_low) / (1.0 + sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_hyperbolic_cosine_near_one() {
        assert_eq!(arccosh(1.0), 0.0);
        assert!([1.0f64.next_down(), -2e6, f64::NEG_INFINITY, f64::NAN].iter().all(|&x| arccosh(x).is_nan()));
        // arccosh(1 + t) = √(2t) (1 − t/12 + …)
        let t = f64::EPSILON;
        assert_eq!(arccosh(1.0 + t), (2.0 * t).sqrt());
        assert_eq!(arccosh(1.5430806348152437), 1.0);
    }

    #[test]
    fn single_precision_overflows_where_it_should() {
        assert_eq!(Trigonometric::sinh(89.5f32), f32::INFINITY);
        assert_eq!(Trigonometric::cosh(-89.0f32), 2.2448064e38);
        assert_eq!(Trigonometric::arctanh(-1.0f32), f32::NEG_INFINITY);
    }
}
