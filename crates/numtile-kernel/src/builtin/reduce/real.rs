//! Element types seen as runs of real components that widen to float64.

use half::f16;
use numtile_core::dtype::{Bool8, DType};

/// One real component of an element, and how it becomes the accumulator's float64.
pub(super) trait Real: Copy + Send + Sync + 'static {
    /// The value in float64: exact but for 64-bit integers, which round.
    fn wide(self) -> f64;
}

macro_rules! reals {
    ($($rust:ty),*) => {$(
        impl Real for $rust {
            #[inline(always)]
            fn wide(self) -> f64 {
                self as f64
            }
        }
    )*};
}
reals!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

impl Real for f16 {
    #[inline(always)]
    fn wide(self) -> f64 {
        numtile_math::half::to_f64(self.to_bits())
    }
}

impl Real for Bool8 {
    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(u8::from(self.get()))
    }
}

/// Writes float64 values as elements of `dtype`, one of the real float types, each rounded once. Every NaN becomes
/// the same NaN: which one the processor makes depends on the order of operands, that is, on the compiler.
///
/// # Safety
/// `at` must be aligned for `dtype` and valid for writing as many of its elements as there are values.
pub(super) unsafe fn write_rounded(dtype: DType, at: *mut u8, values: impl Iterator<Item = f64>) {
    let values = values.map(|v| if v.is_nan() { f64::NAN } else { v }).enumerate();
    match dtype {
        DType::F16 => values.for_each(|(i, v)| {
            // SAFETY: the caller's promise.
            unsafe { at.cast::<u16>().add(i).write(numtile_math::half::from_f64(v)) }
        }),
        DType::F32 => values.for_each(|(i, v)| {
            // SAFETY: the caller's promise.
            unsafe { at.cast::<f32>().add(i).write(v as f32) }
        }),
        _ => values.for_each(|(i, v)| {
            // SAFETY: the caller's promise.
            unsafe { at.cast::<f64>().add(i).write(v) }
        }),
    }
}

/// Writes `kept` results of `C` components as elements of `output`, a type of as many; `empty` where there are no
/// states.
///
/// # Safety
/// `out` must be aligned and valid for writing `kept` elements of the output type.
pub(super) unsafe fn write_components<const C: usize>(
    output: DType,
    states: &[[f64; C]],
    kept: usize,
    empty: [f64; C],
    out: *mut u8,
) {
    let missing = kept - states.len().min(kept);
    let components = states.iter().copied().chain(std::iter::repeat_n(empty, missing)).flatten();
    // SAFETY: the caller's promise; a complex element is two of its real type.
    unsafe { write_rounded(output.real(), out, components) };
}
