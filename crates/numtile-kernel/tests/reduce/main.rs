//! Reductions against slow and obvious references, bit for bit, on every instruction set.

#![allow(clippy::unwrap_used)]

mod exact;
mod frozen;
mod moments;
mod products;
mod reference;
mod run;
mod tree;
mod ufuncs;
mod values;
