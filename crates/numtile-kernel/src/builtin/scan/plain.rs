//! Running values that are kept in one number.

use std::marker::PhantomData;

use super::fold::Fold;
use super::wide::Wide;
use crate::kernels::number::Number;

/// What makes the next running value.
pub(super) trait Step: Send + Sync + 'static {
    /// `running` with one more element.
    fn step<N: Number>(running: N, x: N) -> N;
}

/// Addition.
pub(super) struct Add;

/// Multiplication.
pub(super) struct Multiply;

impl Step for Add {
    #[inline(always)]
    fn step<N: Number>(running: N, x: N) -> N {
        running.add(x)
    }
}

impl Step for Multiply {
    #[inline(always)]
    fn step<N: Number>(running: N, x: N) -> N {
        running.multiply(x)
    }
}

/// One step per element of type `T`, in its wider type.
pub(super) struct Plain<T, S>(PhantomData<(T, S)>);

impl<T: Wide, S: Step> Fold for Plain<T, S> {
    type Elem = T;
    type High = T::Wide;
    type Low = ();
    type Carry = T::Wide;

    #[inline(always)]
    fn first(x: T) -> (T::Wide, ()) {
        (x.widen(), ())
    }

    #[inline(always)]
    fn resume(carry: T::Wide) -> (T::Wide, ()) {
        (carry, ())
    }

    #[inline(always)]
    fn next(high: T::Wide, (): (), x: T) -> (T::Wide, ()) {
        (S::step(high, x.widen()), ())
    }

    #[inline(always)]
    fn value(high: T::Wide, (): ()) -> T {
        T::narrow(high)
    }

    #[inline(always)]
    fn carry(high: T::Wide, (): ()) -> T::Wide {
        high
    }
}
