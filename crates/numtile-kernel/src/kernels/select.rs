//! Choosing between two strips by a third. Only the size of the element matters.

use std::mem::MaybeUninit;

use super::Kernel;
use super::strips::destination;
use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::Strip;
use crate::types::Signature;

/// `b` where `a` is true, else `c`.
pub fn choose(types: &Signature, isa: Isa) -> Option<Kernel> {
    Some(match types.output.size() {
        1 => of_size::<u8>(isa),
        2 => of_size::<u16>(isa),
        4 => of_size::<u32>(isa),
        8 if types.output.align() == 4 => of_size::<[u32; 2]>(isa),
        8 => of_size::<u64>(isa),
        _ => of_size::<[u64; 2]>(isa),
    })
}

fn of_size<T: Words>(isa: Isa) -> Kernel {
    match isa {
        Isa::Baseline => choose_baseline::<T>,
        Isa::Avx2 | Isa::Avx512 => choose_avx2::<T>,
    }
}

unsafe fn choose_baseline<T: Words>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    // SAFETY: the caller keeps the contract of `Kernel`.
    unsafe { choose_loop::<T>(n, args, to) }
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma"))]
unsafe fn choose_avx2<T: Words>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    // SAFETY: the caller keeps the contract of `Kernel`.
    unsafe { choose_loop::<T>(n, args, to) }
}

#[inline(always)]
unsafe fn choose_loop<T: Words>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let [condition, yes, no] = *args;
    // SAFETY: the contract of `Kernel`.
    unsafe {
        let to = destination::<T>(to, n);
        if condition.uniform {
            copy(if condition.start.read() != 0 { yes } else { no }, to);
            return Flags::NONE;
        }
        let (c, x, y) = (condition.start, yes.start.cast::<T>(), no.start.cast::<T>());
        match (yes.uniform, no.uniform) {
            (false, false) => {
                for (i, slot) in to.iter_mut().enumerate() {
                    slot.write(pick(c.add(i).read(), x.add(i).read(), y.add(i).read()));
                }
            }
            (false, true) => {
                let y = y.read();
                for (i, slot) in to.iter_mut().enumerate() {
                    slot.write(pick(c.add(i).read(), x.add(i).read(), y));
                }
            }
            (true, false) => {
                let x = x.read();
                for (i, slot) in to.iter_mut().enumerate() {
                    slot.write(pick(c.add(i).read(), x, y.add(i).read()));
                }
            }
            (true, true) => {
                let (x, y) = (x.read(), y.read());
                for (i, slot) in to.iter_mut().enumerate() {
                    slot.write(pick(c.add(i).read(), x, y));
                }
            }
        }
    }
    Flags::NONE
}

/// An element as machine words, chosen by masking: a branch would keep the loop from becoming vector code.
trait Words: Copy + 'static {
    /// `yes` if `condition`, else `no`.
    fn pick(condition: bool, yes: Self, no: Self) -> Self;
}

macro_rules! words {
    ($($t:ty),*) => {$(
        impl Words for $t {
            #[inline(always)]
            fn pick(condition: bool, yes: $t, no: $t) -> $t {
                let mask = (condition as $t).wrapping_neg();
                no ^ ((yes ^ no) & mask)
            }
        }
        impl Words for [$t; 2] {
            #[inline(always)]
            fn pick(condition: bool, yes: Self, no: Self) -> Self {
                [<$t>::pick(condition, yes[0], no[0]), <$t>::pick(condition, yes[1], no[1])]
            }
        }
    )*};
}
words!(u8, u16, u32, u64);

#[inline(always)]
fn pick<T: Words>(condition: u8, yes: T, no: T) -> T {
    T::pick(condition != 0, yes, no)
}

/// # Safety
/// `from` holds as many elements as `to`, or one, and does not overlap it.
#[inline(always)]
unsafe fn copy<T: Copy>(from: Strip, to: &mut [MaybeUninit<T>]) {
    let start = from.start.cast::<MaybeUninit<T>>();
    // SAFETY: by the caller.
    unsafe {
        if from.uniform {
            to.fill(start.read());
        } else {
            std::ptr::copy_nonoverlapping(start, to.as_mut_ptr(), to.len());
        }
    }
}
