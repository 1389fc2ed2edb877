//! NumPy 2's type resolution: from the types of the operands to the types of the loop (NEP 50).
//!
//! Python's int, float and complex are weak: they take the type of the other operand where its kind allows, and
//! `int64`, `float64`, `complex128` among themselves. `tests/data/resolution.txt` holds NumPy's own answer for every
//! operation and every combination, and a test compares.

use numtile_core::{DType, Error, Kind, Result};

use crate::op::Op;

/// The type of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// An array, a NumPy scalar or a Python bool.
    Typed(DType),
    /// A Python int with this value.
    Int(i128),
    /// A Python float.
    Float,
    /// A Python complex.
    Complex,
}

/// The types of a loop: what each operand must be cast to, and what comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// One type per operand; those past the arity repeat the last one.
    pub inputs: [DType; 3],
    /// The type of the result.
    pub output: DType,
}

impl Signature {
    /// A loop whose operands have one type.
    pub const fn uniform(input: DType, output: DType) -> Signature {
        Signature { inputs: [input; 3], output }
    }

    /// The type of the (last) data operand, which names the loop in a [`Step`](crate::Step).
    pub const fn input(&self) -> DType {
        self.inputs[2]
    }
}

/// How an operation's types resolve. Each is a list of loops in NumPy; here it is a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The common type, bool included.
    Arithmetic,
    /// The common type; bool counts as int8.
    Number,
    /// The common type; bool is refused.
    NotBool,
    /// As `Arithmetic`, but bool is refused with advice.
    Subtract,
    /// As `Arithmetic`, but bool is refused with other advice.
    Negative,
    /// As `Number`, but not complex.
    RealNumber,
    /// The common type, float64 for bool and integers.
    Divide,
    /// The common type; complex gives its real type.
    Absolute,
    /// The float types of the operands' sizes, or complex.
    Floating,
    /// The float types of the operands' sizes; complex is refused.
    RealOnly,
    /// As `RealOnly`, to int32.
    Exponent,
    /// float64, or complex128.
    Double,
    /// A float type, and int32 or int64.
    Scaling,
    /// The common type to bool, except that int64 and uint64 are compared as they are.
    Comparison,
    /// Truth values to bool.
    Logical,
    /// bool and integers.
    Bitwise,
    /// Integers; bool counts as int8.
    Shift,
    /// As `Shift`, to uint8.
    Count,
    /// Integers, at least one of two.
    Integer,
    /// A truth value, and the common type of the branches.
    Where,
    /// Any type, and a truth value, to the first.
    Guard,
    /// The type itself, not complex.
    Rounding,
    /// float and complex to bool; integers are looked at as bool, which is as finite as they are.
    Test,
    /// The float types of the operands' sizes to bool.
    Signbit,
    /// Any type to its real type.
    Part,
    /// float32 or float64 to the complex type of such parts.
    Join,
    /// Any type to itself.
    Same,
}

/// The loop that NumPy chooses for `op` on these operands, or its `TypeError` in NumPy's words.
pub fn resolve(op: Op, operands: &[Operand]) -> Result<Signature> {
    if operands.len() != op.arity() {
        return Err(Error::type_(format!("{op}() takes {} operands but {} were given", op.arity(), operands.len())));
    }
    match op.rule() {
        Rule::Arithmetic | Rule::Same => Ok(same(common(operands))),
        Rule::Number => Ok(same(no_bool(common(operands)))),
        Rule::NotBool => not_bool(op, operands),
        Rule::Subtract => refuse_bool(operands, SUBTRACT),
        Rule::Negative => refuse_bool(operands, NEGATIVE),
        Rule::RealNumber => Ok(same(no_bool(not_complex(op, common(operands))?))),
        Rule::Divide => Ok(same(divide(common(operands)))),
        Rule::Absolute | Rule::Part => Ok(Signature::uniform(common(operands), common(operands).real())),
        Rule::Floating => Ok(same(floating(operands))),
        Rule::RealOnly => Ok(same(not_complex(op, floating(operands))?)),
        Rule::Exponent => Ok(Signature::uniform(not_complex(op, floating(operands))?, DType::I32)),
        Rule::Double => Ok(same(common(operands).promote(DType::F64))),
        Rule::Scaling => scaling(op, &operands[0], &operands[1]),
        Rule::Comparison => Ok(comparison(operands)),
        Rule::Logical => Ok(same(DType::Bool)),
        Rule::Bitwise => Ok(same(exact(op, common(operands))?)),
        Rule::Shift => Ok(same(no_bool(exact(op, common(operands))?))),
        Rule::Count => Ok(Signature::uniform(no_bool(exact(op, common(operands))?), DType::U8)),
        Rule::Integer => integer(op, operands),
        Rule::Where => Ok(choice(common(&operands[1..]))),
        Rule::Guard => Ok(guarded(common(&operands[..1]))),
        Rule::Rounding => Ok(same(not_complex(op, common(operands))?)),
        Rule::Test => Ok(Signature::uniform(inexact_or_bool(common(operands)), DType::Bool)),
        Rule::Signbit => Ok(Signature::uniform(not_complex(op, floating(operands))?, DType::Bool)),
        Rule::Join => join(op, common(operands)),
    }
}

