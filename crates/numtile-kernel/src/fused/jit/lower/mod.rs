//! From the steps of a program to operations on vector registers.
//!
//! Each file knows one family; a step that none of them knows stays with the interpreter. Every sequence gives the bits
//! of the kernel of its step (all NaNs being one).

mod compare;
mod complex;
mod convert;
mod division;
mod float;
mod from_integer;
mod half;
mod integer;
mod range;
mod resize;
mod to_integer;
mod truth;

use numtile_core::DType;

use super::lanes::{Id, Lanes, Node, Store};
use crate::fused::program::{Step, TileProgram, Value};
use crate::op::Op;

/// A value of the program in registers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    /// Elements.
    Plain(Id),
    /// The truth of something, as a mask.
    Mask(Id),
    /// The real and the imaginary parts of complex numbers.
    Pair(Id, Id),
}

/// The graph of a program of which `uniform` says which inputs are one element for all; `None` where a step is unknown.
pub fn lower(program: &TileProgram, uniform: u64) -> Option<Lanes> {
    let mut lanes = Lanes::new(widest(program)?);
    lanes.pairs_only = has_pairs_only(program, uniform);
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
        store(&mut lanes, output, held)?;
    }
    Some(lanes)
}

fn store(lanes: &mut Lanes, output: usize, held: Held) -> Option<()> {
    let whole = |id| Store { output, id, half: None };
    match held {
        Held::Plain(id) => lanes.stores.push(whole(id)),
        Held::Mask(mask) => {
            let bytes = truth::bytes(lanes, mask)?;
            lanes.stores.push(whole(bytes));
        }
        Held::Pair(re, im) => {
            let halves = complex::joined(lanes, re, im);
            lanes.stores.extend([0, 1].map(|half| Store { output, id: halves[half], half: Some(half) }));
        }
    }
    Some(())
}

/// Whether all elements that come and go are complex numbers of one type.
fn has_pairs_only(program: &TileProgram, uniform: u64) -> bool {
    let varying =
        (0..program.inputs.len()).filter(|input| uniform >> input & 1 == 0).map(|input| program.inputs[input]);
    let results = program.outputs.iter().filter_map(|&value| program.dtype(value).ok());
    let mut types = varying.chain(results);
    let Some(first) = types.next() else { return false };
    first.is_complex() && types.all(|dtype| dtype == first)
}

/// Whether a step with operands of these types is known.
pub fn is_known(step: &Step, types: &[DType]) -> bool {
    let sizes = types.iter().map(|&dtype| lane_size(dtype)).chain([step_size(step)]);
    let Some(widest) = sizes.max() else { return false };
    let mut lanes = Lanes::new(widest);
    let args: Vec<Held> =
        types.iter().enumerate().filter_map(|(input, &dtype)| read(&mut lanes, input, dtype)).collect();
    args.len() == types.len() && one(&mut lanes, step, types, &args).is_some()
}

/// Bytes of the lanes that elements of a type need: float16 is computed as float32, complex numbers are two values.
fn lane_size(dtype: DType) -> usize {
    if dtype == DType::F16 { 4 } else { dtype.real().size() }
}

/// Bytes of the widest lanes that a step needs.
fn step_size(step: &Step) -> usize {
    let inside = match step.op {
        Op::FloorDivide | Op::Remainder | Op::Fmod if step.input.is_integer() => division::float_size(step.input),
        Op::LeftShift | Op::RightShift => 4,
        _ => 1,
    };
    inside.max(lane_size(step.output)).max(lane_size(step.input))
}

fn widest(program: &TileProgram) -> Option<usize> {
    let inputs = program.inputs.iter().map(|&dtype| lane_size(dtype));
    let steps = program.steps.iter().map(step_size);
    let constants = program.constants.iter().map(|constant| lane_size(constant.dtype()));
    inputs.chain(steps).chain(constants).max()
}

fn fetch(lanes: &mut Lanes, program: &TileProgram, steps: &[Held], value: Value, uniform: u64) -> Option<Held> {
    match value {
        Value::Step(step) => steps.get(step as usize).copied(),
        Value::Input(input) => {
            let dtype = program.dtype(value).ok()?;
            let input = input as usize;
            if uniform >> input & 1 == 0 { read(lanes, input, dtype) } else { one_for_all(lanes, input, dtype) }
        }
        Value::Constant(constant) => {
            let constant = program.constants.get(constant as usize)?;
            let item = constant.dtype().real().size();
            let mut parts = constant.bytes().chunks(item).map(|part| {
                let mut bits = [0u8; 8];
                bits[..item].copy_from_slice(part);
                lanes.constant(u64::from_le_bytes(bits), item)
            });
            let (first, second) = (parts.next()?, parts.next());
            held(lanes, constant.dtype(), first, second)
        }
    }
}

