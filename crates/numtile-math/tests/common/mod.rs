//! The functions by name, for tests and examples.
#![allow(dead_code)]

pub mod draws;

use std::mem::MaybeUninit;

use numtile_math::Operand;
use numtile_math::functions::{BINARY, BinaryOver, UNARY, UnaryOver};
use numtile_math::simd::{Element, Simd};

/// Every function of one number.
pub fn unary_functions<R: Element>() -> impl Iterator<Item = (&'static str, UnaryOver<R>)> {
    UNARY.iter().map(|function| (function.name, function.over::<R>()))
}

/// Every function of two numbers.
pub fn binary_functions<R: Element>() -> impl Iterator<Item = (&'static str, BinaryOver<R>)> {
    BINARY.iter().map(|function| (function.name, function.over::<R>()))
}

/// A function of each element, as a vector of results.
pub fn map<R: Element>(f: UnaryOver<R>, simd: Simd, x: &[R]) -> Vec<R> {
    fill(x.len(), |out| f(simd, x, out))
}

/// A function of each pair, as a vector of results.
pub fn map_pairs<R: Element>(f: BinaryOver<R>, simd: Simd, x: &[R], y: &[R]) -> Vec<R> {
    fill(x.len(), |out| f(simd, Operand::Each(x), Operand::Each(y), out))
}

/// The values that `write` initialises.
pub fn fill<R: Copy>(n: usize, write: impl FnOnce(&mut [MaybeUninit<R>])) -> Vec<R> {
    let mut out = vec![MaybeUninit::uninit(); n];
    write(&mut out);
    // SAFETY: the functions of the crate write every element.
    out.iter().map(|slot| unsafe { slot.assume_init() }).collect()
}
