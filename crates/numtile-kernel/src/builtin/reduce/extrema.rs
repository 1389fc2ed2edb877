//! Least and greatest elements.

use std::marker::PhantomData;
use std::sync::Arc;

use half::f16;
use num_complex::Complex;
use numtile_core::DType;
use numtile_core::dtype::Bool8;

use super::fold::{self, Fold};
use super::instance::{Algorithm, Kernel, instance};
use super::order::{Lane, Ordered, lane_of};
use crate::isa::Isa;

/// The least element.
pub(super) fn least(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if input == output { kernel::<false>(input, isa) } else { None }
}

/// The greatest element.
pub(super) fn greatest(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if input == output { kernel::<true>(input, isa) } else { None }
}

fn kernel<const GREATEST: bool>(input: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    match input {
        DType::Bool => instance(Extremum::<Bool8, GREATEST>(PhantomData), isa),
        DType::I8 => instance(Extremum::<i8, GREATEST>(PhantomData), isa),
        DType::I16 => instance(Extremum::<i16, GREATEST>(PhantomData), isa),
        DType::I32 => instance(Extremum::<i32, GREATEST>(PhantomData), isa),
        DType::I64 => instance(Extremum::<i64, GREATEST>(PhantomData), isa),
        DType::U8 => instance(Extremum::<u8, GREATEST>(PhantomData), isa),
        DType::U16 => instance(Extremum::<u16, GREATEST>(PhantomData), isa),
        DType::U32 => instance(Extremum::<u32, GREATEST>(PhantomData), isa),
        DType::U64 => instance(Extremum::<u64, GREATEST>(PhantomData), isa),
        DType::F16 => instance(Extremum::<f16, GREATEST>(PhantomData), isa),
        DType::F32 => instance(Extremum::<f32, GREATEST>(PhantomData), isa),
        DType::F64 => instance(Extremum::<f64, GREATEST>(PhantomData), isa),
        DType::C64 => instance(Extremum::<Complex<f32>, GREATEST>(PhantomData), isa),
        DType::C128 => instance(Extremum::<Complex<f64>, GREATEST>(PhantomData), isa),
    }
}

/// A lane in whole words.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Cell<L>(L);

struct Extremum<T, const GREATEST: bool>(PhantomData<T>);

impl<T: Ordered, const GREATEST: bool> Fold for Extremum<T, GREATEST> {
    type Elem = T;
    type Lane = T::Lane;
    const START: T::Lane = T::Lane::LAST;
    #[inline(always)]
    fn lane(x: T) -> T::Lane {
        lane_of::<T, GREATEST>(x)
    }
    #[inline(always)]
    fn pick(a: T::Lane, b: T::Lane) -> T::Lane {
        a.pick(b)
    }
}

/// The extremum of `n` elements that lie together.
///
/// # Safety
/// `values` must be valid for reading `n` elements.
#[inline(always)]
pub(super) unsafe fn flat<T: Ordered, const GREATEST: bool>(values: *const T, n: usize) -> T::Lane {
    // SAFETY: the caller's promise.
    unsafe {
        if T::Lane::COMMUTES {
            return fold::flat::<Extremum<T, GREATEST>>(values, n);
        }
        // Where equal values have different bits the first of them counts.
        let mut best = T::Lane::LAST;
        for i in 0..n {
            let x = lane_of::<T, GREATEST>(*values.add(i));
            best = if i == 0 { x } else { best.pick(x) };
        }
        best
    }
}

impl<T: Ordered, const GREATEST: bool> Algorithm for Extremum<T, GREATEST> {
    type Elem = T;
    type State = Cell<T::Lane>;

    #[inline(always)]
    unsafe fn across(&self, values: *const T, kept: usize, rows: usize, cols: usize, states: *mut Cell<T::Lane>) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { states.add(k).write(Cell(flat::<T, GREATEST>(values.add(k * n), n))) };
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const T, rows: usize, kept: usize, states: *mut Cell<T::Lane>) {
        // SAFETY: the caller's promise. Rows are taken in order, so the first of equal values wins here too; START
        // loses even to a NaN.
        unsafe { fold::columns::<Self>(values, rows, kept, |column, lane| states.add(column).write(Cell(lane))) }
    }

    fn join(&self, left: Cell<T::Lane>, right: Cell<T::Lane>, _n_left: u64, _n_right: u64) -> Cell<T::Lane> {
        Cell(left.0.pick(right.0))
    }

    unsafe fn finalize(&self, states: &[Cell<T::Lane>], kept: usize, _n: u64, out: *mut u8) {
        for k in 0..kept {
            let lane = states.get(k).map_or(T::Lane::LAST, |cell| cell.0);
            let lane = if GREATEST { lane.reversed() } else { lane };
            // SAFETY: the caller's promise; the output type is the input type.
            unsafe { out.cast::<T>().add(k).write(T::element(lane)) };
        }
    }
}
