//! What exp is: elementary functions with fixed sequences of operations.
//!
//! Every function here gives the same bits on every machine and every instruction set; `docs/accuracy.md` says how large
//! the errors are.
//!
//! - [`elementary`]: the functions, one file per family, written once over any vector of either float type ([`lanes`]).
//! - [`simd`]: the vectors, one thin file per instruction set. [`functions`]: the functions over slices, compiled for each.
//! - [`complex`]: functions of complex numbers, with the special values and branch cuts of C99 Annex G. [`half`]: float16,
//!   which is stored and converted but computed in float32.
//! - [`scaling`]: mantissas and powers of two.
//! - [`exponential`], [`trigonometric`], [`power`]: functions of single numbers by the pure-Rust `libm`, never by the
//!   platform's library. Those of [`elementary`] take their place one by one.

pub mod complex;
#[cfg(test)]
#[path = "../tests/common/draws.rs"]
mod draws;
pub mod elementary;
mod exact;
pub mod exponential;
pub mod functions;
mod fused;
pub mod half;
pub mod lanes;
pub mod power;
pub mod scaling;
pub mod simd;
mod slices;
pub mod trigonometric;
#[cfg(target_arch = "x86_64")]
mod twin;

pub use exponential::Exponential;
pub use power::Power;
pub use scaling::Scaling;
pub use slices::{Operand, scalar, scalar_of_two};
pub use trigonometric::Trigonometric;
