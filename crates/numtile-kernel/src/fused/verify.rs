//! When a tile program is right: every value exists before it is used, and every step has a loop for its types.

use numtile_core::{Error, Result};

use super::program::{Step, TileProgram, Value};
use crate::isa::Isa;
use crate::types::Signature;

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
    if !operands_agree(step, &types) {
        return Err(wrong(index, step, "mixes operands of different types"));
    }
    if step.op.kernel(&types, Isa::Baseline).is_none() || !output_fits(step, &types) {
        return Err(wrong(index, step, "has no kernel for these types"));
    }
    Ok(())
}

/// Operands have one type, except the condition of a choice and the comparison of int64 with uint64.
fn operands_agree(step: &Step, types: &Signature) -> bool {
    use numtile_core::DType::{Bool, I64, U64};
    let [a, b, c] = types.inputs;
    match step.op.arity() {
        1 => true,
        2 => a == b || step.op.is_comparison() && matches!((a, b), (I64, U64) | (U64, I64)),
        _ => a == Bool && b == c,
    }
}

/// The output is the one that the operation has for these loop types.
fn output_fits(step: &Step, types: &Signature) -> bool {
    use crate::op::Op;
    use crate::types::{Operand, resolve};
    if step.op == Op::Cast {
        return true;
    }
    let operands = types.inputs.map(Operand::Typed);
    resolve(step.op, &operands[..step.op.arity()]).is_ok_and(|s| s.output == step.output)
}

fn wrong(index: usize, step: &Step, how: &str) -> Error {
    Error::internal(format!("step %{index} of a tile program, `{step}`, {how}"))
}