/// Elements as they come from memory.
fn read(lanes: &mut Lanes, input: usize, dtype: DType) -> Option<Held> {
    if dtype.is_complex() {
        return Some(complex::load(lanes, input, dtype.real().size()));
    }
    let id = lanes.add(Node::Load(input), dtype.size());
    held(lanes, dtype, id, None)
}

/// One element in all lanes.
fn one_for_all(lanes: &mut Lanes, input: usize, dtype: DType) -> Option<Held> {
    let item = dtype.real().size();
    let first = lanes.add(Node::Uniform(input, 0), item);
    let second = dtype.is_complex().then(|| lanes.add(Node::Uniform(input, item), item));
    held(lanes, dtype, first, second)
}

/// What elements of a type are held as; truth becomes a mask at once.
fn held(lanes: &mut Lanes, dtype: DType, first: Id, second: Option<Id>) -> Option<Held> {
    Some(match second {
        Some(second) => Held::Pair(first, second),
        None if dtype == DType::Bool => Held::Mask(truth::mask(lanes, first)?),
        None => Held::Plain(first),
    })
}

fn one(lanes: &mut Lanes, step: &Step, types: &[DType], args: &[Held]) -> Option<Held> {
    if step.op == Op::Cast {
        return convert::cast(lanes, types[0], step.output, args[0]);
    }
    if step.op == Op::Where {
        return truth::choose(lanes, step.output, args);
    }
    let same = types.iter().all(|&dtype| dtype == types[0]);
    match *args.first()? {
        Held::Mask(_) => {
            let masks: Vec<Id> = args.iter().map(|&arg| arg.mask()).collect::<Option<_>>()?;
            truth::logic(lanes, step.op, &masks).map(Held::Mask)
        }
        Held::Pair(..) => {
            let pairs: Vec<(Id, Id)> = args.iter().map(|&arg| arg.pair()).collect::<Option<_>>()?;
            match step.output {
                DType::Bool => complex::test(lanes, step.op, &pairs).map(Held::Mask),
                _ => complex::arithmetic(lanes, step.op, &pairs),
            }
        }
        Held::Plain(_) => {
            let plain: Vec<Id> = args.iter().map(|&arg| arg.plain()).collect::<Option<_>>()?;
            match (step.op, plain.as_slice()) {
                (Op::Complex, &[re, im]) if same => Some(Held::Pair(re, im)),
                _ if step.output == DType::Bool && same => test(lanes, step.op, types[0], &plain).map(Held::Mask),
                (_, &[a, b]) if step.output == DType::Bool => {
                    compare::mixed(lanes, step.op, types, a, b).map(Held::Mask)
                }
                _ if same && step.output == types[0] => arithmetic(lanes, step.op, types[0], &plain).map(Held::Plain),
                _ => None,
            }
        }
    }
}

fn arithmetic(lanes: &mut Lanes, op: Op, dtype: DType, args: &[Id]) -> Option<Id> {
    match dtype {
        DType::F16 => half::arithmetic(lanes, op, args),
        _ if dtype.is_float() => {
            let result = float::arithmetic(lanes, op, args)?;
            range::note(lanes, op, args, result);
            Some(result)
        }
        _ => integer::arithmetic(lanes, op, dtype, args),
    }
}

/// The mask of a comparison or test of numbers of one type.
fn test(lanes: &mut Lanes, op: Op, dtype: DType, args: &[Id]) -> Option<Id> {
    if dtype == DType::F16 {
        let wide: Vec<Id> = args.iter().map(|&arg| half::widened(lanes, arg)).collect();
        return compare::test(lanes, op, DType::F32, &wide);
    }
    compare::test(lanes, op, dtype, args)
}

impl Held {
    fn plain(self) -> Option<Id> {
        if let Held::Plain(id) = self { Some(id) } else { None }
    }

    fn mask(self) -> Option<Id> {
        if let Held::Mask(id) = self { Some(id) } else { None }
    }

    fn pair(self) -> Option<(Id, Id)> {
        if let Held::Pair(re, im) = self { Some((re, im)) } else { None }
    }
}
