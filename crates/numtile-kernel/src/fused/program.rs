//! Tile programs: straight lines of elementwise operations.

use std::fmt;

use numtile_core::{DType, Error, Result, Scalar};

use crate::op::Op;
use crate::types::Signature;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// The input with this number.
    Input(u32),
    /// The constant with this number.
    Constant(u32),
    /// The result of the step with this number.
    Step(u32),
}

/// One operation. Its operands are computed by earlier steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The operation.
    pub op: Op,
    /// The loop type of the last data operand (for `Where` the type of the branches).
    pub input: DType,
    /// The type of the result.
    pub output: DType,
    /// The operands; the first `op.arity()` are used.
    pub args: [Value; 3],
}

/// A straight line of operations over strips of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TileProgram {
    /// The types of the inputs.
    pub inputs: Vec<DType>,
    /// The constants.
    pub constants: Vec<Scalar>,
    /// The operations in order of execution.
    pub steps: Vec<Step>,
    /// The results.
    pub outputs: Vec<Value>,
}

impl Step {
    /// The operands in use.
    pub fn operands(&self) -> &[Value] {
        &self.args[..self.op.arity()]
    }
}

impl TileProgram {
    /// The type of a value; an error if there is no such value.
    pub fn dtype(&self, value: Value) -> Result<DType> {
        let found = match value {
            Value::Input(i) => self.inputs.get(i as usize).copied(),
            Value::Constant(i) => self.constants.get(i as usize).map(Scalar::dtype),
            Value::Step(i) => self.steps.get(i as usize).map(|step| step.output),
        };
        found.ok_or_else(|| Error::internal(format!("a tile program uses {value}, which it does not have")))
    }

    /// The types of a step's loop, as its operands have them.
    pub(crate) fn signature(&self, step: &Step) -> Result<Signature> {
        let mut inputs = [step.input; 3];
        for (slot, &value) in inputs.iter_mut().zip(step.operands()) {
            *slot = self.dtype(value)?;
        }
        Ok(Signature { inputs, output: step.output })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Input(i) => write!(f, "in{i}"),
            Value::Constant(i) => write!(f, "const{i}"),
            Value::Step(i) => write!(f, "%{i}"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.op)?;
        if self.input != self.output {
            write!(f, ".{}", self.input)?;
        }
        for (i, value) in self.operands().iter().enumerate() {
            write!(f, "{} {value}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// One line per input, constant, step and output, for example
/// `%2: float64 = add %0, in1`.
impl fmt::Display for TileProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, dtype) in self.inputs.iter().enumerate() {
            writeln!(f, "in{i}: {dtype}")?;
        }
        for (i, constant) in self.constants.iter().enumerate() {
            writeln!(f, "const{i}: {} = {}", constant.dtype(), Literal(constant))?;
        }
        for (i, step) in self.steps.iter().enumerate() {
            writeln!(f, "%{i}: {} = {step}", step.output)?;
        }
        for (i, value) in self.outputs.iter().enumerate() {
            writeln!(f, "out{i} = {value}")?;
        }
        Ok(())
    }
}

/// A scalar as a reader would write it.
struct Literal<'a>(&'a Scalar);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.dtype(), self.0.to_int()) {
            (DType::Bool, Some(value)) => write!(f, "{}", value != 0),
            (_, Some(value)) => write!(f, "{value}"),
            (dtype, None) if dtype.is_complex() => write!(f, "{}", self.0.to_complex()),
            (_, None) => write!(f, "{:?}", self.0.to_f64()),
        }
    }
}
