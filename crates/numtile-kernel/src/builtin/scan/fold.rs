//! Running values in registers: one generic walk over a stretch, compiled for each instruction set.

use std::sync::Arc;

use super::wide::Wide;
use super::{Kernel, Stretch};
use crate::flags::Flags;
use crate::isa::Isa;

/// Sequences that are taken through a stretch side by side: enough for the widest registers, and for additions to
/// overlap.
const MANY: usize = 16;
/// The same where fewer are left, or where they lie far from one another.
const FEW: usize = 4;
/// The same for the last ones, and for the parts of complex numbers.
const TWO: usize = 2;

/// What is done with one element. A state has two parts, so that those of neighbours fill whole registers.
pub(super) trait Fold: Send + Sync + 'static {
    /// The element. A running value that is not a number stays so.
    type Elem: Wide;
    /// The first part of a state.
    type High: Copy;
    /// The second part: what rounding took from the first, or nothing.
    type Low: Copy;
    /// The running value with all its bits.
    type Carry: Copy;

    /// The state of a sequence that begins with this element.
    fn first(x: Self::Elem) -> (Self::High, Self::Low);
    /// The state of a sequence whose running value is this.
    fn resume(carry: Self::Carry) -> (Self::High, Self::Low);
    /// The state after one more element.
    fn next(high: Self::High, low: Self::Low, x: Self::Elem) -> (Self::High, Self::Low);
    /// The running value as an element.
    fn value(high: Self::High, low: Self::Low) -> Self::Elem;
    /// The running value with all its bits.
    fn carry(high: Self::High, low: Self::Low) -> Self::Carry;
}

type State<F> = (<F as Fold>::High, <F as Fold>::Low);

/// The kernel of a fold over elements of `components` parts, each a sequence of its own.
pub(super) fn kernel<F: Fold>(components: usize, isa: Isa) -> Arc<dyn Kernel> {
    const {
        assert!(align_of::<State<F>>() <= 8, "states are 8-byte aligned records");
    }
    Arc::new(Folded::<F> { walk: walker::<F>(isa), components })
}

type Walk<F> = unsafe fn(*mut <F as Fold>::Elem, &Stretch, *mut State<F>, bool);

struct Folded<F: Fold> {
    walk: Walk<F>,
    components: usize,
}

impl<F: Fold> Kernel for Folded<F> {
    fn state_bytes(&self) -> usize {
        self.components * size_of::<State<F>>()
    }

    unsafe fn resume(&self, carries: *const u8, count: usize, states: *mut u8) {
        let (carries, states) = (carries.cast::<F::Carry>(), states.cast::<State<F>>());
        for at in 0..count * self.components {
            // SAFETY: the caller has as many carries and room for as many states.
            unsafe { states.add(at).write(F::resume(carries.add(at).read())) };
        }
    }

    unsafe fn run(&self, values: *mut u8, stretch: &Stretch, states: *mut u8, fresh: bool) -> Flags {
        let (pitch, inner) = (stretch.pitch * self.components, stretch.inner * self.components);
        let parts = Stretch { pitch, inner, ..*stretch };
        // SAFETY: the caller's promise; whoever chose the walk saw that the machine has the instructions.
        unsafe { (self.walk)(values.cast(), &parts, states.cast(), fresh) };
        Flags::NONE
    }

    unsafe fn carries(&self, states: *const u8, count: usize, carries: *mut u8) {
        let (states, carries) = (states.cast::<State<F>>(), carries.cast::<F::Carry>());
        for at in 0..count * self.components {
            // SAFETY: as in `resume`.
            unsafe {
                let (high, low) = states.add(at).read();
                carries.add(at).write(F::carry(high, low));
            }
        }
    }
}

fn walker<F: Fold>(isa: Isa) -> Walk<F> {
    match isa {
        Isa::Baseline => walk_baseline::<F>,
        Isa::Avx2 | Isa::Avx512 => walk_avx2::<F>,
    }
}

unsafe fn walk_baseline<F: Fold>(values: *mut F::Elem, stretch: &Stretch, states: *mut State<F>, fresh: bool) {
    // SAFETY: the caller's promise.
    unsafe { walk::<F>(values, stretch, states, fresh) }
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma"))]
unsafe fn walk_avx2<F: Fold>(values: *mut F::Elem, stretch: &Stretch, states: *mut State<F>, fresh: bool) {
    // SAFETY: the caller's promise.
    unsafe { walk::<F>(values, stretch, states, fresh) }
}

/// Slices one after the other, neighbours in a row side by side; single sequences with those of other slices.
///
/// # Safety
/// As [`Scanner::run`](super::Scanner::run).
#[inline(always)]
unsafe fn walk<F: Fold>(values: *mut F::Elem, stretch: &Stretch, states: *mut State<F>, fresh: bool) {
    let Stretch { outer, pitch, length, inner } = *stretch;
    let mut slice = 0;
    // SAFETY: every sequence is that of one state, and the parts do not overlap.
    unsafe {
        if inner == 1 {
            while outer - slice >= FEW {
                abreast::<F, FEW>(values.add(slice * pitch), pitch, 1, length, states.add(slice), fresh);
                slice += FEW;
            }
        }
        while slice < outer {
            let (values, states) = (values.add(slice * pitch), states.add(slice * inner));
            let mut first = 0;
            while inner - first >= MANY {
                abreast::<F, MANY>(values.add(first), 1, inner, length, states.add(first), fresh);
                first += MANY;
            }
            while inner - first >= FEW {
                abreast::<F, FEW>(values.add(first), 1, inner, length, states.add(first), fresh);
                first += FEW;
            }
            if inner - first >= TWO {
                abreast::<F, TWO>(values.add(first), 1, inner, length, states.add(first), fresh);
                first += TWO;
            }
            if first < inner {
                abreast::<F, 1>(values.add(first), 1, inner, length, states.add(first), fresh);
            }
            slice += 1;
        }
    }
}

/// `W` sequences, `apart` elements from one another, row by row.
///
/// # Safety
/// As [`walk`], for these sequences.
#[inline(always)]
unsafe fn abreast<F: Fold, const W: usize>(
    values: *mut F::Elem,
    apart: usize,
    row: usize,
    length: usize,
    states: *mut State<F>,
    fresh: bool,
) {
    // SAFETY: the caller's promise: the sequences have `length` elements each, one state each.
    unsafe {
        let begin = |k: usize| if fresh { F::first(values.add(k * apart).read()) } else { states.add(k).read() };
        let mut high: [F::High; W] = std::array::from_fn(|k| begin(k).0);
        let mut low: [F::Low; W] = std::array::from_fn(|k| begin(k).1);
        for at in usize::from(fresh)..length {
            let values = values.add(at * row);
            for k in 0..W {
                let place = values.add(k * apart);
                (high[k], low[k]) = F::next(high[k], low[k], place.read());
                place.write(F::value(high[k], low[k]));
            }
        }
        for k in 0..W {
            states.add(k).write((high[k], low[k]));
            if F::value(high[k], low[k]).is_nan() {
                one_nan(values.add(k * apart), row, length);
            }
        }
    }
}

/// Makes the NaNs at the end of a sequence the same NaN.
///
/// # Safety
/// As [`walk`], for this sequence.
#[cold]
unsafe fn one_nan<T: Wide>(values: *mut T, row: usize, length: usize) {
    // SAFETY: the sequence has `length` elements.
    unsafe {
        for at in (0..length).rev() {
            let place = values.add(at * row);
            if !place.read().is_nan() {
                break;
            }
            place.write(place.read().canonical());
        }
    }
}
