//! Integers and booleans as they are summed.

use std::marker::PhantomData;

use numtile_core::DType;
use numtile_core::dtype::Bool8;

use super::fold::{self, Fold};

/// How the elements of one leaf (at most 4096) are added without losing a bit of the total modulo 2^64, and how the
/// exact total is found.
pub(super) trait Integer: Copy + Send + Sync + 'static {
    /// Holds the sum of a leaf modulo 2^64: exactly, or in 64 wrapping bits.
    type Partial: Copy;
    /// Zero.
    const ZERO: Self::Partial;
    /// The element, widened.
    fn widen(self) -> Self::Partial;
    /// The sum of two partial sums, wrapping.
    fn add(a: Self::Partial, b: Self::Partial) -> Self::Partial;
    /// The sum modulo 2^64.
    fn wrapped(sum: Self::Partial) -> u64;
    /// The upper 32 bits, rounding down: sums of them are exact in 64 bits. Zero where partial sums are exact anyway.
    fn upper(self) -> i64;
    /// The rest: `upper * 2^32 + lower` is the element.
    fn lower(self) -> i64;
    /// Whether `upper` can be other than zero.
    const SPLIT: bool;
}

macro_rules! integers {
    ($($rust:ty: $partial:ty),*) => {$(
        impl Integer for $rust {
            type Partial = $partial;
            const ZERO: $partial = 0;
            const SPLIT: bool = size_of::<$rust>() == 8;
            #[inline(always)]
            fn widen(self) -> $partial {
                self as $partial
            }
            #[inline(always)]
            fn add(a: $partial, b: $partial) -> $partial {
                a.wrapping_add(b)
            }
            #[inline(always)]
            fn wrapped(sum: $partial) -> u64 {
                sum as u64
            }
            #[inline(always)]
            fn upper(self) -> i64 {
                // Half the width is 32 bits where it matters; a narrow type has no shift by 32.
                if Self::SPLIT { (self >> (4 * size_of::<$rust>())) as i64 } else { 0 }
            }
            #[inline(always)]
            fn lower(self) -> i64 {
                if Self::SPLIT { (self as u64 & 0xffff_ffff) as i64 } else { self as i64 }
            }
        }
    )*};
}
integers!(i8: i32, i16: i32, i32: i64, i64: i64, u8: u32, u16: u32, u32: u64, u64: u64);

impl Integer for Bool8 {
    type Partial = u32;
    const ZERO: u32 = 0;
    const SPLIT: bool = false;
    #[inline(always)]
    fn widen(self) -> u32 {
        u32::from(self.get())
    }
    #[inline(always)]
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
    #[inline(always)]
    fn wrapped(sum: u32) -> u64 {
        u64::from(sum)
    }
    #[inline(always)]
    fn upper(self) -> i64 {
        0
    }
    #[inline(always)]
    fn lower(self) -> i64 {
        i64::from(self.get())
    }
}

/// The sum modulo 2^64.
struct Wrapping<T>(PhantomData<T>);

impl<T: Integer> Fold for Wrapping<T> {
    type Elem = T;
    type Lane = T::Partial;
    const START: T::Partial = T::ZERO;
    #[inline(always)]
    fn lane(&self, x: T) -> T::Partial {
        x.widen()
    }
    #[inline(always)]
    fn pick(&self, a: T::Partial, b: T::Partial) -> T::Partial {
        T::add(a, b)
    }
}

/// The sum of the upper (or the lower) halves.
struct Half<T, const UPPER: bool>(PhantomData<T>);

impl<T: Integer, const UPPER: bool> Fold for Half<T, UPPER> {
    type Elem = T;
    type Lane = i64;
    const START: i64 = 0;
    #[inline(always)]
    fn lane(&self, x: T) -> i64 {
        if UPPER { x.upper() } else { x.lower() }
    }
    #[inline(always)]
    fn pick(&self, a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }
}

/// The sum of `n` elements modulo 2^64.
///
/// # Safety
/// `values` must be valid for reading `n` elements.
#[inline(always)]
pub(super) unsafe fn wrapping_sum<T: Integer>(values: *const T, n: usize) -> u64 {
    // SAFETY: the caller's promise.
    T::wrapped(unsafe { fold::flat(&Wrapping::<T>(PhantomData), values, n) })
}

/// The sums modulo 2^64 of columns.
///
/// # Safety
/// `values` must be valid for reading `rows` rows of `kept` elements, `pitch` apart.
#[inline(always)]
pub(super) unsafe fn wrapping_columns<T: Integer>(
    values: *const T,
    rows: usize,
    pitch: usize,
    kept: usize,
    mut done: impl FnMut(usize, u64),
) {
    // SAFETY: the caller's promise.
    unsafe {
        fold::columns(&Wrapping::<T>(PhantomData), values, rows, pitch, kept, |column, sum| {
            done(column, T::wrapped(sum))
        })
    }
}

/// The exact sum of a leaf of `n` elements.
///
/// # Safety
/// `values` must be valid for reading `n` elements.
#[inline(always)]
pub(super) unsafe fn exact_sum<T: Integer>(values: *const T, n: usize) -> i128 {
    // SAFETY: the caller's promise.
    unsafe {
        if T::SPLIT {
            let upper = fold::flat(&Half::<T, true>(PhantomData), values, n);
            (i128::from(upper) << 32) + i128::from(fold::flat(&Half::<T, false>(PhantomData), values, n))
        } else {
            // The partial sum of a leaf of narrow elements is exact, so the wrapping one is too.
            i128::from(wrapping_sum(values, n) as i64)
        }
    }
}

/// The exact sums of the columns of a leaf: `add` is told what to add to which column, once or twice for each.
///
/// # Safety
/// `values` must be valid for reading `rows` rows of `kept` elements, `pitch` apart.
#[inline(always)]
pub(super) unsafe fn exact_columns<T: Integer>(
    values: *const T,
    rows: usize,
    pitch: usize,
    kept: usize,
    mut add: impl FnMut(usize, i128),
) {
    // SAFETY: the caller's promise.
    unsafe {
        if T::SPLIT {
            fold::columns(&Half::<T, true>(PhantomData), values, rows, pitch, kept, |column, sum| {
                add(column, i128::from(sum) << 32)
            });
            fold::columns(&Half::<T, false>(PhantomData), values, rows, pitch, kept, |column, sum| {
                add(column, i128::from(sum))
            });
        } else {
            wrapping_columns(values, rows, pitch, kept, |column, sum| add(column, i128::from(sum as i64)));
        }
    }
}

/// Writes `kept` results of 64 bits, cut to the width of the integer type `output`; `empty` where there are no states.
///
/// # Safety
/// `out` must be aligned and valid for writing `kept` elements of the output type.
pub(super) unsafe fn write_cut(output: DType, states: &[u64], kept: usize, empty: u64, out: *mut u8) {
    for k in 0..kept {
        let result = states.get(k).copied().unwrap_or(empty);
        // SAFETY: the caller has room for an integer of this size.
        unsafe {
            match output.size() {
                1 => out.add(k).write(result as u8),
                2 => out.cast::<u16>().add(k).write(result as u16),
                4 => out.cast::<u32>().add(k).write(result as u32),
                _ => out.cast::<u64>().add(k).write(result),
            }
        }
    }
}
