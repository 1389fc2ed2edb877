//! The types in which running values are kept: as wide as the element, or wider so that results are rounded once.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::{Bool8, Element};

use crate::kernels::number::Number;

/// An element and the type in which its running values are kept.
pub(super) trait Wide: Element {
    /// The wider type.
    type Wide: Number;
    /// The element, exactly.
    fn widen(self) -> Self::Wide;
    /// The nearest element.
    fn narrow(wide: Self::Wide) -> Self;
    /// Whether this is not a number, in any of its parts.
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
    /// The same with every NaN made the same NaN: which one the processor makes depends on the order of operands, that
    /// is, on the compiler.
    #[inline(always)]
    fn canonical(self) -> Self {
        self
    }
}

macro_rules! as_they_are {
    ($($t:ty),*) => {$(
        impl Wide for $t {
            type Wide = $t;
            #[inline(always)]
            fn widen(self) -> $t { self }
            #[inline(always)]
            fn narrow(wide: $t) -> $t { wide }
        }
    )*};
}
as_they_are!(Bool8, u8, u16, u32, u64);

macro_rules! floats {
    ($($t:ty: |$x:ident| $widen:expr, |$wide:ident| $narrow:expr;)*) => {$(
        impl Wide for $t {
            type Wide = f64;
            #[inline(always)]
            fn widen(self) -> f64 { let $x = self; $widen }
            #[inline(always)]
            fn narrow($wide: f64) -> $t { $narrow }
            #[inline(always)]
            fn is_nan(self) -> bool { <$t>::is_nan(self) }
            #[inline(always)]
            fn canonical(self) -> $t { if <$t>::is_nan(self) { <$t>::NAN } else { self } }
        }
        impl Wide for Complex<$t> {
            type Wide = Complex<f64>;
            #[inline(always)]
            fn widen(self) -> Complex<f64> { Complex::new(self.re.widen(), self.im.widen()) }
            #[inline(always)]
            fn narrow(wide: Complex<f64>) -> Complex<$t> {
                Complex::new(<$t as Wide>::narrow(wide.re), <$t as Wide>::narrow(wide.im))
            }
            #[inline(always)]
            fn is_nan(self) -> bool { self.re.is_nan() | self.im.is_nan() }
            #[inline(always)]
            fn canonical(self) -> Complex<$t> { Complex::new(self.re.canonical(), self.im.canonical()) }
        }
    )*};
}
floats! {
    f32: |x| f64::from(x), |wide| wide as f32;
    f64: |x| x, |wide| wide;
}

impl Wide for f16 {
    type Wide = f64;
    #[inline(always)]
    fn widen(self) -> f64 {
        numtile_math::half::to_f64(self.to_bits())
    }
    #[inline(always)]
    fn narrow(wide: f64) -> f16 {
        f16::from_bits(numtile_math::half::from_f64(wide))
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        f16::is_nan(self)
    }
    #[inline(always)]
    fn canonical(self) -> f16 {
        if f16::is_nan(self) { f16::NAN } else { self }
    }
}
