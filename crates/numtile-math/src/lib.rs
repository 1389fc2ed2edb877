//! What exp is: elementary functions with fixed sequences of operations.
//!
//! Every function here gives the same bits on every machine and every instruction set; `docs/accuracy.md` says how large
//! the errors are.
//!
//! - [`elementary`]: the functions, one file per family, written once over any vector of either float type ([`lanes`]).
//! - [`simd`]: the vectors, one thin file per instruction set. [`functions`]: the functions over slices, compiled for each.
//! - [`complex`]: functions of complex numbers, with the special values and branch cuts of C99 Annex G. [`half`]: float16,
//!   which is stored and converted but computed in float32.
//! - [`single`]: the functions of single numbers. [`scaling`]: mantissas and powers of two.

pub mod complex;
// What tests share names the crate as they do.
#[cfg(test)]
extern crate self as numtile_math;
#[cfg(test)]
#[path = "../tests/common/draws.rs"]
mod draws;
pub mod elementary;
mod exact;
pub mod functions;
mod fused;
pub mod half;
pub mod lanes;
pub mod scaling;
pub mod simd;
pub mod single;
mod slices;
#[cfg(target_arch = "x86_64")]
mod twin;

pub use scaling::Scaling;
pub use slices::Operand;
