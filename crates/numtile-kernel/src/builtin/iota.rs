//! Sequences that are computed where they are needed.

use half::f16;
use num_complex::Complex;
use numtile_core::dtype::{Bool8, Element};
use numtile_core::{DType, Scalar};

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
    let at = |n: usize| match positions {
        // SAFETY: n < count, and the caller promises that many positions.
        Some(positions) => unsafe { *positions.add(n) },
        None => first + n as i64,
    };
    match *sequence {
        Sequence::Linspace { start, step, last } => {
            let value = |i: i64| match last {
                Some((end, stop)) if end as i64 == i => stop,
                _ => i as f64 * step + start,
            };
            // SAFETY: passed on to the caller.
            unsafe { write(to, count, |n| value(at(n))) }
        }
        // SAFETY: passed on to the caller.
        Sequence::Arange { start, next } => unsafe { arange(to, start, next, count, at) },
    }
}

/// # Safety
/// `to` has room for `count` elements of type `T`.
unsafe fn write<T: Element>(to: *mut u8, count: usize, value: impl Fn(usize) -> T) {
    for n in 0..count {
        // SAFETY: n < count.
        unsafe { to.cast::<T>().add(n).write(value(n)) };
    }
}

/// # Safety
/// `to` has room for `count` elements of the type of `start`.
unsafe fn arange(to: *mut u8, start: Scalar, next: Scalar, count: usize, at: impl Fn(usize) -> i64) {
    let real = |s: Scalar| s.to_f64();
    let (a, b) = (start.to_complex(), next.to_complex());
    // SAFETY (all arms): passed on to the caller.
    match start.dtype() {
        DType::Bool => unsafe {
            let value = |i: i64| Bool8::from(if i == 0 { real(start) } else { real(next) } != 0.0);
            write(to, count, |n| value(at(n)));
        },
        DType::F16 => unsafe {
            let (first, second) = (real(start) as f32, real(next) as f32);
            let delta = second - first;
            let value = |i: i64| if i == 1 { second } else { first + i as f32 * delta };
            write(to, count, |n| f16::from_f32(value(at(n))));
        },
        DType::F32 => unsafe {
            let (first, second) = (real(start) as f32, real(next) as f32);
            let delta = second - first;
            write(to, count, |n| if at(n) == 1 { second } else { first + at(n) as f32 * delta });
        },
        DType::F64 => unsafe {
            let (first, second) = (real(start), real(next));
            let delta = second - first;
            write(to, count, |n| if at(n) == 1 { second } else { first + at(n) as f64 * delta });
        },
        DType::C64 => unsafe {
            let (first, second) = (Complex::new(a.re as f32, a.im as f32), Complex::new(b.re as f32, b.im as f32));
            let delta = second - first;
            let value = |i: f32| Complex::new(first.re + i * delta.re, first.im + i * delta.im);
            write(to, count, |n| if at(n) == 1 { second } else { value(at(n) as f32) });
        },
        DType::C128 => unsafe {
            let delta = b - a;
            let value = |i: f64| Complex::new(a.re + i * delta.re, a.im + i * delta.im);
            write(to, count, |n| if at(n) == 1 { b } else { value(at(n) as f64) });
        },
        _ => unsafe { arange_integers(to, start, next, count, at) },
    }
}

/// # Safety
/// `to` has room for `count` elements of the integer type of `start`.
unsafe fn arange_integers(to: *mut u8, start: Scalar, next: Scalar, count: usize, at: impl Fn(usize) -> i64) {
    let (first, second) = (start.to_int().unwrap_or(0) as i64, next.to_int().unwrap_or(0) as i64);
    let delta = second.wrapping_sub(first);
    let value = |n: usize| first.wrapping_add(at(n).wrapping_mul(delta));
    // SAFETY (all arms): passed on to the caller; arithmetic modulo 2^64 cut to the width is arithmetic modulo 2^width.
    match start.dtype().size() {
        1 => unsafe { write(to, count, |n| value(n) as u8) },
        2 => unsafe { write(to, count, |n| value(n) as u16) },
        4 => unsafe { write(to, count, |n| value(n) as u32) },
        _ => unsafe { write(to, count, |n| value(n) as u64) },
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
