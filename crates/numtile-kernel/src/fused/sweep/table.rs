//! What was seen: every operation by types, layouts of its operands, and the end of the strip.

use std::collections::HashMap;
use std::fmt;

use numtile_core::DType;

use super::cases::Case;
use crate::op::Op;

/// How the length of a strip goes with the block of machine code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tail {
    /// Whole blocks.
    Whole,
    /// Whole blocks and a rest, which is done as a block that overlaps the last one.
    Rest,
    /// Less than a block, which is interpreted.
    Short,
}

pub const TAILS: [Tail; 3] = [Tail::Whole, Tail::Rest, Tail::Short];

/// One row per operation and types.
pub struct Table {
    rows: Vec<Row>,
    places: HashMap<Key, usize>,
}

type Key = (Op, [DType; 3], DType);

struct Row {
    name: String,
    is_known: bool,
    arity: usize,
    /// By tail and layout.
    seen: [[u64; 8]; 3],
}

impl Table {
    /// A table with rows for these cases, all empty.
    pub fn new(cases: &[Case]) -> Table {
        let row = |case: &Case| Row {
            name: name(case),
            is_known: case.is_known(),
            arity: case.op.arity(),
            seen: [[0; 8]; 3],
        };
        Table {
            rows: cases.iter().map(row).collect(),
            places: cases.iter().enumerate().map(|(at, case)| (key(case), at)).collect(),
        }
    }

    /// Counts a step.
    pub fn count(&mut self, case: &Case, layout: &[bool], tail: Tail) {
        if let Some(&place) = self.places.get(&key(case)) {
            self.rows[place].seen[tail as usize][number(layout)] += 1;
        }
    }

    /// Adds what another table of the same cases saw.
    pub fn merge(&mut self, other: &Table) {
        for (row, more) in self.rows.iter_mut().zip(&other.rows) {
            for (seen, more) in row.seen.iter_mut().flatten().zip(more.seen.iter().flatten()) {
                *seen += more;
            }
        }
    }

    /// What was never seen.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for row in &self.rows {
            for tail in TAILS {
                let unseen = (0..1 << row.arity).filter(|&layout| row.seen[tail as usize][layout] == 0);
                gaps.extend(unseen.map(|layout| format!("{} {} {tail:?}", row.name, letters(layout, row.arity))));
            }
        }
        gaps
    }

    /// Rows with machine code, and all rows.
    pub fn known(&self) -> (usize, usize) {
        (self.rows.iter().filter(|row| row.is_known).count(), self.rows.len())
    }
}

/// One line per operation and types: whether it is compiled or interpreted, then for each layout of its operands (`v`
/// varies, `1` is one element for all) how often it was seen in strips of whole blocks, with a rest, and of less than one.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            write!(f, "{:<48} {}", row.name, if row.is_known { "compiled   " } else { "interpreted" })?;
            for layout in 0..1 << row.arity {
                let [whole, rest, short] = TAILS.map(|tail| row.seen[tail as usize][layout]);
                write!(f, "  {} {whole}/{rest}/{short}", letters(layout, row.arity))?;
            }
            writeln!(f)?;
        }
        let (known, all) = self.known();
        writeln!(f, "{known} of {all} loops have machine code")
    }
}

fn name(case: &Case) -> String {
    let inputs: Vec<&str> = case.inputs().iter().map(|dtype| dtype.name()).collect();
    format!("{} {} -> {}", case.op, inputs.join(" "), case.types.output)
}

fn key(case: &Case) -> Key {
    (case.op, case.types.inputs, case.types.output)
}

fn number(layout: &[bool]) -> usize {
    layout.iter().rev().fold(0, |number, &uniform| 2 * number + usize::from(uniform))
}

fn letters(layout: usize, arity: usize) -> String {
    (0..arity).map(|k| if layout >> k & 1 == 0 { 'v' } else { '1' }).collect()
}
