//! The elementary functions of single numbers, with the bits they have in slices: for whoever decides by values.

use crate::elementary::*;
use crate::simd::Element;
use crate::slices::{scalar, scalar_of_two};

/// Declares functions by name.
macro_rules! functions {
    ($of_any:ident: $($name:ident($($x:ident),*), $function:ident;)*) => {$(
        #[doc = concat!("`", stringify!($name), "` of float32 or float64.")]
        pub fn $name<R: Element>($($x: R),*) -> R {
            $of_any::<$function, R>($($x),*)
        }
    )*};
}

functions! { scalar:
    exp(x), Exp;
    exp2(x), Exp2;
    expm1(x), Expm1;
    log(x), Log;
    log2(x), Log2;
    log10(x), Log10;
    log1p(x), Log1p;
    sin(x), Sin;
    cos(x), Cos;
    tan(x), Tan;
    arcsin(x), Arcsin;
    arccos(x), Arccos;
    arctan(x), Arctan;
    sinh(x), Sinh;
    cosh(x), Cosh;
    tanh(x), Tanh;
    arcsinh(x), Arcsinh;
    arctanh(x), Arctanh;
}

functions! { scalar_of_two:
    arctan2(y, x), Arctan2;
    hypot(x, y), Hypot;
}