const SUBTRACT: &str = "numpy boolean subtract, the `-` operator, is not supported, \
    use the bitwise_xor, the `^` operator, or the logical_xor function instead.";
const NEGATIVE: &str = "The numpy boolean negative, the `-` operator, is not supported, \
    use the `~` operator or the logical_not function instead.";

/// NumPy's `result_type` of the operands.
pub fn common(operands: &[Operand]) -> DType {
    let typed = operands.iter().filter_map(|o| match o {
        Operand::Typed(dtype) => Some(*dtype),
        _ => None,
    });
    let strongest = typed.reduce(DType::promote);
    let weakest = operands.iter().filter_map(|&o| Weak::of(o)).max();
    match (strongest, weakest) {
        (Some(dtype), Some(weak)) => weak.meet(dtype),
        (Some(dtype), None) => dtype,
        (None, Some(weak)) => weak.default(),
        (None, None) => DType::F64,
    }
}

/// The kinds of Python's weak scalars, in rising order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weak {
    Int,
    Float,
    Complex,
}

impl Weak {
    fn of(operand: Operand) -> Option<Weak> {
        match operand {
            Operand::Typed(_) => None,
            Operand::Int(_) => Some(Weak::Int),
            Operand::Float => Some(Weak::Float),
            Operand::Complex => Some(Weak::Complex),
        }
    }

    fn default(self) -> DType {
        match self {
            Weak::Int => DType::I64,
            Weak::Float => DType::F64,
            Weak::Complex => DType::C128,
        }
    }

    /// The common type of this weak scalar and a typed operand.
    fn meet(self, dtype: DType) -> DType {
        match (self, dtype.kind()) {
            (Weak::Int, Kind::Bool) => DType::I64,
            (Weak::Float, Kind::Bool | Kind::Signed | Kind::Unsigned) => DType::F64,
            (Weak::Complex, Kind::Bool | Kind::Signed | Kind::Unsigned) => DType::C128,
            (Weak::Complex, Kind::Float) => dtype.promote(DType::C64),
            _ => dtype,
        }
    }
}

fn same(dtype: DType) -> Signature {
    Signature::uniform(dtype, dtype)
}

fn choice(branches: DType) -> Signature {
    Signature { inputs: [DType::Bool, branches, branches], output: branches }
}

fn guarded(value: DType) -> Signature {
    Signature { inputs: [value, DType::Bool, DType::Bool], output: value }
}

fn join(op: Op, parts: DType) -> Result<Signature> {
    let part = not_complex(op, parts)?.promote(DType::F32);
    Ok(Signature::uniform(part, part.promote(DType::C64)))
}

fn no_bool(dtype: DType) -> DType {
    if dtype == DType::Bool { DType::I8 } else { dtype }
}

fn divide(dtype: DType) -> DType {
    if dtype.is_float() || dtype.is_complex() { dtype } else { DType::F64 }
}

fn inexact_or_bool(dtype: DType) -> DType {
    if dtype.is_float() || dtype.is_complex() { dtype } else { DType::Bool }
}

/// The float type in which NumPy computes functions of this type.
fn to_floating(dtype: DType) -> DType {
    match (dtype.kind(), dtype.size()) {
        (Kind::Float | Kind::Complex, _) => dtype,
        (_, 1) => DType::F16,
        (_, 2) => DType::F32,
        _ => DType::F64,
    }
}

/// Typed operands become floats first (int16 and uint16 are float32 together); weak ones meet them as they are.
fn floating(operands: &[Operand]) -> DType {
    let typed = operands.iter().map(|o| match o {
        Operand::Typed(dtype) => Some(to_floating(*dtype)),
        _ => None,
    });
    match typed.reduce(|a, b| Some(a?.promote(b?))) {
        Some(Some(dtype)) => dtype,
        _ => to_floating(common(operands)),
    }
}

fn refuse_bool(operands: &[Operand], advice: &str) -> Result<Signature> {
    match common(operands) {
        DType::Bool => Err(Error::type_(advice)),
        dtype => Ok(same(dtype)),
    }
}

fn not_bool(op: Op, operands: &[Operand]) -> Result<Signature> {
    match common(operands) {
        DType::Bool => Err(no_loop(op, operands)),
        dtype => Ok(same(dtype)),
    }
}

/// The common type, which must be an integer's.
fn integer(op: Op, operands: &[Operand]) -> Result<Signature> {
    let dtype = common(operands);
    if dtype.is_integer() { Ok(same(dtype)) } else { Err(no_loop(op, operands)) }
}

