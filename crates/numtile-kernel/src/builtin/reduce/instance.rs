//! From a generic algorithm to a kernel compiled for an instruction set.

use std::sync::Arc;

use numtile_core::Region;

use crate::isa::Isa;

/// A reduction over typed states. The methods are inlined into a function per instruction set.
pub(super) trait Algorithm: Send + Sync + 'static {
    /// The element of the values.
    type Elem: Copy;
    /// The state of one kept element: plain data, 8-byte aligned or less.
    type State: Copy;

    /// See [`Reducer::leaf_across`](super::Reducer::leaf_across).
    unsafe fn across(&self, values: *const Self::Elem, kept: usize, rows: usize, cols: usize, states: *mut Self::State);

    /// See [`Reducer::leaf_down`](super::Reducer::leaf_down).
    unsafe fn down(&self, values: *const Self::Elem, rows: usize, pitch: usize, kept: usize, states: *mut Self::State);

    /// Positions of one leaf become flat indices.
    fn globalize(&self, _states: &mut [Self::State], _leaf: &Region, _reduced_shape: &[usize]) {}

    /// The state of two neighbours, `left` first.
    fn join(&self, left: Self::State, right: Self::State, n_left: u64, n_right: u64) -> Self::State;

    /// Writes the results; there are no states when `n` is zero.
    ///
    /// # Safety
    /// `out` must be valid for `kept` elements of the output type.
    unsafe fn finalize(&self, states: &[Self::State], kept: usize, n: u64, out: *mut u8);
}

/// An algorithm with its types erased: states and elements are bytes.
pub(super) trait Kernel: Send + Sync {
    fn state_bytes(&self) -> usize;
    unsafe fn across(&self, values: *const u8, kept: usize, rows: usize, cols: usize, states: *mut u8);
    unsafe fn down(&self, values: *const u8, rows: usize, pitch: usize, kept: usize, states: *mut u8);
    unsafe fn globalize(&self, states: *mut u8, kept: usize, leaf: &Region, reduced_shape: &[usize]);
    unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize, n_left: u64, n_right: u64);
    unsafe fn finalize(&self, states: *const u8, kept: usize, n: u64, out: *mut u8);
}

/// The kernel of `algorithm` for `isa`, which this machine must support.
pub(super) fn instance<A: Algorithm>(algorithm: A, isa: Isa) -> Option<Arc<dyn Kernel>> {
    const {
        assert!(size_of::<A::State>() % 8 == 0 && align_of::<A::State>() <= 8, "states are 8-byte records");
    }
    Some(Arc::new(Instance { algorithm, isa }))
}

struct Instance<A> {
    algorithm: A,
    isa: Isa,
}

impl<A: Algorithm> Kernel for Instance<A> {
    fn state_bytes(&self) -> usize {
        size_of::<A::State>()
    }

    unsafe fn across(&self, values: *const u8, kept: usize, rows: usize, cols: usize, states: *mut u8) {
        let (values, states) = (values.cast(), states.cast());
        // SAFETY: the caller's promise; whoever made the instance saw that the machine has the instructions.
        unsafe {
            match self.isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 | Isa::Avx512 => avx2::across(&self.algorithm, values, kept, rows, cols, states),
                _ => self.algorithm.across(values, kept, rows, cols, states),
            }
        }
    }

    unsafe fn down(&self, values: *const u8, rows: usize, pitch: usize, kept: usize, states: *mut u8) {
        let (values, states) = (values.cast(), states.cast());
        // SAFETY: as above.
        unsafe {
            match self.isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 | Isa::Avx512 => avx2::down(&self.algorithm, values, rows, pitch, kept, states),
                _ => self.algorithm.down(values, rows, pitch, kept, states),
            }
        }
    }

    unsafe fn globalize(&self, states: *mut u8, kept: usize, leaf: &Region, reduced_shape: &[usize]) {
        if kept > 0 {
            // SAFETY: the caller's promise.
            let states = unsafe { std::slice::from_raw_parts_mut(states.cast(), kept) };
            self.algorithm.globalize(states, leaf, reduced_shape);
        }
    }

    unsafe fn join(&self, left: *mut u8, right: *const u8, kept: usize, n_left: u64, n_right: u64) {
        let (left, right) = (left.cast::<A::State>(), right.cast::<A::State>());
        for i in 0..kept {
            // SAFETY: the caller's promise.
            unsafe {
                let joined = self.algorithm.join(left.add(i).read(), right.add(i).read(), n_left, n_right);
                left.add(i).write(joined);
            }
        }
    }

    unsafe fn finalize(&self, states: *const u8, kept: usize, n: u64, out: *mut u8) {
        let states = if n == 0 || kept == 0 {
            &[]
        } else {
            // SAFETY: the caller's promise.
            unsafe { std::slice::from_raw_parts(states.cast(), kept) }
        };
        // SAFETY: the caller's promise.
        unsafe { self.algorithm.finalize(states, kept, n, out) }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::Algorithm;

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn across<A: Algorithm>(
        algorithm: &A,
        values: *const A::Elem,
        kept: usize,
        rows: usize,
        cols: usize,
        states: *mut A::State,
    ) {
        // SAFETY: the caller's promise.
        unsafe { algorithm.across(values, kept, rows, cols, states) }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn down<A: Algorithm>(
        algorithm: &A,
        values: *const A::Elem,
        rows: usize,
        pitch: usize,
        kept: usize,
        states: *mut A::State,
    ) {
        // SAFETY: the caller's promise.
        unsafe { algorithm.down(values, rows, pitch, kept, states) }
    }
}
