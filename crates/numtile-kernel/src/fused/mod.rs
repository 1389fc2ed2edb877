//! Straight-line programs over strips: what they are, when they are right, and how they are run.

pub mod interp;
mod jit;
pub mod program;
mod registers;
mod segments;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod sweep;
mod tables;
pub mod verify;

pub use jit::{MachineCode, machine_code};
