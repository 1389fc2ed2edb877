//! What exp is: elementary functions with fixed sequences of operations.
//!
//! Every function here gives the same bits on every machine: it is computed by the pure-Rust `libm`, never by the
//! platform's library. They work on one element at a time; versions over vectors will replace them function by
//! function behind the same names.
//!
//! One file per subject: [`exponential`], [`trigonometric`], [`power`], [`scaling`], [`complex`] (special values and
//! branch cuts of C99 Annex G), and [`half`] (float16, which is stored and converted but computed in float32).

pub mod complex;
mod exact;
#[cfg(test)]
#[path = "../tests/common/draws.rs"]
mod draws;
pub mod elementary;
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
pub use slices::Operand;
pub use slices::{Operand, scalar, scalar_of_two};
pub use trigonometric::Trigonometric;
