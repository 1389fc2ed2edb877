//! Every loop there is: an operation with the types it takes.

use numtile_core::DType;

use crate::fused::jit;
use crate::fused::program::{Step, Value};
use crate::isa::Isa;
use crate::op::Op;
use crate::types::{Operand, Signature, resolve};

/// An operation with the types of one of its loops.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub op: Op,
    pub types: Signature,
}

/// The loops of all operations.
pub fn all() -> Vec<Case> {
    Op::ALL.iter().flat_map(|&op| of(op)).collect()
}

fn of(op: Op) -> Vec<Case> {
    let combinations = DType::ALL.len().pow(op.arity() as u32);
    let mut cases: Vec<Case> = Vec::new();
    for number in 0..combinations {
        let mut types = [DType::Bool; 3];
        (0..op.arity()).fold(number, |rest, k| {
            types[k] = DType::ALL[rest % DType::ALL.len()];
            rest / DType::ALL.len()
        });
        cases.extend(loops(op, types).into_iter().map(|types| Case { op, types }));
    }
    cases
}

/// The loops that take exactly these types: one, or none; a cast goes anywhere.
fn loops(op: Op, types: [DType; 3]) -> Vec<Signature> {
    if op == Op::Cast {
        return DType::ALL.iter().map(|&to| Signature::uniform(types[0], to)).collect();
    }
    let operands: Vec<Operand> = types[..op.arity()].iter().map(|&dtype| Operand::Typed(dtype)).collect();
    let exact = |found: &Signature| found.inputs[..op.arity()] == types[..op.arity()];
    let has_kernel = |found: &Signature| op.kernel(found, Isa::Baseline).is_some();
    resolve(op, &operands).into_iter().filter(exact).filter(has_kernel).collect()
}

impl Case {
    /// The types of the operands.
    pub fn inputs(&self) -> &[DType] {
        &self.types.inputs[..self.op.arity()]
    }

    /// The operation on these operands.
    pub fn step(&self, operands: &[Value]) -> Step {
        let mut args = [Value::Input(0); 3];
        args[..operands.len()].copy_from_slice(operands);
        Step { op: self.op, input: self.types.inputs[self.op.arity() - 1], output: self.types.output, args }
    }

    /// Whether there is machine code for it.
    pub fn is_known(&self) -> bool {
        jit::is_known(&self.step(&[]), self.inputs())
    }

    /// Whether it looks at the sign of NaN. That of a NaN which arithmetic made is nobody's promise, so that such
    /// operations take inputs only.
    pub fn looks_at_sign_of_nan(&self) -> bool {
        matches!(self.op, Op::Signbit | Op::Copysign)
    }
}
