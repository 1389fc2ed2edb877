//! Elementary functions: thin kernels over `numtile-math`. float16 is computed in float32.

use half::f16;
use num_complex::Complex;
use numtile_math::complex::ComplexFunctions;
use numtile_math::{Exponential, Power, Trigonometric};

use super::group::{binary_floats, unary_complexes, unary_floats};
use super::number::{narrow, widen};
use super::{Binary, Kernel, Unary};
use crate::isa::Isa;
use crate::types::Signature;

/// Declares kernels of one real argument: the function behind the table's row, its type, and where it comes from.
macro_rules! real_functions {
    ($($name:ident, $kernel:ident, $family:ident;)*) => {$(
        struct $kernel;

        #[doc = concat!("`", stringify!($name), "` of real numbers.")]
        pub fn $name(types: &Signature, isa: Isa) -> Option<Kernel> {
            unary_floats::<$kernel>(types.input(), isa)
        }

        real_function!($kernel, $family, $name);
    )*};
}

/// Defines a kernel for the three float types.
macro_rules! real_function {
    ($kernel:ident, $family:ident, $name:ident) => {
        impl Unary<f16> for $kernel {
            type Out = f16;
            #[inline(always)]
            fn apply(a: f16) -> f16 {
                narrow($family::$name(widen(a)))
            }
        }
        impl Unary<f32> for $kernel {
            type Out = f32;
            #[inline(always)]
            fn apply(a: f32) -> f32 {
                $family::$name(a)
            }
        }
        impl Unary<f64> for $kernel {
            type Out = f64;
            #[inline(always)]
            fn apply(a: f64) -> f64 {
                $family::$name(a)
            }
        }
    };
}

/// The same for functions that complex numbers have too.
macro_rules! complex_functions {
    ($($name:ident, $kernel:ident, $family:ident;)*) => {$(
        struct $kernel;

        #[doc = concat!("`", stringify!($name), "` of real and complex numbers.")]
        pub fn $name(types: &Signature, isa: Isa) -> Option<Kernel> {
            unary_floats::<$kernel>(types.input(), isa)
                .or_else(|| unary_complexes::<$kernel>(types.input(), isa))
        }

        real_function!($kernel, $family, $name);

        impl Unary<Complex<f32>> for $kernel {
            type Out = Complex<f32>;
            #[inline(always)]
            fn apply(a: Complex<f32>) -> Complex<f32> {
                ComplexFunctions::$name(a)
            }
        }
        impl Unary<Complex<f64>> for $kernel {
            type Out = Complex<f64>;
            #[inline(always)]
            fn apply(a: Complex<f64>) -> Complex<f64> {
                ComplexFunctions::$name(a)
            }
        }
    )*};
}

/// Declares kernels of two real arguments.
macro_rules! real_functions_of_two {
    ($($name:ident, $kernel:ident, $family:ident;)*) => {$(
        struct $kernel;

        #[doc = concat!("`", stringify!($name), "` of real numbers.")]
        pub fn $name(types: &Signature, isa: Isa) -> Option<Kernel> {
            binary_floats::<$kernel>(types.input(), isa)
        }

        impl Binary<f16> for $kernel {
            type Out = f16;
            #[inline(always)]
            fn apply(a: f16, b: f16) -> f16 {
                narrow($family::$name(widen(a), widen(b)))
            }
        }
        impl Binary<f32> for $kernel {
            type Out = f32;
            #[inline(always)]
            fn apply(a: f32, b: f32) -> f32 {
                $family::$name(a, b)
            }
        }
        impl Binary<f64> for $kernel {
            type Out = f64;
            #[inline(always)]
            fn apply(a: f64, b: f64) -> f64 {
                $family::$name(a, b)
            }
        }
    )*};
}

complex_functions! {
    exp, Exp, Exponential;
    exp2, Exp2, Exponential;
    expm1, Expm1, Exponential;
    log, Log, Exponential;
    log2, Log2, Exponential;
    log10, Log10, Exponential;
    log1p, Log1p, Exponential;
    sin, Sin, Trigonometric;
    cos, Cos, Trigonometric;
    tan, Tan, Trigonometric;
    arcsin, Arcsin, Trigonometric;
    arccos, Arccos, Trigonometric;
    arctan, Arctan, Trigonometric;
    sinh, Sinh, Trigonometric;
    cosh, Cosh, Trigonometric;
    tanh, Tanh, Trigonometric;
    arcsinh, Arcsinh, Trigonometric;
    arccosh, Arccosh, Trigonometric;
    arctanh, Arctanh, Trigonometric;
}

real_functions! {
    cbrt, Cbrt, Power;
}

real_functions_of_two! {
    arctan2, Arctan2, Trigonometric;
    hypot, Hypot, Power;
    logaddexp, Logaddexp, Exponential;
    logaddexp2, Logaddexp2, Exponential;
}
