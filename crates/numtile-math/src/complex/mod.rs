//! Functions of a complex number, with the special values and branch cuts of C99 Annex G.
//!
//! The files `exponential`, `logarithm`, `hyperbolic`, `inverse` and `power` hold the double-precision functions; the
//! circular functions are the hyperbolic ones turned by a right angle. complex64 is computed in double precision and
//! rounded once at the end. Each file states its error, in units in the last place (ulp) of each component, or, where
//! a component may vanish, of the modulus.

mod exponential;
mod hyperbolic;
mod inverse;
mod logarithm;
mod power;

use num_complex::Complex;

/// A complex number of doubles.
pub(crate) type C = Complex<f64>;

/// Declares the functions of one complex number and where they are computed.
macro_rules! complex_functions {
    ($($(#[$doc:meta])* $name:ident, $module:ident;)*) => {
        /// Functions of a complex number.
        pub trait ComplexFunctions: Copy {
            $($(#[$doc])* fn $name(self) -> Self;)*
            /// `self` to the power of `other`, by NumPy's rules for zero and small integer exponents.
            fn pow(self, other: Self) -> Self;
        }

        impl ComplexFunctions for Complex<f64> {
            $(fn $name(self) -> Self { $module::$name(self) })*
            fn pow(self, other: Self) -> Self { power::pow(self, other) }
        }

        impl ComplexFunctions for Complex<f32> {
            $(fn $name(self) -> Self { narrow($module::$name(widen(self))) })*
            fn pow(self, other: Self) -> Self { narrow(power::pow(widen(self), widen(other))) }
        }
    };
}

complex_functions! {
    /// The square root with non-negative real part; the cut is the negative real axis.
    sqrt, power;
    /// e to the power of `self`.
    exp, exponential;
    /// 2 to the power of `self`.
    exp2, exponential;
    /// `exp(self) - 1` without cancellation near zero.
    expm1, exponential;
    /// The natural logarithm; the cut is the negative real axis.
    log, logarithm;
    /// The logarithm to base 2, with the cut of [`ComplexFunctions::log`].
    log2, logarithm;
    /// The logarithm to base 10, with the cut of [`ComplexFunctions::log`].
    log10, logarithm;
    /// `log(1 + self)` without cancellation near zero; the cut is the real axis below −1.
    log1p, logarithm;
    /// The sine.
    sin, hyperbolic;
    /// The cosine.
    cos, hyperbolic;
    /// The tangent.
    tan, hyperbolic;
    /// The hyperbolic sine.
    sinh, hyperbolic;
    /// The hyperbolic cosine.
    cosh, hyperbolic;
    /// The hyperbolic tangent.
    tanh, hyperbolic;
    /// The inverse sine; the cuts are the real axis beyond ±1.
    arcsin, inverse;
    /// The inverse cosine; the cuts are the real axis beyond ±1.
    arccos, inverse;
    /// The inverse tangent; the cuts are the imaginary axis beyond ±i.
    arctan, inverse;
    /// The inverse hyperbolic sine; the cuts are the imaginary axis beyond ±i.
    arcsinh, inverse;
    /// The inverse hyperbolic cosine with non-negative real part; the cut is the real axis below 1.
    arccosh, inverse;
    /// The inverse hyperbolic tangent; the cuts are the real axis beyond ±1.
    arctanh, inverse;
}

fn widen(z: Complex<f32>) -> C {
    C::new(f64::from(z.re), f64::from(z.im))
}

fn narrow(z: C) -> Complex<f32> {
    Complex::new(z.re as f32, z.im as f32)
}

const NAN: C = C::new(f64::NAN, f64::NAN);

/// With the real and the imaginary part exchanged: i times the conjugate. The sines and tangents are odd and conjugate
/// with their argument, so that this turns a hyperbolic one into the circular one.
fn exchanged(z: C) -> C {
    C::new(z.im, z.re)
}

/// `z`, which was computed for the first quadrant, moved to the quadrant of `like`.
fn to_quadrant_of(like: C, z: C) -> C {
    C::new(z.re.copysign(like.re), z.im.copysign(like.im))
}

#[cfg(test)]
mod tests {
    use super::{C, ComplexFunctions};

    /// Equal to a relative error of the modulus of 4e-16; equal infinities are equal.
    pub fn close(got: C, want: C) {
        let error = (got - want).norm() / want.norm();
        assert!(got == want || error < 4e-16, "{got} {want} {error:e}");
    }

    #[test]
    fn single_precision_is_double_precision_rounded() {
        let z = num_complex::Complex::new(0.3f32, -1.7f32);
        let wide = ComplexFunctions::arcsinh(C::new(f64::from(z.re), f64::from(z.im)));
        assert_eq!(ComplexFunctions::arcsinh(z), num_complex::Complex::new(wide.re as f32, wide.im as f32));
        // The modulus overflows in single precision, its logarithm does not.
        let huge = num_complex::Complex::new(f32::MAX, f32::MAX);
        assert!(ComplexFunctions::log(huge).re.is_finite());
    }
}
