//! Elementary functions: those of `numtile-math`, by name. Real ones run over whole strips, complex ones number by number.

use num_complex::Complex;
use numtile_math::complex::ComplexFunctions;
use numtile_math::functions::{self, BinaryFunction, UnaryFunction};

use super::group::unary_complexes;
use super::{Kernel, Unary, slices};
use crate::isa::Isa;
use crate::types::Signature;

/// Declares kernels of one argument, real or complex: the function behind the table's row, its type, and its name in
/// `numtile-math`.
macro_rules! functions_of_one {
    ($($name:ident, $kernel:ident, $function:ident;)*) => {$(
        struct $kernel;

        #[doc = concat!("`", stringify!($name), "` of real and complex numbers.")]
        pub fn $name(types: &Signature, isa: Isa) -> Option<Kernel> {
            slices::unary::<$kernel>(types.input(), isa).or_else(|| unary_complexes::<$kernel>(types.input(), isa))
        }

        impl slices::Unary for $kernel {
            fn function() -> &'static UnaryFunction {
                &functions::$function
            }
        }
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
macro_rules! functions_of_two {
    ($($name:ident, $kernel:ident, $function:ident;)*) => {$(
        struct $kernel;

        #[doc = concat!("`", stringify!($name), "` of real numbers.")]
        pub fn $name(types: &Signature, isa: Isa) -> Option<Kernel> {
            slices::binary::<$kernel>(types.input(), isa)
        }

        impl slices::Binary for $kernel {
            fn function() -> &'static BinaryFunction {
                &functions::$function
            }
        }
    )*};
}

functions_of_one! {
    exp, Exp, EXP;
    exp2, Exp2, EXP2;
    expm1, Expm1, EXPM1;
    log, Log, LOG;
    log2, Log2, LOG2;
    log10, Log10, LOG10;
    log1p, Log1p, LOG1P;
    sin, Sin, SIN;
    cos, Cos, COS;
    tan, Tan, TAN;
    arcsin, Arcsin, ARCSIN;
    arccos, Arccos, ARCCOS;
    arctan, Arctan, ARCTAN;
    sinh, Sinh, SINH;
    cosh, Cosh, COSH;
    tanh, Tanh, TANH;
    arcsinh, Arcsinh, ARCSINH;
    arccosh, Arccosh, ARCCOSH;
    arctanh, Arctanh, ARCTANH;
}

functions_of_two! {
    arctan2, Arctan2, ARCTAN2;
    hypot, Hypot, HYPOT;
    logaddexp, Logaddexp, LOGADDEXP;
    logaddexp2, Logaddexp2, LOGADDEXP2;
}

struct Cbrt;

/// `cbrt` of real numbers.
pub fn cbrt(types: &Signature, isa: Isa) -> Option<Kernel> {
    slices::unary::<Cbrt>(types.input(), isa)
}

impl slices::Unary for Cbrt {
    fn function() -> &'static UnaryFunction {
        &functions::CBRT
    }
}
