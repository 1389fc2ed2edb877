//! The functions by name, for tests and examples.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

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

/// The function of one number with this name.
pub fn unary_function<R: Element>(name: &str) -> UnaryOver<R> {
    unary_functions().find(|(n, _)| *n == name).unwrap().1
}

/// The function of two numbers with this name.
pub fn binary_function<R: Element>(name: &str) -> BinaryOver<R> {
    binary_functions().find(|(n, _)| *n == name).unwrap().1
}

/// The fastest instruction set.
pub fn best() -> Simd {
    Simd::all().last().unwrap()
}

/// A function of each element, as a vector of results.
pub fn map<R: Copy>(f: UnaryOver<R>, simd: Simd, x: &[R]) -> Vec<R> {
    fill(x.len(), |out| f(simd, x, out))
}

/// A function of each pair, as a vector of results.
pub fn map_pairs<R: Copy>(f: BinaryOver<R>, simd: Simd, x: &[R], y: &[R]) -> Vec<R> {
    fill(x.len(), |out| f(simd, Operand::Each(x), Operand::Each(y), out))
}

/// The values that `write` initialises.
pub fn fill<R: Copy>(n: usize, write: impl FnOnce(&mut [MaybeUninit<R>])) -> Vec<R> {
    let mut out = Vec::with_capacity(n);
    write(&mut out.spare_capacity_mut()[..n]);
    // SAFETY: the functions of the crate write every element.
    unsafe { out.set_len(n) };
    out
}

/// The function of libm with this name.
pub fn libm64(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "exp" => libm::exp,
        "exp2" => libm::exp2,
        "expm1" => libm::expm1,
        "log" => libm::log,
        "log2" => libm::log2,
        "log10" => libm::log10,
        "log1p" => libm::log1p,
        "sin" => libm::sin,
        "cos" => libm::cos,
        "tan" => libm::tan,
        "arcsin" => libm::asin,
        "arccos" => libm::acos,
        "arctan" => libm::atan,
        "sinh" => libm::sinh,
        "cosh" => libm::cosh,
        "tanh" => libm::tanh,
        "arcsinh" => libm::asinh,
        // libm's is a number for some negative arguments.
        "arccosh" => |x| if x < 1.0 { f64::NAN } else { libm::acosh(x) },
        "arctanh" => libm::atanh,
        "cbrt" => libm::cbrt,
        _ => return None,
    })
}

/// The function of libm with this name.
pub fn libm64_of_two(name: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match name {
        "arctan2" => libm::atan2,
        "hypot" => libm::hypot,
        "power" => libm::pow,
        _ => return None,
    })
}
