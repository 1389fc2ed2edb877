//! Straight-line programs over strips: what they are, when they are right, and how they are run.

pub mod interp;
mod jit;
pub mod program;
mod registers;
mod segments;
pub mod verify;
