//! Kernels of float64 lent to narrower types: elements are widened into a small buffer first.

use std::mem::MaybeUninit;
use std::sync::Arc;

use half::f16;
use numtile_core::dtype::Bool8;
use numtile_core::{DType, Region};

use super::instance::Kernel;
use super::real::Real;
use crate::isa::Isa;

/// Components that are widened at a time: a whole leaf across, also a complex one.
const BUFFER: usize = 2 * 4096;
/// Components of a row that are widened at a time, down.
const WIDTH: usize = 16;

/// `kernel`, a kernel of float64 (or of complex128, for a complex type), for elements of `input`.
pub(super) fn widened(input: DType, kernel: Arc<dyn Kernel>, isa: Isa) -> Arc<dyn Kernel> {
    let widen: Widen = match input {
        DType::Bool => run::<Bool8>,
        DType::I8 => run::<i8>,
        DType::I16 => run::<i16>,
        DType::I32 => run::<i32>,
        DType::I64 => run::<i64>,
        DType::U8 => run::<u8>,
        DType::U16 => run::<u16>,
        DType::U32 => run::<u32>,
        DType::U64 => run::<u64>,
        DType::F16 => run::<f16>,
        DType::F32 | DType::C64 => run::<f32>,
        DType::F64 | DType::C128 => return kernel,
    };
    let real = input.real().size();
    Arc::new(Widened { kernel, widen, isa, item: input.size(), components: input.size() / real })
}

/// Widens `rows` rows of `width` components, `pitch` components apart, into rows that touch.
type Widen = unsafe fn(isa: Isa, from: *const u8, rows: usize, width: usize, pitch: usize, to: *mut f64);

unsafe fn run<R: Real>(isa: Isa, from: *const u8, rows: usize, width: usize, pitch: usize, to: *mut f64) {
    // SAFETY: the caller's promise; the instructions are there.
    unsafe {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 | Isa::Avx512 => run_avx2::<R>(from.cast(), rows, width, pitch, to),
            _ => loops::<R>(from.cast(), rows, width, pitch, to),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2<R: Real>(from: *const R, rows: usize, width: usize, pitch: usize, to: *mut f64) {
    // SAFETY: the caller's promise.
    unsafe { loops::<R>(from, rows, width, pitch, to) }
}

#[inline(always)]
unsafe fn loops<R: Real>(from: *const R, rows: usize, width: usize, pitch: usize, to: *mut f64) {
    for row in 0..rows {
        for column in 0..width {
            // SAFETY: the caller has these rows, and as much room.
            unsafe { to.add(row * width + column).write((*from.add(row * pitch + column)).wide()) };
        }
    }
}

struct Widened {
    kernel: Arc<dyn Kernel>,
    widen: Widen,
    isa: Isa,
    /// Bytes of an element.
    item: usize,
    /// Components of an element.
    components: usize,
}

impl Kernel for Widened {
    fn state_bytes(&self) -> usize {
        self.kernel.state_bytes()
    }

    unsafe fn across(&self, values: *const u8, kept: usize, rows: usize, cols: usize, states: *mut u8) {
        let mut buffer = [MaybeUninit::<f64>::uninit(); BUFFER];
        let wide = buffer.as_mut_ptr().cast::<f64>();
        let elements = rows * cols;
        debug_assert!(elements * self.components <= BUFFER, "a leaf has at most 4096 elements");
        let mut first = 0;
        while first < kept {
            // As many boxes as fit, in one long row.
            let boxes = (BUFFER / self.components / elements.max(1)).clamp(1, kept - first);
            let width = boxes * elements * self.components;
            // SAFETY: the boxes lie in the values, and fit.
            unsafe {
                (self.widen)(self.isa, values.add(first * elements * self.item), 1, width, width, wide);
                self.kernel.across(wide.cast(), boxes, rows, cols, states.add(first * self.state_bytes()));
            }
            first += boxes;
        }
    }

    unsafe fn down(&self, values: *const u8, rows: usize, pitch: usize, kept: usize, states: *mut u8) {
        let mut buffer = [MaybeUninit::<f64>::uninit(); BUFFER];
        let wide = buffer.as_mut_ptr().cast::<f64>();
        debug_assert!(rows * WIDTH <= BUFFER, "a leaf has at most 256 rows");
        let mut first = 0;
        while first < kept {
            let columns = (WIDTH / self.components).min(kept - first);
            let (width, apart) = (columns * self.components, pitch * self.components);
            // SAFETY: the columns lie in the values, and fit.
            unsafe {
                (self.widen)(self.isa, values.add(first * self.item), rows, width, apart, wide);
                self.kernel.down(wide.cast(), rows, columns, columns, states.add(first * self.state_bytes()));
            }
            first += columns;
        }
    }

    unsafe fn globalize(&self, states: *mut u8, kept: usize, leaf: &Region, reduced_shape: &[usize]) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.globalize(states, kept, leaf, reduced_shape) }
    }

    unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize, n_left: u64, n_right: u64) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.join(left, right, kept, n_left, n_right) }
    }

    unsafe fn finalize(&self, states: *const u8, kept: usize, n: u64, out: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.kernel.finalize(states, kept, n, out) }
    }
}
