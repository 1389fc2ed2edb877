//! From the steps of a program to operations on vector registers.
//!
//! Each file knows one family; a step that none of them knows stays with the interpreter. Every sequence gives the bits
//! of the kernel of its step (all NaNs being one).

mod compare;
mod convert;
mod float;
mod integer;
mod truth;

use numtile_core::DType;
use numtile_core::dtype::Kind;

use super::lanes::{Id, Lanes, Node};
use crate::fused::program::{Step, TileProgram, Value};
use crate::op::Op;

/// A value of the program in registers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    /// Elements.
    Plain(Id),
    /// The truth of something, as a mask.
    Mask(Id),
}

/// The graph of a program of which `uniform` says which inputs are one element for all; `None` where a step is unknown.
pub fn lower(program: &TileProgram, uniform: u64) -> Option<Lanes> {
    let mut lanes = Lanes::new(widest(program)?);
    let mut steps: Vec<Held> = Vec::with_capacity(program.steps.len());
    for step in &program.steps {
        let args: Vec<Held> = step
            .operands()
            .iter()
            .map(|&value| fetch(&mut lanes, program, &steps, value, uniform))
            .collect::<Option<_>>()?;
        let types: Vec<DType> =
            step.operands().iter().map(|&value| program.dtype(value).ok()).collect::<Option<_>>()?;
        steps.push(one(&mut lanes, step, &types, &args)?);
    }
    for (output, &value) in program.outputs.iter().enumerate() {
        let held = fetch(&mut lanes, program, &steps, value, uniform)?;
        let stored = match held {
            Held::Plain(id) => id,
            Held::Mask(mask) => truth::bytes(&mut lanes, mask)?,
        };
        lanes.stores.push((output, stored));
    }
    Some(lanes)
}

/// Whether a step with operands of these types is known.
pub fn is_known(step: &Step, types: &[DType]) -> bool {
    let sizes = types.iter().map(|dtype| dtype.size());
    let Some(widest) = sizes.chain([step.output.size()]).max().filter(|&widest| widest <= 8) else { return false };
    if types.iter().chain([&step.output]).any(|dtype| !is_element(*dtype)) {
        return false;
    }
    let mut lanes = Lanes::new(widest);
    let args: Vec<Held> =
        types.iter().enumerate().filter_map(|(input, &dtype)| read(&mut lanes, Node::Load(input), dtype)).collect();
    args.len() == types.len() && one(&mut lanes, step, types, &args).is_some()
}

/// Whether elements of the type are held in lanes.
fn is_element(dtype: DType) -> bool {
    !dtype.is_complex() && dtype != DType::F16
}

fn widest(program: &TileProgram) -> Option<usize> {
    let inputs = program.inputs.iter().map(|dtype| dtype.size());
    let steps = program.steps.iter().map(|step| step.output.size().max(step.input.size()));
    let constants = program.constants.iter().map(|constant| constant.dtype().size());
    inputs.chain(steps).chain(constants).max().filter(|&widest| widest <= 8)
}

fn fetch(lanes: &mut Lanes, program: &TileProgram, steps: &[Held], value: Value, uniform: u64) -> Option<Held> {
    match value {
        Value::Step(step) => steps.get(step as usize).copied(),
        Value::Input(input) => {
            let dtype = program.dtype(value).ok()?;
            let node = if uniform >> input & 1 != 0 { Node::Uniform } else { Node::Load };
            read(lanes, node(input as usize), dtype)
        }
        Value::Constant(constant) => {
            let constant = program.constants.get(constant as usize)?;
            let mut bits = [0u8; 8];
            bits[..constant.bytes().len()].copy_from_slice(constant.bytes());
            read(lanes, Node::Constant(u64::from_le_bytes(bits)), constant.dtype())
        }
    }
}

/// Elements as they come from memory; truth becomes a mask at once.
fn read(lanes: &mut Lanes, node: Node, dtype: DType) -> Option<Held> {
    if !is_element(dtype) {
        return None;
    }
    let id = lanes.add(node, dtype.size());
    Some(if dtype == DType::Bool { Held::Mask(truth::mask(lanes, id)?) } else { Held::Plain(id) })
}

fn one(lanes: &mut Lanes, step: &Step, types: &[DType], args: &[Held]) -> Option<Held> {
    if step.op == Op::Cast {
        return convert::cast(lanes, types[0], step.output, args[0]);
    }
    if step.op == Op::Where {
        return truth::choose(lanes, step.output, args);
    }
    let masks: Vec<Id> = args
        .iter()
        .filter_map(|arg| match arg {
            Held::Mask(mask) => Some(*mask),
            Held::Plain(_) => None,
        })
        .collect();
    if masks.len() == args.len() {
        return truth::logic(lanes, step.op, &masks).map(Held::Mask);
    }
    let plain: Vec<Id> = args
        .iter()
        .filter_map(|arg| match arg {
            Held::Plain(id) => Some(*id),
            Held::Mask(_) => None,
        })
        .collect();
    if plain.len() != args.len() || types.iter().any(|&dtype| dtype != types[0]) {
        return None;
    }
    if step.output == DType::Bool {
        return compare::test(lanes, step.op, types[0], &plain).map(Held::Mask);
    }
    let made = match types[0].kind() {
        Kind::Float => float::arithmetic(lanes, step.op, &plain),
        _ => integer::arithmetic(lanes, step.op, types[0], &plain),
    };
    made.map(Held::Plain)
}
