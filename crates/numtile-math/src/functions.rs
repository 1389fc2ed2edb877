//! The elementary functions over slices, by name: compiled here, once for every instruction set.

use std::mem::MaybeUninit;

use crate::elementary::*;
use crate::simd::Simd;
use crate::slices::{Operand, binary, binary_half, unary, unary_half};

/// A function of each element. Panics if the lengths differ.
pub type UnaryOver<R> = fn(Simd, &[R], &mut [MaybeUninit<R>]);
/// A function of each pair of elements. Panics if the lengths differ.
pub type BinaryOver<R> = fn(Simd, Operand<R>, Operand<R>, &mut [MaybeUninit<R>]);

/// What the functions take: a float type, or `u16` for the bits of float16.
pub trait Stored: Copy {
    /// The loop of a function for this type.
    fn of_unary(function: &UnaryFunction) -> UnaryOver<Self>;
    /// The loop of a function for this type.
    fn of_binary(function: &BinaryFunction) -> BinaryOver<Self>;
}

macro_rules! stored {
    ($($type:ty, $field:ident;)*) => {$(
        impl Stored for $type {
            fn of_unary(function: &UnaryFunction) -> UnaryOver<Self> {
                function.$field
            }
            fn of_binary(function: &BinaryFunction) -> BinaryOver<Self> {
                function.$field
            }
        }
    )*};
}

stored! { f64, f64; f32, f32; u16, f16; }

/// A function of one number.
#[derive(Clone, Copy, Debug)]
pub struct UnaryFunction {
    /// NumPy's name.
    pub name: &'static str,
    /// Over float64.
    pub f64: UnaryOver<f64>,
    /// Over float32.
    pub f32: UnaryOver<f32>,
    /// Over the bits of float16: computed in float32.
    pub f16: UnaryOver<u16>,
}

/// A function of two numbers.
#[derive(Clone, Copy, Debug)]
pub struct BinaryFunction {
    /// NumPy's name.
    pub name: &'static str,
    /// Over float64.
    pub f64: BinaryOver<f64>,
    /// Over float32.
    pub f32: BinaryOver<f32>,
    /// Over the bits of float16: computed in float32.
    pub f16: BinaryOver<u16>,
}

impl UnaryFunction {
    const fn new<F: Unary>(name: &'static str) -> Self {
        UnaryFunction { name, f64: unary::<F, f64>, f32: unary::<F, f32>, f16: unary_half::<F> }
    }

    /// Over one of the types.
    pub fn over<R: Stored>(&self) -> UnaryOver<R> {
        R::of_unary(self)
    }
}

impl BinaryFunction {
    const fn new<F: Binary>(name: &'static str) -> Self {
        BinaryFunction { name, f64: binary::<F, f64>, f32: binary::<F, f32>, f16: binary_half::<F> }
    }

    /// Over one of the types.
    pub fn over<R: Stored>(&self) -> BinaryOver<R> {
        R::of_binary(self)
    }
}

/// Declares the functions and their list.
macro_rules! functions {
    ($all:ident, $count:literal, $type:ident: $($name:ident, $numpy:literal, $function:ident;)*) => {
        $(#[doc = concat!("`", $numpy, "`.")]
        pub static $name: $type = $type::new::<$function>($numpy);)*

        /// All of these.
        pub static $all: [&$type; $count] = [$(&$name),*];
    };
}

functions! { UNARY, 20, UnaryFunction:
    EXP,     "exp",     Exp;
    EXP2,    "exp2",    Exp2;
    EXPM1,   "expm1",   Expm1;
    LOG,     "log",     Log;
    LOG2,    "log2",    Log2;
    LOG10,   "log10",   Log10;
    LOG1P,   "log1p",   Log1p;
    SIN,     "sin",     Sin;
    COS,     "cos",     Cos;
    TAN,     "tan",     Tan;
    ARCSIN,  "arcsin",  Arcsin;
    ARCCOS,  "arccos",  Arccos;
    ARCTAN,  "arctan",  Arctan;
    SINH,    "sinh",    Sinh;
    COSH,    "cosh",    Cosh;
    TANH,    "tanh",    Tanh;
    ARCSINH, "arcsinh", Arcsinh;
    ARCCOSH, "arccosh", Arccosh;
    ARCTANH, "arctanh", Arctanh;
    CBRT,    "cbrt",    Cbrt;
}

functions! { BINARY, 5, BinaryFunction:
    ARCTAN2,    "arctan2",    Arctan2;
    HYPOT,      "hypot",      Hypot;
    POWER,      "power",      Pow;
    LOGADDEXP,  "logaddexp",  Logaddexp;
    LOGADDEXP2, "logaddexp2", Logaddexp2;
}
