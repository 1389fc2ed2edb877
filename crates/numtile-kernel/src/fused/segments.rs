//! The parts of a program that can be compiled: maximal runs of steps that [`jit`](super::jit) knows.

use std::collections::HashMap;
use std::ops::Range;

use numtile_core::DType;

use super::jit;
use super::program::{Step, TileProgram, Value};
use crate::op::Op;

/// A run of fewer steps is one kernel call, which is as fast (unless the result goes past the caches).
const SHORTEST: usize = 2;
/// Longer runs are cut: compiling takes longer than in proportion.
const LONGEST: usize = 128;

/// Consecutive steps that are one piece of machine code.
#[derive(Debug)]
pub(super) struct Piece {
    /// The steps.
    pub steps: Range<usize>,
    /// What it reads.
    pub inputs: Vec<Value>,
    /// What others read of it.
    pub outputs: Vec<Value>,
    /// The code.
    pub segment: jit::Segment,
}

/// The pieces of a program, in order, without the steps that are `taken`.
pub(super) fn find(program: &TileProgram, taken: &[Range<usize>]) -> Vec<Piece> {
    let mut known = HashMap::new();
    let mut is_known: Vec<bool> = program.steps.iter().map(|step| is_known(program, step, &mut known)).collect();
    taken.iter().for_each(|range| is_known[range.clone()].fill(false));
    let read_until = read_until(program);
    let mut pieces = Vec::new();
    let mut first = 0;
    while first < program.steps.len() {
        let run = is_known[first..].iter().take(LONGEST).take_while(|&&known| known).count();
        if run >= SHORTEST || run == 1 && read_until[first] == usize::MAX {
            pieces.extend(piece(program, first..first + run, &read_until));
        }
        first += run.max(1);
    }
    pieces
}

/// Whether there is machine code for a step; asked once per operation and types.
fn is_known(program: &TileProgram, step: &Step, known: &mut HashMap<(Op, [DType; 3], DType), bool>) -> bool {
    let Ok(types) = program.signature(step) else { return false };
    let key = (step.op, types.inputs, types.output);
    *known.entry(key).or_insert_with(|| jit::is_known(step, &types.inputs[..step.op.arity()]))
}

/// For each step the last one that reads its result; past the end if the program delivers it.
pub(super) fn read_until(program: &TileProgram) -> Vec<usize> {
    let mut last = vec![0; program.steps.len()];
    let reads = program.steps.iter().enumerate().flat_map(|(at, step)| step.operands().iter().map(move |&v| (at, v)));
    let delivers = program.outputs.iter().map(|&value| (usize::MAX, value));
    for (at, value) in reads.chain(delivers) {
        if let Value::Step(step) = value {
            last[step as usize] = at;
        }
    }
    last
}

/// Steps that have become a program of their own.
pub(super) struct OwnProgram {
    pub program: TileProgram,
    /// What it reads of the whole.
    pub inputs: Vec<Value>,
    /// What others read of it.
    pub outputs: Vec<Value>,
}

fn piece(program: &TileProgram, steps: Range<usize>, read_until: &[usize]) -> Option<Piece> {
    let OwnProgram { program, inputs, outputs } = own_program(program, steps.clone(), read_until)?;
    let segment = jit::Segment::new(program)?;
    Some(Piece { steps, inputs, outputs, segment })
}

/// These steps as a program of their own.
pub(super) fn own_program(program: &TileProgram, steps: Range<usize>, read_until: &[usize]) -> Option<OwnProgram> {
    let first = steps.start;
    let mut own = TileProgram::default();
    let mut inputs: Vec<Value> = Vec::new();
    let mut known: HashMap<Value, Value> = HashMap::new();
    for step in &program.steps[steps.clone()] {
        let mut copy = *step;
        for (slot, &value) in copy.args.iter_mut().zip(step.operands()) {
            *slot = match known.get(&value) {
                Some(&there) => there,
                None => import(program, value, first, &mut own, &mut inputs)?,
            };
            known.insert(value, *slot);
        }
        own.steps.push(copy);
    }
    let end = steps.end;
    let read_outside = steps.filter(|&step| read_until[step] >= end);
    let outputs: Vec<Value> = read_outside.map(|step| Value::Step(step as u32)).collect();
    own.outputs = outputs.iter().map(|&value| moved(value, first)).collect();
    Some(OwnProgram { program: own, inputs, outputs })
}

/// A value of the program as one of the piece.
fn import(
    program: &TileProgram,
    value: Value,
    first: usize,
    own: &mut TileProgram,
    inputs: &mut Vec<Value>,
) -> Option<Value> {
    match value {
        Value::Step(step) if step as usize >= first => Some(moved(value, first)),
        Value::Constant(constant) => {
            own.constants.push(*program.constants.get(constant as usize)?);
            Some(Value::Constant((own.constants.len() - 1) as u32))
        }
        Value::Input(_) | Value::Step(_) => {
            own.inputs.push(program.dtype(value).ok()?);
            inputs.push(value);
            Some(Value::Input((inputs.len() - 1) as u32))
        }
    }
}

fn moved(value: Value, first: usize) -> Value {
    match value {
        Value::Step(step) => Value::Step(step - first as u32),
        other => other,
    }
}
