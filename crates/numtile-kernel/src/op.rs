//! The table of elementwise operations: one row per operation.
//!
//! A row says everything there is to know about an operation: NumPy's name, how many operands it takes, by which rule
//! its types resolve, and where its kernels are. Adding an operation is adding a row here and a kernel in
//! [`crate::kernels`]. A ufunc of NumPy with two results is two rows.

use std::fmt;

use crate::isa::Isa;
use crate::kernels::{
    Kernel, Lookup, angles, arithmetic, bits, cast, classify, compare, complex, division, divisors, elementary,
    exponents, extrema, guard, logic, neighbours, power, rounding, select,
};
use crate::types::{Rule, Signature};

/// What the table knows about an operation.
struct Row {
    name: &'static str,
    arity: usize,
    rule: Rule,
    kernel: Lookup,
}

/// Declares the operations in the order of the table.
macro_rules! operations {
    ($($op:ident, $name:literal, $arity:literal, $rule:ident, $kernel:path;)*) => {
        /// An elementwise operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Op { $($op),* }

        impl Op {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Op] = &[$(Op::$op),*];
        }

        static TABLE: &[Row] = &[$(Row { name: $name, arity: $arity, rule: Rule::$rule, kernel: $kernel }),*];
    };
}

operations! {
    Add,           "add",            2, Arithmetic, arithmetic::add;
    Subtract,      "subtract",       2, Subtract,   arithmetic::subtract;
    Multiply,      "multiply",       2, Arithmetic, arithmetic::multiply;
    Divide,        "divide",         2, Divide,     division::divide;
    FloorDivide,   "floor_divide",   2, RealNumber, division::floor_divide;
    Remainder,     "remainder",      2, RealNumber, division::remainder;
    Fmod,          "fmod",           2, RealNumber, division::fmod;
    Gcd,           "gcd",            2, Integer,    divisors::gcd;
    Lcm,           "lcm",            2, Integer,    divisors::lcm;
    Power,         "power",          2, Number,     power::power;
    FloatPower,    "float_power",    2, Double,     power::power;
    Negative,      "negative",       1, Negative,   arithmetic::negative;
    Positive,      "positive",       1, NotBool,    cast::cast;
    Absolute,      "absolute",       1, Absolute,   arithmetic::absolute;
    Sqrt,          "sqrt",           1, Floating,   power::sqrt;
    Square,        "square",         1, Number,     arithmetic::square;
    Reciprocal,    "reciprocal",     1, Number,     division::reciprocal;
    Sign,          "sign",           1, NotBool,    arithmetic::sign;
    Exp,           "exp",            1, Floating,   elementary::exp;
    Exp2,          "exp2",           1, Floating,   elementary::exp2;
    Expm1,         "expm1",          1, Floating,   elementary::expm1;
    Log,           "log",            1, Floating,   elementary::log;
    Log2,          "log2",           1, Floating,   elementary::log2;
    Log10,         "log10",          1, Floating,   elementary::log10;
    Log1p,         "log1p",          1, Floating,   elementary::log1p;
    Sin,           "sin",            1, Floating,   elementary::sin;
    Cos,           "cos",            1, Floating,   elementary::cos;
    Tan,           "tan",            1, Floating,   elementary::tan;
    Arcsin,        "arcsin",         1, Floating,   elementary::arcsin;
    Arccos,        "arccos",         1, Floating,   elementary::arccos;
    Arctan,        "arctan",         1, Floating,   elementary::arctan;
    Sinh,          "sinh",           1, Floating,   elementary::sinh;
    Cosh,          "cosh",           1, Floating,   elementary::cosh;
    Tanh,          "tanh",           1, Floating,   elementary::tanh;
    Arcsinh,       "arcsinh",        1, Floating,   elementary::arcsinh;
    Arccosh,       "arccosh",        1, Floating,   elementary::arccosh;
    Arctanh,       "arctanh",        1, Floating,   elementary::arctanh;
    Cbrt,          "cbrt",           1, RealOnly,   elementary::cbrt;
    Arctan2,       "arctan2",        2, RealOnly,   elementary::arctan2;
    Hypot,         "hypot",          2, RealOnly,   elementary::hypot;
    Logaddexp,     "logaddexp",      2, RealOnly,   elementary::logaddexp;
    Logaddexp2,    "logaddexp2",     2, RealOnly,   elementary::logaddexp2;
    Deg2rad,       "deg2rad",        1, RealOnly,   angles::deg2rad;
    Radians,       "radians",        1, RealOnly,   angles::deg2rad;
    Rad2deg,       "rad2deg",        1, RealOnly,   angles::rad2deg;
    Degrees,       "degrees",        1, RealOnly,   angles::rad2deg;
    Fabs,          "fabs",           1, RealOnly,   arithmetic::absolute;
    Heaviside,     "heaviside",      2, RealOnly,   arithmetic::heaviside;
    Copysign,      "copysign",       2, RealOnly,   arithmetic::copysign;
    Nextafter,     "nextafter",      2, RealOnly,   neighbours::nextafter;
    Spacing,       "spacing",        1, RealOnly,   neighbours::spacing;
    Ldexp,         "ldexp",          2, Scaling,    exponents::ldexp;
    Minimum,       "minimum",        2, Arithmetic, extrema::minimum;
    Maximum,       "maximum",        2, Arithmetic, extrema::maximum;
    Fmin,          "fmin",           2, Arithmetic, extrema::fmin;
    Fmax,          "fmax",           2, Arithmetic, extrema::fmax;
    Equal,         "equal",          2, Comparison, compare::equal;
    NotEqual,      "not_equal",      2, Comparison, compare::not_equal;
    Less,          "less",           2, Comparison, compare::less;
    LessEqual,     "less_equal",     2, Comparison, compare::less_equal;
    Greater,       "greater",        2, Comparison, compare::greater;
    GreaterEqual,  "greater_equal",  2, Comparison, compare::greater_equal;
    LogicalAnd,    "logical_and",    2, Logical,    logic::and;
    LogicalOr,     "logical_or",     2, Logical,    logic::or;
    LogicalXor,    "logical_xor",    2, Logical,    logic::xor;
    LogicalNot,    "logical_not",    1, Logical,    logic::not;
    BitwiseAnd,    "bitwise_and",    2, Bitwise,    bits::and;
    BitwiseOr,     "bitwise_or",     2, Bitwise,    bits::or;
    BitwiseXor,    "bitwise_xor",    2, Bitwise,    bits::xor;
    Invert,        "invert",         1, Bitwise,    bits::invert;
    LeftShift,     "left_shift",     2, Shift,      bits::left_shift;
    RightShift,    "right_shift",    2, Shift,      bits::right_shift;
    BitwiseCount,  "bitwise_count",  1, Count,      bits::count;
    Where,         "where",          3, Where,      select::choose;
    Rint,          "rint",           1, Floating,   rounding::rint;
    Floor,         "floor",          1, Rounding,   rounding::floor;
    Ceil,          "ceil",           1, Rounding,   rounding::ceil;
    Trunc,         "trunc",          1, Rounding,   rounding::trunc;
    FrexpMantissa, "frexp_mantissa", 1, RealOnly,   exponents::mantissa;
    FrexpExponent, "frexp_exponent", 1, Exponent,   exponents::exponent;
    ModfFraction,  "modf_fraction",  1, RealOnly,   rounding::fraction;
    ModfWhole,     "modf_whole",     1, RealOnly,   rounding::trunc;
    Isnan,         "isnan",          1, Test,       classify::isnan;
    Isinf,         "isinf",          1, Test,       classify::isinf;
    Isfinite,      "isfinite",       1, Test,       classify::isfinite;
    Signbit,       "signbit",        1, Signbit,    classify::signbit;
    Conjugate,     "conjugate",      1, Number,     complex::conjugate;
    Real,          "real",           1, Part,       complex::real;
    Imag,          "imag",           1, Part,       complex::imag;
    Complex,       "complex",        2, Join,       complex::join;
    RejectAllNan,  "reject_all_nan", 2, Guard,      guard::reject_all_nan;
    Cast,          "cast",           1, Same,       cast::cast;
}

impl Op {
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// NumPy's name of the ufunc (or function).
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The operation with this name.
    pub fn from_name(name: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.name() == name)
    }

    /// The number of operands.
    pub fn arity(self) -> usize {
        self.row().arity
    }

    /// Whether this compares two operands.
    pub fn is_comparison(self) -> bool {
        matches!(self.rule(), Rule::Comparison)
    }

    /// Whether some operands are an error when they are computed.
    pub fn may_fail(self) -> bool {
        matches!(self, Op::Power | Op::RejectAllNan)
    }

    /// How its types resolve.
    pub(crate) fn rule(self) -> Rule {
        self.row().rule
    }

    /// The kernel for these loop types, if there is one.
    pub fn kernel(self, types: &Signature, isa: Isa) -> Option<Kernel> {
        (self.row().kernel)(types, isa)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod table_tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_operations() {
        for (index, &op) in Op::ALL.iter().enumerate() {
            assert_eq!(op as usize, index);
            assert_eq!(Op::from_name(op.name()), Some(op));
            assert!((1..=3).contains(&op.arity()));
        }
    }
}
