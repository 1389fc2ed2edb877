//! Whether any element is true, or all are.

use std::ops::{BitOr, BitXor};
use std::sync::Arc;

use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::fold::{self, Fold};
use super::instance::{Algorithm, Kernel, instance};
use crate::isa::Isa;

/// Whether any element is true.
pub(super) fn any(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if output == DType::Bool { kernel(input, false, isa) } else { None }
}

/// Whether all elements are true.
pub(super) fn all(input: DType, output: DType, isa: Isa) -> Option<Arc<dyn Kernel>> {
    if output == DType::Bool { kernel(input, true, isa) } else { None }
}

/// Elements are looked at as words of their size: one is false where no bit but the sign is set.
fn kernel(input: DType, all: bool, isa: Isa) -> Option<Arc<dyn Kernel>> {
    let signed_zero = input.kind() >= Kind::Float;
    match input {
        DType::C64 => instance(Quantifier { mask: [u32::MAX >> 1; 2], all }, isa),
        DType::C128 => instance(Quantifier { mask: [u64::MAX >> 1; 2], all }, isa),
        _ => match input.size() {
            1 => instance(Quantifier { mask: u8::MAX, all }, isa),
            2 => instance(Quantifier { mask: u16::MAX >> u8::from(signed_zero), all }, isa),
            4 => instance(Quantifier { mask: u32::MAX >> u8::from(signed_zero), all }, isa),
            _ => instance(Quantifier { mask: u64::MAX >> u8::from(signed_zero), all }, isa),
        },
    }
}

/// The bits of an element.
trait Word: Copy + Send + Sync + 'static {
    /// A word of which all bits or none are set.
    type Flag: Copy + PartialEq + BitOr<Output = Self::Flag> + BitXor<Output = Self::Flag>;
    /// No bit.
    const NO: Self::Flag;
    /// Every bit.
    const YES: Self::Flag;
    /// The word seen through a mask, as a number that is zero if no bit is set.
    fn masked(self, mask: Self) -> Self::Flag;
}

macro_rules! words {
    ($($word:ty),*) => {$(
        impl Word for $word {
            type Flag = $word;
            const NO: $word = 0;
            const YES: $word = <$word>::MAX;
            #[inline(always)]
            fn masked(self, mask: $word) -> $word {
                self & mask
            }
        }
    )*};
}
words!(u8, u16, u32, u64);

macro_rules! word_pairs {
    ($($word:ty),*) => {$(
        impl Word for [$word; 2] {
            type Flag = $word;
            const NO: $word = 0;
            const YES: $word = <$word>::MAX;
            #[inline(always)]
            fn masked(self, mask: [$word; 2]) -> $word {
                (self[0] & mask[0]) | (self[1] & mask[1])
            }
        }
    )*};
}
word_pairs!(u32, u64);

/// Looks for an element that decides: a true one for "any", a false one for "all". A state is the answer so far.
struct Quantifier<W> {
    mask: W,
    all: bool,
}

impl<W: Word> Fold for Quantifier<W> {
    type Elem = W;
    type Lane = W::Flag;
    const START: W::Flag = W::NO;
    #[inline(always)]
    fn lane(&self, x: W) -> W::Flag {
        let is_false = if x.masked(self.mask) == W::NO { W::YES } else { W::NO };
        is_false ^ if self.all { W::NO } else { W::YES }
    }
    #[inline(always)]
    fn pick(&self, a: W::Flag, b: W::Flag) -> W::Flag {
        a | b
    }
}

impl<W: Word> Quantifier<W> {
    #[inline(always)]
    fn answer(&self, found: W::Flag) -> u64 {
        u64::from((found != W::NO) != self.all)
    }
}

impl<W: Word> Algorithm for Quantifier<W> {
    type Elem = W;
    type State = u64;

    #[inline(always)]
    unsafe fn across(&self, values: *const W, kept: usize, rows: usize, cols: usize, states: *mut u64) {
        let n = rows * cols;
        for k in 0..kept {
            // SAFETY: the caller's promise.
            unsafe { states.add(k).write(self.answer(fold::flat(self, values.add(k * n), n))) };
        }
    }

    #[inline(always)]
    unsafe fn down(&self, values: *const W, rows: usize, pitch: usize, kept: usize, states: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe {
            fold::columns(self, values, rows, pitch, kept, |column, found| {
                states.add(column).write(self.answer(found))
            });
        }
    }

    fn join(&self, left: u64, right: u64, _n_left: u64, _n_right: u64) -> u64 {
        if self.all { left & right } else { left | right }
    }

    unsafe fn finalize(&self, states: &[u64], kept: usize, _n: u64, out: *mut u8) {
        for k in 0..kept {
            let answer = states.get(k).copied().unwrap_or(u64::from(self.all));
            // SAFETY: the caller's promise; the output type is bool.
            unsafe { out.add(k).write(answer as u8) };
        }
    }
}
