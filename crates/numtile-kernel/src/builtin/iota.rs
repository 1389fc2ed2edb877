//! Sequences that are computed where they are needed.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::{Bool8, Element};
use numtile_core::{DType, Scalar};

use crate::kernels::number::{narrow, widen};

/// The formula of a sequence.
#[derive(Clone, Copy, Debug)]
pub enum Sequence {
    /// NumPy's `arange`: the first two elements are given, element `i` is `start + i·(next − start)`, every operation
    /// rounded to the element type (float16 through float32; integers wrap).
    Arange {
        /// Element 0.
        start: Scalar,
        /// Element 1.
        next: Scalar,
    },
    /// NumPy's `linspace`: `i·step + start` in float64; one position may hold the end point exactly.
    Linspace {
        /// Element 0.
        start: f64,
        /// The difference of neighbours.
        step: f64,
        /// The position of the end point, and its value.
        last: Option<(u64, f64)>,
    },
}

/// Writes the positions of a box: `first + Σ index·stride`, in C order.
///
/// # Safety
/// `to` has room for as many elements as the box has.
pub unsafe fn positions(to: *mut i64, first: i64, lengths: &[usize], strides: &[i64]) {
    let count: usize = lengths.iter().product();
    let mut index = vec![0usize; lengths.len()];
    let mut at = first;
    for n in 0..count {
        // SAFETY: n < count.
        unsafe { to.add(n).write(at) };
        for ((i, &len), &stride) in index.iter_mut().zip(lengths).zip(strides).rev() {
            *i += 1;
            at += stride;
            if *i < len {
                break;
            }
            at -= stride * len as i64;
            *i = 0;
        }
    }
}

/// Writes `count` elements of a sequence: those at `positions`, or those from position `first` on.
///
/// # Safety
/// `to` has room for `count` elements of the sequence's type, aligned; `positions`, if given, holds `count` of them.
pub unsafe fn fill(to: *mut u8, sequence: &Sequence, first: i64, positions: Option<*const i64>, count: usize) {
    let places = Places { first, positions, count };
    // SAFETY: both arms pass the contract on to the caller.
    unsafe {
        match *sequence {
            Sequence::Linspace { start, step, last } => {
                let (end, stop) = last.map_or((-1, 0.0), |(end, stop)| (end as i64, stop));
                write(to, &places, |i| if i == end { stop } else { i as f64 * step + start });
            }
            Sequence::Arange { start, next } => arange(to, &places, &start, &next),
        }
    }
}

/// The positions whose elements are written.
struct Places {
    first: i64,
    positions: Option<*const i64>,
    count: usize,
}

/// # Safety
/// `to` has room for the elements, of type `T`.
#[inline(always)]
unsafe fn write<T: Element>(to: *mut u8, places: &Places, value: impl Fn(i64) -> T) {
    let to = to.cast::<T>();
    // SAFETY: every n is below the count, for which there are room and positions.
    unsafe {
        match places.positions {
            None => (0..places.count).for_each(|n| to.add(n).write(value(places.first.wrapping_add(n as i64)))),
            Some(at) => (0..places.count).for_each(|n| to.add(n).write(value(at.add(n).read()))),
        }
    }
}

/// # Safety
/// `to` has room for the elements, of the type of `start`.
unsafe fn arange(to: *mut u8, places: &Places, start: &Scalar, next: &Scalar) {
    // SAFETY: passed on to the caller; each arm names the Rust type of the element type.
    unsafe {
        match start.dtype() {
            DType::Bool => count::<Bool8>(to, places, start, next),
            DType::I8 => count::<i8>(to, places, start, next),
            DType::I16 => count::<i16>(to, places, start, next),
            DType::I32 => count::<i32>(to, places, start, next),
            DType::I64 => count::<i64>(to, places, start, next),
            DType::U8 => count::<u8>(to, places, start, next),
            DType::U16 => count::<u16>(to, places, start, next),
            DType::U32 => count::<u32>(to, places, start, next),
            DType::U64 => count::<u64>(to, places, start, next),
            DType::F16 => count::<f16>(to, places, start, next),
            DType::F32 => count::<f32>(to, places, start, next),
            DType::F64 => count::<f64>(to, places, start, next),
            DType::C64 => count::<Complex<f32>>(to, places, start, next),
            DType::C128 => count::<Complex<f64>>(to, places, start, next),
        }
    }
}

