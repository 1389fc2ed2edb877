//! Powers and square roots.
//!
//! Integers multiply repeatedly and wrap; a negative exponent sets [`Flags::NEGATIVE_POWER`] and gives 0. (NumPy's
//! special cases for scalar exponents, such as squaring for `x**2`, are other operations and the planner's business.)

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::Element;
use numtile_math::complex::ComplexFunctions;
use numtile_math::functions::{self, BinaryFunction};

use super::group::{binary_complexes, binary_integers, unary_complexes, unary_floats};
use super::number::{narrow, widen};
use super::{Binary, Kernel, Unary, slices};
use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::Strip;
use crate::types::Signature;

struct Power;
struct Sqrt;

/// `a ** b`.
pub fn power(types: &Signature, isa: Isa) -> Option<Kernel> {
    let t = types.input();
    Some(match (t, isa) {
        (DType::I8, _) => checked_power::<i8>,
        (DType::I16, _) => checked_power::<i16>,
        (DType::I32, _) => checked_power::<i32>,
        (DType::I64, _) => checked_power::<i64>,
        _ => binary_integers::<Power>(t, isa)
            .or_else(|| slices::binary::<Power>(t, isa))
            .or_else(|| binary_complexes::<Power>(t, isa))?,
    })
}

/// The square root.
pub fn sqrt(types: &Signature, isa: Isa) -> Option<Kernel> {
    unary_floats::<Sqrt>(types.input(), isa).or_else(|| unary_complexes::<Sqrt>(types.input(), isa))
}

/// Integer power with a look at the exponents; the same on every instruction set.
unsafe fn checked_power<T>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags
where
    T: Element + PartialOrd + Default,
    Power: Binary<T, Out = T>,
{
    let exponents = args[1].start.cast::<T>();
    let count = if args[1].uniform { n.min(1) } else { n };
    // SAFETY: the strip holds `n` exponents, or one.
    let negative = (0..count).any(|i| unsafe { exponents.add(i).read() } < T::default());
    let kernel = super::strips::binary::<Power, T, T>(Isa::Baseline);
    // SAFETY: the contract of `Kernel`, handed on.
    let flags = unsafe { kernel(n, args, to) };
    if negative { flags | Flags::NEGATIVE_POWER } else { flags }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Binary<$t> for Power {
            type Out = $t;
            #[inline(always)]
            #[allow(unused_comparisons)]
            fn apply(a: $t, b: $t) -> $t {
                if b < 0 {
                    return 0;
                }
                let (mut base, mut exponent, mut power) = (a, b, 1 as $t);
                while exponent != 0 {
                    if exponent & 1 == 1 {
                        power = power.wrapping_mul(base);
                    }
                    exponent >>= 1;
                    base = base.wrapping_mul(base);
                }
                power
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($t:ty),*) => {$(
        impl Unary<$t> for Sqrt {
            type Out = $t;
            #[inline(always)]
            fn apply(a: $t) -> $t { a.sqrt() }
        }
        impl Binary<Complex<$t>> for Power {
            type Out = Complex<$t>;
            #[inline(always)]
            fn apply(a: Complex<$t>, b: Complex<$t>) -> Complex<$t> { ComplexFunctions::pow(a, b) }
        }
        impl Unary<Complex<$t>> for Sqrt {
            type Out = Complex<$t>;
            #[inline(always)]
            fn apply(a: Complex<$t>) -> Complex<$t> { ComplexFunctions::sqrt(a) }
        }
    )*};
}
floats!(f32, f64);

impl slices::Binary for Power {
    fn function() -> &'static BinaryFunction {
        &functions::POWER
    }
}

impl Unary<f16> for Sqrt {
    type Out = f16;
    #[inline(always)]
    fn apply(a: f16) -> f16 {
        narrow(widen(a).sqrt())
    }
}
