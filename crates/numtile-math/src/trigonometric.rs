//! Circular and hyperbolic functions and their inverses.

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
        libm::acosf(self)
    }
    #[inline]
    fn arctan(self) -> Self {
        libm::atanf(self)
    }
    #[inline]
    fn arctan2(self, other: Self) -> Self {
        libm::atan2f(self, other)
    }
    #[inline]
    fn sinh(self) -> Self {
        libm::sinhf(self)
    }
    #[inline]
    fn cosh(self) -> Self {
        libm::coshf(self)
    }
    #[inline]
    fn tanh(self) -> Self {
        libm::tanhf(self)
    }
}
