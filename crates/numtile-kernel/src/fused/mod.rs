//! Straight-line programs over strips: what they are, when they are right, and how they are interpreted.

pub mod interp;
pub mod program;
mod registers;
pub mod verify;
