//! How one tile is computed: the table of operations, tile programs and their interpreter.
//!
//! [`op`] is the table of elementwise operations: one row per operation. [`types`] is NumPy 2's type resolution.
//! [`kernels`] holds the loops behind the rows, one file per subject, each compiled for every [`Isa`]. A
//! [`TileProgram`] is a straight line of operations; [`fused`] checks and interprets it. [`builtin`] holds what is not
//! elementwise: copying between layouts, counting up, gathering and reducing.

// What the tests share names the crate.
#[cfg(test)]
extern crate self as numtile_kernel;

pub mod builtin;
pub mod flags;
pub mod fused;
pub mod isa;
pub mod kernels;
pub mod op;
pub mod strip;
pub mod types;

pub use flags::Flags;
pub use fused::interp::{Interpreter, StripRows};
pub use fused::program::{Step, TileProgram, Value};
pub use fused::{MachineCode, machine_code};
pub use isa::Isa;
pub use op::Op;
pub use strip::{Strip, Writing};
pub use types::{Operand, Signature, resolve};