/// The loop of `x · 2^n`. Each operand has a type of its own, and a Python int takes after what stands beside it: the
/// mantissa is float16 beside an integer exponent, the exponent int32 beside any mantissa but a bool's or a Python
/// number's. (That is what NumPy's search through its loops comes to.)
fn scaling(op: Op, mantissa: &Operand, exponent: &Operand) -> Result<Signature> {
    let float = match (mantissa, exponent) {
        (Operand::Typed(dtype), _) => to_floating(*dtype),
        (Operand::Int(_), Operand::Typed(beside)) if *beside != DType::Bool => DType::F16,
        (weak, _) => to_floating(common(&[*weak])),
    };
    let whole = match (mantissa, exponent) {
        (_, Operand::Typed(dtype)) if dtype.casts_safely(DType::I32) => DType::I32,
        (_, Operand::Typed(dtype)) if dtype.casts_safely(DType::I64) => DType::I64,
        (Operand::Typed(beside), Operand::Int(_)) if *beside != DType::Bool => DType::I32,
        (_, Operand::Int(_)) => DType::I64,
        _ => return Err(unsupported(op)),
    };
    let float = not_complex(op, float)?;
    Ok(Signature { inputs: [float, whole, whole], output: float })
}

fn not_complex(op: Op, dtype: DType) -> Result<DType> {
    if dtype.is_complex() { Err(unsupported(op)) } else { Ok(dtype) }
}

/// bool and integers only.
fn exact(op: Op, dtype: DType) -> Result<DType> {
    if dtype.is_float() || dtype.is_complex() { Err(unsupported(op)) } else { Ok(dtype) }
}

fn unsupported(op: Op) -> Error {
    Error::type_(format!(
        "ufunc '{op}' not supported for the input types, and the inputs could not be safely coerced to any \
         supported types according to the casting rule ''safe''"
    ))
}

fn no_loop(op: Op, operands: &[Operand]) -> Error {
    let classes: Vec<String> = operands.iter().map(|&o| format!("<class 'numpy.dtypes.{}'>", class(o))).collect();
    let types = match classes.as_slice() {
        [one] => one.clone(),
        many => format!("({})", many.join(", ")),
    };
    Error::type_(format!("ufunc '{op}' did not contain a loop with signature matching types {types} -> None"))
}

/// The name of NumPy's class of this type.
fn class(operand: Operand) -> String {
    match operand {
        Operand::Typed(dtype) => {
            let kind = match dtype.kind() {
                Kind::Bool => "Bool",
                Kind::Unsigned => "UInt",
                Kind::Signed => "Int",
                Kind::Float => "Float",
                Kind::Complex => "Complex",
            };
            let bits = dtype.name().trim_start_matches(char::is_alphabetic);
            format!("{kind}{bits}DType")
        }
        Operand::Int(_) => "_PyLongDType".to_owned(),
        Operand::Float => "_PyFloatDType".to_owned(),
        Operand::Complex => "_PyComplexDType".to_owned(),
    }
}

/// Integers are compared exactly, whatever their types: mixed signs as int64 with uint64, and a Python int outside
/// the other operand's type in a type that holds it.
fn comparison(operands: &[Operand]) -> Signature {
    let to_bool = |a, b| Signature { inputs: [a, b, b], output: DType::Bool };
    match *operands {
        [Operand::Typed(a), Operand::Typed(b)] if mixed_signs(a, b) => to_bool(sixty_four_bits(a), sixty_four_bits(b)),
        [Operand::Typed(a), Operand::Int(value)] if outside(value, a) => to_bool(beside(value, a), of_value(value)),
        [Operand::Int(value), Operand::Typed(b)] if outside(value, b) => to_bool(of_value(value), beside(value, b)),
        [Operand::Int(a), Operand::Int(b)] => match (of_value(a), of_value(b)) {
            (DType::F64, _) | (_, DType::F64) => to_bool(DType::F64, DType::F64),
            (a, b) => to_bool(a, b),
        },
        _ => Signature::uniform(common(operands), DType::Bool),
    }
}

/// Both are integers, and only float64 would hold either.
fn mixed_signs(a: DType, b: DType) -> bool {
    a.is_integer() && b.is_integer() && a.promote(b).is_float()
}

fn sixty_four_bits(dtype: DType) -> DType {
    if dtype.kind() == Kind::Signed { DType::I64 } else { DType::U64 }
}

/// Whether a Python int does not fit the integer type `dtype`.
fn outside(value: i128, dtype: DType) -> bool {
    let bits = 8 * dtype.size() as u32;
    match dtype.kind() {
        // bool meets a Python int as int64.
        Kind::Bool => outside(value, DType::I64),
        Kind::Signed => value < -(1i128 << (bits - 1)) || value >= 1i128 << (bits - 1),
        Kind::Unsigned => value < 0 || value >= 1i128 << bits,
        Kind::Float | Kind::Complex => false,
    }
}

/// The type in which a Python int is compared when it does not fit the other operand's type.
fn of_value(value: i128) -> DType {
    if !outside(value, DType::I64) {
        DType::I64
    } else if !outside(value, DType::U64) {
        DType::U64
    } else {
        DType::F64
    }
}

/// The type that the other operand is cast to beside [`of_value`]. (Beyond 64 bits both are float64: every integer of
/// `dtype` lies on one side of the value.)
fn beside(value: i128, dtype: DType) -> DType {
    if of_value(value) == DType::F64 { DType::F64 } else { sixty_four_bits(dtype) }
}
