//! From an operation on one element to loops over strips.
//!
//! The bodies are `#[inline(always)]` and are compiled once per instruction set by the thin functions around them; the
//! optimiser makes vector code of them. The destination is a slice so that it is known to overlap nothing.

use std::mem::MaybeUninit;

use numtile_core::dtype::Element;

use super::{Binary, Kernel, Unary};
use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::Strip;

/// The kernel of a unary operation.
pub fn unary<K: Unary<A>, A: Element>(isa: Isa) -> Kernel {
    match isa {
        Isa::Baseline => unary_baseline::<K, A>,
        Isa::Avx2 | Isa::Avx512 => unary_avx2::<K, A>,
    }
}

/// The kernel of a binary operation.
pub fn binary<K: Binary<A, B>, A: Element, B: Element>(isa: Isa) -> Kernel {
    match isa {
        Isa::Baseline => binary_baseline::<K, A, B>,
        Isa::Avx2 | Isa::Avx512 => binary_avx2::<K, A, B>,
    }
}

unsafe fn unary_baseline<K: Unary<A>, A: Element>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    // SAFETY: the caller keeps the contract of `Kernel`.
    unsafe { unary_loop::<K, A>(n, args, to) }
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma"))]
unsafe fn unary_avx2<K: Unary<A>, A: Element>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    // SAFETY: the caller keeps the contract of `Kernel`.
    unsafe { unary_loop::<K, A>(n, args, to) }
}

unsafe fn binary_baseline<K: Binary<A, B>, A: Element, B: Element>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    // SAFETY: the caller keeps the contract of `Kernel`.
    unsafe { binary_loop::<K, A, B>(n, args, to) }
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma"))]
unsafe fn binary_avx2<K: Binary<A, B>, A: Element, B: Element>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    // SAFETY: the caller keeps the contract of `Kernel`.
    unsafe { binary_loop::<K, A, B>(n, args, to) }
}

/// The destination as a slice.
///
/// # Safety
/// `to` must have room for `n` elements, be aligned, and overlap nothing that is used while the slice lives.
#[inline(always)]
pub unsafe fn destination<'a, O>(to: *mut u8, n: usize) -> &'a mut [MaybeUninit<O>] {
    // SAFETY: room, alignment and exclusiveness by the caller; MaybeUninit needs no initialisation.
    unsafe { std::slice::from_raw_parts_mut(to.cast::<MaybeUninit<O>>(), n) }
}

#[inline(always)]
unsafe fn unary_loop<K: Unary<A>, A: Element>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let a = args[0].start.cast::<A>();
    // SAFETY: the contract of `Kernel`.
    unsafe {
        let to = destination::<K::Out>(to, n);
        if args[0].uniform {
            to.fill(MaybeUninit::new(K::apply(a.read())));
        } else {
            for (i, slot) in to.iter_mut().enumerate() {
                slot.write(K::apply(a.add(i).read()));
            }
        }
    }
    Flags::NONE
}

#[inline(always)]
unsafe fn binary_loop<K: Binary<A, B>, A: Element, B: Element>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let (a, b) = (args[0].start.cast::<A>(), args[1].start.cast::<B>());
    // SAFETY: the contract of `Kernel`.
    unsafe {
        let to = destination::<K::Out>(to, n);
        match (args[0].uniform, args[1].uniform) {
            (false, false) => {
                for (i, slot) in to.iter_mut().enumerate() {
                    slot.write(K::apply(a.add(i).read(), b.add(i).read()));
                }
            }
            (false, true) => {
                let b = b.read();
                for (i, slot) in to.iter_mut().enumerate() {
                    slot.write(K::apply(a.add(i).read(), b));
                }
            }
            (true, false) => {
                let a = a.read();
                for (i, slot) in to.iter_mut().enumerate() {
                    slot.write(K::apply(a, b.add(i).read()));
                }
            }
            (true, true) => to.fill(MaybeUninit::new(K::apply(a.read(), b.read()))),
        }
    }
    Flags::NONE
}
