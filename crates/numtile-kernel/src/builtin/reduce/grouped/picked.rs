//! Least and greatest elements and truth values of groups.

use std::sync::Arc;

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::Bool8;

use super::super::extrema::Least;
use super::super::fold::Fold;
use super::super::order::{Lane, Ordered};
use super::instance::{Accumulate, Instance, Kernel};
use crate::isa::Isa;

/// The least or the greatest of `input` elements.
pub(super) fn extremum(input: DType, greatest: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    fn of<T: Ordered>(greatest: bool, unsigned: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
        let least = Least::<T> { mask: T::Lane::mask(greatest, unsigned) };
        Some(Arc::new(Instance { algorithm: Extremum(least), isa }))
    }
    match input {
        DType::Bool => of::<Bool8>(greatest, false, isa),
        DType::I8 => of::<i8>(greatest, false, isa),
        DType::I16 => of::<i16>(greatest, false, isa),
        DType::I32 => of::<i32>(greatest, false, isa),
        DType::I64 => of::<i64>(greatest, false, isa),
        DType::U8 => of::<i8>(greatest, true, isa),
        DType::U16 => of::<i16>(greatest, true, isa),
        DType::U32 => of::<i32>(greatest, true, isa),
        DType::U64 => of::<i64>(greatest, true, isa),
        DType::F16 => of::<f16>(greatest, false, isa),
        DType::F32 => of::<f32>(greatest, false, isa),
        DType::F64 => of::<f64>(greatest, false, isa),
        DType::C64 => of::<Complex<f32>>(greatest, false, isa),
        DType::C128 => of::<Complex<f64>>(greatest, false, isa),
    }
}

/// Whether any element is true, or all are. Elements are of bool.
pub(super) fn quantifier(input: DType, all: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    (input == DType::Bool).then(|| Arc::new(Instance { algorithm: Quantifier { all }, isa }) as Arc<dyn Kernel>)
}

struct Extremum<T: Ordered>(Least<T>);

impl<T: Ordered> Accumulate<1> for Extremum<T> {
    type Elem = T;
    type Word = T::Lane;

    #[inline(always)]
    fn first(&self, x: T) -> [T::Lane; 1] {
        [self.0.lane(x)]
    }

    #[inline(always)]
    fn next(&self, [state]: [T::Lane; 1], x: T) -> [T::Lane; 1] {
        [state.pick(self.0.lane(x))]
    }

    #[inline(always)]
    fn join(&self, [left]: [T::Lane; 1], [right]: [T::Lane; 1], _n_left: u64, _n_right: u64) -> [T::Lane; 1] {
        [left.pick(right)]
    }

    unsafe fn write(&self, states: impl Iterator<Item = [T::Lane; 1]>, _n: u64, out: *mut u8) {
        for (k, [state]) in states.enumerate() {
            // SAFETY: the caller's promise; the output type is the input type.
            unsafe { out.cast::<T>().add(k).write(T::element(state.flip(self.0.mask))) };
        }
    }
}

struct Quantifier {
    all: bool,
}

impl Quantifier {
    #[inline(always)]
    fn both(&self, a: u8, b: u8) -> u8 {
        if self.all { a & b } else { a | b }
    }
}

impl Accumulate<1> for Quantifier {
    type Elem = Bool8;
    type Word = u8;

    #[inline(always)]
    fn first(&self, x: Bool8) -> [u8; 1] {
        [u8::from(x.get())]
    }

    #[inline(always)]
    fn next(&self, [state]: [u8; 1], x: Bool8) -> [u8; 1] {
        [self.both(state, u8::from(x.get()))]
    }

    #[inline(always)]
    fn join(&self, [left]: [u8; 1], [right]: [u8; 1], _n_left: u64, _n_right: u64) -> [u8; 1] {
        [self.both(left, right)]
    }

    unsafe fn write(&self, states: impl Iterator<Item = [u8; 1]>, _n: u64, out: *mut u8) {
        for (k, [state]) in states.enumerate() {
            // SAFETY: the caller's promise; the output type is bool.
            unsafe { out.add(k).write(state) };
        }
    }
}
