//! The functions by name, for tests and examples.
#![allow(dead_code)]

pub mod draws;

use std::mem::MaybeUninit;

use numtile_math::elementary::*;
use numtile_math::simd::{Element, Simd};
use numtile_math::slices::{Operand, binary, unary};

/// A function of one number, over slices.
pub type UnaryOver<R> = fn(Simd, &[R], &mut [MaybeUninit<R>]);
/// A function of two numbers, over slices.
pub type BinaryOver<R> = fn(Simd, Operand<R>, Operand<R>, &mut [MaybeUninit<R>]);

/// Every function of one number.
pub fn unary_functions<R: Element>() -> Vec<(&'static str, UnaryOver<R>)> {
    vec![
        ("exp", unary::<Exp, R>),
        ("exp2", unary::<Exp2, R>),
        ("expm1", unary::<Expm1, R>),
        ("log", unary::<Log, R>),
        ("log2", unary::<Log2, R>),
        ("log10", unary::<Log10, R>),
        ("log1p", unary::<Log1p, R>),
        ("sin", unary::<Sin, R>),
        ("cos", unary::<Cos, R>),
        ("tan", unary::<Tan, R>),
        ("arcsin", unary::<Arcsin, R>),
        ("arccos", unary::<Arccos, R>),
        ("arctan", unary::<Arctan, R>),
        ("sinh", unary::<Sinh, R>),
        ("cosh", unary::<Cosh, R>),
        ("tanh", unary::<Tanh, R>),
        ("arcsinh", unary::<Arcsinh, R>),
        ("arccosh", unary::<Arccosh, R>),
        ("arctanh", unary::<Arctanh, R>),
        ("cbrt", unary::<Cbrt, R>),
    ]
}

/// Every function of two numbers.
pub fn binary_functions<R: Element>() -> Vec<(&'static str, BinaryOver<R>)> {
    vec![
        ("arctan2", binary::<Arctan2, R>),
        ("hypot", binary::<Hypot, R>),
        ("pow", binary::<Pow, R>),
        ("logaddexp", binary::<Logaddexp, R>),
        ("logaddexp2", binary::<Logaddexp2, R>),
    ]
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