/// NumPy writes the first two elements as they are given and fills in the rest by the formula.
///
/// # Safety
/// `to` has room for the elements, of type `T`.
unsafe fn count<T: Counting>(to: *mut u8, places: &Places, start: &Scalar, next: &Scalar) {
    let (Some(start), Some(next)) = (start.get::<T>(), next.get::<T>()) else { return };
    let step = T::step(start, next);
    // SAFETY: passed on to the caller.
    unsafe {
        write(to, places, |i| match i {
            0 => start,
            1 => next,
            _ => T::at(start, step, i),
        })
    }
}

/// A type with NumPy's formula for `arange`.
trait Counting: Element {
    /// The type in which the step is taken and multiplied.
    type Step: Copy;
    /// The step from one element to the next.
    fn step(start: Self, next: Self) -> Self::Step;
    /// `start + index * step`.
    fn at(start: Self, step: Self::Step, index: i64) -> Self;
}

macro_rules! wrapping_counting {
    ($($t:ty),*) => {$(
        impl Counting for $t {
            type Step = $t;
            #[inline(always)]
            fn step(start: $t, next: $t) -> $t { next.wrapping_sub(start) }
            #[inline(always)]
            fn at(start: $t, step: $t, index: i64) -> $t { start.wrapping_add((index as $t).wrapping_mul(step)) }
        }
    )*};
}
wrapping_counting!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! float_counting {
    ($($t:ty),*) => {$(
        impl Counting for $t {
            type Step = $t;
            #[inline(always)]
            fn step(start: $t, next: $t) -> $t { next - start }
            #[inline(always)]
            fn at(start: $t, step: $t, index: i64) -> $t { start + index as $t * step }
        }
        impl Counting for Complex<$t> {
            type Step = Complex<$t>;
            #[inline(always)]
            fn step(start: Self, next: Self) -> Self { next - start }
            #[inline(always)]
            fn at(start: Self, step: Self, index: i64) -> Self {
                let i = index as $t;
                Complex::new(start.re + i * step.re, start.im + i * step.im)
            }
        }
    )*};
}
float_counting!(f32, f64);

impl Counting for f16 {
    type Step = f32;
    #[inline(always)]
    fn step(start: f16, next: f16) -> f32 {
        widen(next) - widen(start)
    }
    #[inline(always)]
    fn at(start: f16, step: f32, index: i64) -> f16 {
        narrow(widen(start) + index as f32 * step)
    }
}

/// A bool sequence has at most two elements, and both are given.
impl Counting for Bool8 {
    type Step = ();
    #[inline(always)]
    fn step(_: Bool8, _: Bool8) {}
    #[inline(always)]
    fn at(start: Bool8, (): (), _: i64) -> Bool8 {
        start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arange_wraps_and_keeps_its_first_two() {
        let mut out = [0u8; 4];
        let sequence = Sequence::Arange { start: Scalar::new(250u8), next: Scalar::new(253u8) };
        // SAFETY: four elements of one byte.
        unsafe { fill(out.as_mut_ptr(), &sequence, 0, None, 4) };
        assert_eq!(out, [250, 253, 0, 3]);
        let mut out = [0f64; 3];
        let sequence = Sequence::Arange { start: Scalar::new(0.1), next: Scalar::new(0.4) };
        // SAFETY: three elements of eight bytes.
        unsafe { fill(out.as_mut_ptr().cast(), &sequence, 0, None, 3) };
        assert_eq!(out, [0.1, 0.4, 0.1 + 2.0 * (0.4 - 0.1)]);
    }

    #[test]
    fn linspace_ends_exactly() {
        let mut out = [0f64; 4];
        let sequence = Sequence::Linspace { start: 0.0, step: 1.0 / 3.0, last: Some((3, 1.0)) };
        // SAFETY: four elements of eight bytes.
        unsafe { fill(out.as_mut_ptr().cast(), &sequence, 0, None, 4) };
        assert_eq!(out[3], 1.0);
    }

    #[test]
    fn positions_of_a_box() {
        let mut out = [0i64; 6];
        // SAFETY: six positions.
        unsafe { positions(out.as_mut_ptr(), 5, &[2, 3], &[-1, 10]) };
        assert_eq!(out, [5, 15, 25, 4, 14, 24]);
    }
}
