//! When a tile program is right: every value exists before it is used, and every step has a loop for its types.

use numtile_core::{Error, Result};

use super::program::{Step, TileProgram, Value};
use crate::isa::Isa;
use crate::op::Op;
use crate::types::{Operand, Signature, resolve};

/// Checks a program; an error is a mistake of the planner.
pub fn verify(program: &TileProgram) -> Result<()> {
    for index in 0..program.steps.len() {
        verify_step(program, index)?;
    }
    for &output in &program.outputs {
        program.dtype(output)?;
    }
    Ok(())
}

fn verify_step(program: &TileProgram, index: usize) -> Result<()> {
    let step = &program.steps[index];
    for &value in step.operands() {
        if matches!(value, Value::Step(earlier) if earlier as usize >= index) {
            return Err(wrong(index, step, "uses a value that does not exist yet"));
        }
    }
    let types = program.signature(step)?;
    if types.inputs[step.op.arity() - 1] != step.input {
        return Err(wrong(index, step, "has an operand of another type than its loop"));
    }
    if !is_a_loop(step, &types) || step.op.kernel(&types, Isa::Baseline).is_none() {
        return Err(wrong(index, step, "has no kernel for these types"));
    }
    Ok(())
}

/// Whether the operation has exactly this loop: operands of its types resolve to themselves. (A cast goes anywhere.)
fn is_a_loop(step: &Step, types: &Signature) -> bool {
    let operands = types.inputs.map(Operand::Typed);
    let used = ..step.op.arity();
    step.op == Op::Cast
        || resolve(step.op, &operands[used])
            .is_ok_and(|found| found.inputs[used] == types.inputs[used] && found.output == types.output)
}

fn wrong(index: usize, step: &Step, how: &str) -> Error {
    Error::internal(format!("step %{index} of a tile program, `{step}`, {how}"))
}
