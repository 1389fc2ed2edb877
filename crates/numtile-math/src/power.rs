//! Powers and roots. (The square root itself is an exact machine operation and is not here.)

/// Powers and roots of a real number.
pub trait Power: Copy {
    /// `self` to the power of `other`.
    fn pow(self, other: Self) -> Self;
    /// `sqrt(self² + other²)` without overflow on the way.
    fn hypot(self, other: Self) -> Self;
    /// The cube root.
    fn cbrt(self) -> Self;
}

impl Power for f64 {
    #[inline]
    fn pow(self, other: Self) -> Self {
        libm::pow(self, other)
    }
    #[inline]
    fn hypot(self, other: Self) -> Self {
        libm::hypot(self, other)
    }
    #[inline]
    fn cbrt(self) -> Self {
        libm::cbrt(self)
    }
}

impl Power for f32 {
    #[inline]
    fn pow(self, other: Self) -> Self {
        libm::powf(self, other)
    }
    #[inline]
    fn hypot(self, other: Self) -> Self {
        libm::hypotf(self, other)
    }
    #[inline]
    fn cbrt(self) -> Self {
        libm::cbrtf(self)
    }
}
