//! The loops behind the table of operations, one file per subject.
//!
//! A kernel is written once as the operation on one element ([`Unary`], [`Binary`]); [`strips`] makes the loops over
//! strips from it, one per shape of operands and per [`Isa`]. No fused multiply-add is ever formed
//! implicitly and every operation has one definition, so all instruction sets give the same bits. [`group`] picks the
//! instance for an element type. Elementary functions come as loops from `numtile-math`; [`slices`] makes kernels of them.

pub mod angles;
pub mod arithmetic;
pub mod bits;
pub mod cast;
pub mod classify;
pub mod compare;
pub mod complex;
pub mod division;
pub mod divisors;
pub mod elementary;
pub mod exponents;
pub mod extrema;
pub mod group;
pub mod guard;
pub mod logic;
pub mod neighbours;
pub mod number;
pub mod power;
pub mod rounding;
pub mod select;
pub mod slices;
pub mod strips;
pub mod truncate;

use numtile_core::dtype::Element;

use crate::flags::Flags;
use crate::isa::Isa;
use crate::strip::Strip;
use crate::types::Signature;

/// A loop over `n` elements of up to three strips.
///
/// # Safety
/// Each strip the operation takes must hold `n` elements (one if uniform) of the loop's type, aligned for it; `to` must
/// have room for `n` elements of the result, aligned, and overlap no strip. The machine must have the [`Isa`] that the
/// kernel was made for.
pub type Kernel = unsafe fn(n: usize, args: &[Strip; 3], to: *mut u8) -> Flags;

/// Finds the kernel of an operation for the types of a loop.
pub type Lookup = fn(types: &Signature, isa: Isa) -> Option<Kernel>;

/// An operation on one element.
pub trait Unary<A>: 'static {
    /// The type of the result.
    type Out: Element;
    /// The operation.
    fn apply(a: A) -> Self::Out;
}

/// An operation on two elements.
pub trait Binary<A, B = A>: 'static {
    /// The type of the result.
    type Out: Element;
    /// The operation.
    fn apply(a: A, b: B) -> Self::Out;
}
