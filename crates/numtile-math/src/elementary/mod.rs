//! Elementary functions, each written once: over any [`Lanes`] and both float types.
//!
//! A function is a fixed sequence of exact operations without branches on values, so that it can be compiled for every
//! instruction set, and recorded by a compiler. Where an argument needs another method altogether (trigonometric
//! functions of huge numbers), the function says for which lanes, and [`Unary::apply_whole`] sees to them.

pub mod coefficients;
pub mod exponential;
pub mod hyperbolic;
pub mod inverse_hyperbolic;
pub mod inverse_trigonometric;
pub mod logarithm;
pub mod logarithm_of_sum;
mod payne_hanek;
pub mod power;
pub mod root;
mod sum;
pub mod trigonometric;

pub use exponential::{Exp, Exp2, Expm1};
pub use hyperbolic::{Cosh, Sinh, Tanh};
pub use inverse_hyperbolic::{Arccosh, Arcsinh, Arctanh};
pub use inverse_trigonometric::{Arccos, Arcsin, Arctan, Arctan2};
pub use logarithm::{Log, Log1p, Log2, Log10};
pub use logarithm_of_sum::{Logaddexp, Logaddexp2};
pub use power::Pow;
pub use root::{Cbrt, Hypot};
pub use trigonometric::{Cos, Sin, Tan};

use crate::lanes::{Lanes, Vector};

/// A function of one number.
pub trait Unary: 'static {
    /// The function, by straight-line code.
    fn apply<V: Lanes>(x: V) -> V;

    /// Where [`Unary::apply`] is not good enough; `None`: nowhere.
    #[inline(always)]
    fn beyond<V: Lanes>(_x: V) -> Option<V::Mask> {
        None
    }

    /// The function, with the lanes that are [`Unary::beyond`] seen to.
    #[inline(always)]
    fn apply_whole<V: Vector>(x: V) -> V {
        Self::apply(x)
    }
}

/// A function of two numbers.
pub trait Binary: 'static {
    /// The function, by straight-line code.
    fn apply<V: Lanes>(x: V, y: V) -> V;
}
