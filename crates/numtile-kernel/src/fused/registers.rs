//! Where the steps of a program leave their results.
//!
//! A register holds one strip of elements of one size and is taken again as soon as nobody needs what is in it. A step
//! never writes where it reads: kernels may then assume that their destination overlaps nothing, which costs one
//! register and saves every kernel its checks. A result that the program delivers is written straight to its output.

use std::ops::Range;

use super::program::{TileProgram, Value};

/// Where an operand or a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Input(u32),
    Constant(u32),
    Register(u32),
    Output(u32),
}

/// Places for all results of a program.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    /// The place of each step's result.
    pub results: Vec<Place>,
    /// Bytes per element of everything before each register.
    pub offsets: Vec<usize>,
    /// Bytes per element of all registers.
    pub bytes_per_element: usize,
}

/// Assigns places by liveness, in one pass over the steps. Each of `pieces` is a range of steps that may be done in one
/// go: what it reads from outside is alive until all of it is done.
pub(super) fn assign(program: &TileProgram, pieces: &[Range<usize>]) -> Assignment {
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); program.steps.len()];
    for (step, last) in last_uses(program, pieces).into_iter().enumerate() {
        leaving[last].push(step);
    }
    let outputs = direct_outputs(program);
    let mut assignment = Assignment { results: Vec::with_capacity(program.steps.len()), ..Assignment::default() };
    let mut free: [Vec<u32>; 5] = Default::default();
    for (index, step) in program.steps.iter().enumerate() {
        let size = step.output.size();
        let place = match outputs[index] {
            Some(output) => Place::Output(output),
            None => Place::Register(free[class(size)].pop().unwrap_or_else(|| assignment.new_register(size))),
        };
        assignment.results.push(place);
        for &left in &leaving[index] {
            if let Place::Register(register) = assignment.results[left] {
                free[class(program.steps[left].output.size())].push(register);
            }
        }
    }
    assignment
}

impl Assignment {
    fn new_register(&mut self, size: usize) -> u32 {
        self.offsets.push(self.bytes_per_element);
        self.bytes_per_element += size;
        (self.offsets.len() - 1) as u32
    }

    /// Where a value is.
    pub fn place(&self, value: Value) -> Place {
        match value {
            Value::Input(i) => Place::Input(i),
            Value::Constant(i) => Place::Constant(i),
            Value::Step(i) => self.results[i as usize],
        }
    }
}

/// The size class of an element: 1, 2, 4, 8 or 16 bytes.
fn class(size: usize) -> usize {
    size.trailing_zeros() as usize
}

/// The step after which each step's result is not needed any more (itself, if nobody uses it).
fn last_uses(program: &TileProgram, pieces: &[Range<usize>]) -> Vec<usize> {
    let mut last: Vec<usize> = (0..program.steps.len()).collect();
    let mut pieces = pieces.iter().peekable();
    for (index, step) in program.steps.iter().enumerate() {
        pieces.next_if(|piece| piece.end <= index);
        let piece = pieces.peek().filter(|piece| piece.contains(&index));
        for &value in step.operands() {
            if let Value::Step(used) = value {
                let used = used as usize;
                last[used] = piece.filter(|piece| used < piece.start).map_or(index, |piece| piece.end - 1);
            }
        }
    }
    last
}

/// The output that each step may write directly: the first that delivers its result.
fn direct_outputs(program: &TileProgram) -> Vec<Option<u32>> {
    let mut direct = vec![None; program.steps.len()];
    for (output, value) in program.outputs.iter().enumerate().rev() {
        if let Value::Step(step) = value {
            direct[*step as usize] = Some(output as u32);
        }
    }
    direct
}
