//! Values handed on unless something is wrong with them.

use super::cast::copy;
use super::{Kernel, Strip};
use crate::flags::Flags;
use crate::isa::Isa;
use crate::types::Signature;

/// `a`; where `b` is true, the evaluation fails with [`Flags::ALL_NAN`].
pub fn reject_all_nan(types: &Signature, _: Isa) -> Option<Kernel> {
    Some(match types.output.size() {
        1 => rejecting::<u8>,
        2 => rejecting::<u16>,
        4 => rejecting::<u32>,
        8 => rejecting::<[u32; 2]>,
        _ => rejecting::<[u64; 2]>,
    })
}

unsafe fn rejecting<T: Copy>(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags {
    let bad = args[1];
    let count = if bad.uniform { n.min(1) } else { n };
    // SAFETY: the strip holds `n` truth values, or one.
    let any = (0..count).any(|i| unsafe { bad.start.add(i).read() } != 0);
    // SAFETY: the contract of `Kernel`, handed on.
    let flags = unsafe { copy::<T>(n, args, to) };
    if any { flags | Flags::ALL_NAN } else { flags }
}
