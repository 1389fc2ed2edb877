//! Whether any element is true, or all are.

use std::marker::PhantomData;
use std::ops::BitOr;
use std::sync::Arc;

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::{Bool8, Element};

use super::fold::{self, Fold};
use super::instance::{Algorithm, Kernel, instance};
use crate::isa::Isa;

/// Whether any element is true.
pub(super) fn any(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if output == DType::Bool { kernel::<false>(input, isa) } else { None }
}

/// Whether all elements are true.
pub(super) fn all(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if output == DType::Bool { kernel::<true>(input, isa) } else { None }
}

fn kernel<const ALL: bool>(input: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input {
        DType::Bool => instance(Quantifier::<Bool8, ALL>(PhantomData), isa),
        DType::I8 => instance(Quantifier::<i8, ALL>(PhantomData), isa),
        DType::I16 => instance(Quantifier::<i16, ALL>(PhantomData), isa),
        DType::I32 => instance(Quantifier::<i32, ALL>(PhantomData), isa),
        DType::I64 => instance(Quantifier::<i64, ALL>(PhantomData), isa),
        DType::U8 => instance(Quantifier::<u8, ALL>(PhantomData), isa),
        DType::U16 => instance(Quantifier::<u16, ALL>(PhantomData), isa),
        DType::U32 => instance(Quantifier::<u32, ALL>(PhantomData), isa),
        DType::U64 => instance(Quantifier::<u64, ALL>(PhantomData), isa),
        DType::F16 => instance(Quantifier::<f16, ALL>(PhantomData), isa),
        DType::F32 => instance(Quantifier::<f32, ALL>(PhantomData), isa),
        DType::F64 => instance(Quantifier::<f64, ALL>(PhantomData), isa),
        DType::C64 => instance(Quantifier::<Complex<f32>, ALL>(PhantomData), isa),
        DType::C128 => instance(Quantifier::<Complex<f64>, ALL>(PhantomData), isa),
    }
}

/// An element type whose values are true or false: all but zero are true, NaN too.
trait Truth: Element {
    /// Bits of which some are set where the value is true.
    type Bits: Copy + Send + Sync + PartialEq + BitOr<Output = Self::Bits> + 'static;
    /// No bit.
    const NONE: Self::Bits;
    /// Some bit.
    const SOME: Self::Bits;
    /// The bits of the value.
    fn bits(self) -> Self::Bits;
}

macro_rules! truths {
    ($($rust:ty: $bits:ty = |$x:ident| $of:expr),* $(,)?) => {$(
        impl Truth for $rust {
            type Bits = $bits;
            const NONE: $bits = 0;
            const SOME: $bits = <$bits>::MAX;
            #[inline(always)]
            fn bits(self) -> $bits {
                let $x = self;
                $of
            }
        }
    )*};
}
truths!(
    Bool8: u8 = |x| x.0,
    i8: u8 = |x| x as u8, i16: u16 = |x| x as u16, i32: u32 = |x| x as u32, i64: u64 = |x| x as u64,
    u8: u8 = |x| x, u16: u16 = |x| x, u32: u32 = |x| x, u64: u64 = |x| x,
    // All but the sign: a zero has no other bit.
    f16: u16 = |x| x.to_bits() << 1, f32: u32 = |x| x.to_bits() << 1, f64: u64 = |x| x.to_bits() << 1,
    Complex<f32>: u32 = |z| (z.re.to_bits() | z.im.to_bits()) << 1,
    Complex<f64>: u64 = |z| (z.re.to_bits() | z.im.to_bits()) << 1,
);

/// "Any" collects bits of true elements, "all" bits of false ones. A state is the answer so far.
struct Quantifier<T, const ALL: bool>(PhantomData<T>);

impl<T: Truth, const ALL: bool> Fold for Quantifier<T, ALL> {
    type Elem = T;
    type Lane = T::Bits;
    const START: T::Bits = T::NONE;
    #[inline(always)]
    fn lane(x: T) -> T::Bits {
        let bits = x.bits();
        if !ALL {
            bits
        } else if bits == T::NONE {
            T::SOME
        } else {
            T::NONE
        }
    }
    #[inline(always)]
    fn pick(a: T::Bits, b: T::Bits) -> T::Bits {
        a | b
    }
}

impl<T: Truth, const ALL: bool> Quantifier<T, ALL> {
    #[inline(always)]
    fn answer(found: T::Bits) -> u64 {
        u64::from((found != T::NONE) != ALL)
    }
}

impl<T: Truth, const ALL: bool> Algorithm for Quantifier<T, ALL> {
    type Elem = T;
    type State = u64;

    #[inline(always)]
    unsafe fn across(&self, values: *const T, kept: usize, rows: usize, cols: usize, states: *mut u64) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { states.add(k).write(Self::answer(fold::flat::<Self>(values.add(k * n), n))) };
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const T, rows: usize, kept: usize, states: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe {
            fold::columns::<Self>(values, rows, kept, |column, found| states.add(column).write(Self::answer(found)));
        }
    }

    fn join(&self, left: u64, right: u64, _n_left: u64, _n_right: u64) -> u64 {
        if ALL { left & right } else { left | right }
    }

    unsafe fn finalize(&self, states: &[u64], kept: usize, _n: u64, out: *mut u8) {
        for k in 0..kept {
            let answer = states.get(k).copied().unwrap_or(u64::from(ALL));
            // SAFETY: the caller's promise; the output type is bool.
            unsafe { out.add(k).write(answer as u8) };
        }
    }
}
