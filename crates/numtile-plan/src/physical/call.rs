//! Calls of the user's functions as blocks: which boxes a function is called for, and what it needs for one.

use std::sync::Arc;

use numtile_core::region::Grid;
use numtile_core::shape::PerAxis;
use numtile_core::{DType, Function, Region};
use smallvec::SmallVec;

use super::operand::{BlockKind, Operand, OperandKind, Space};
use crate::expr::Along;

/// A call of a function, and its outputs that somebody reads.
#[derive(Clone, Debug)]
pub struct CallBlock {
    /// The function.
    pub function: Arc<dyn Function>,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// The length of a block along each axis; 0 for any.
    pub block: PerAxis<usize>,
    /// The outputs that are read.
    pub outputs: SmallVec<[CallOutput; 1]>,
    /// Equal for outputs of one call.
    pub identity: u128,
}

/// One argument of a function.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The array.
    pub space: Space,
    /// What a box needs of it, per axis.
    pub axes: PerAxis<Along>,
}

/// An output of a function that somebody reads.
#[derive(Clone, Copy, Debug)]
pub struct CallOutput {
    /// Its number.
    pub number: usize,
    /// Its element type.
    pub dtype: DType,
    /// The operand that has its values; `None` for the one that makes the call.
    pub operand: Option<usize>,
}

impl Argument {
    /// The box of the array that a box of the output needs.
    pub fn needed(&self, region: &Region) -> Region {
        needed(&self.axes, &self.space.shape, region)
    }

    /// The lengths of that box at most, for a box of these lengths.
    pub fn reach(&self, lengths: &[usize]) -> PerAxis<usize> {
        let reach = |(along, &length): (&Along, &usize)| match *along {
            Along::Whole => length,
            Along::Output { axis, before, after } => {
                lengths[axis].saturating_add(before).saturating_add(after).min(length)
            }
        };
        self.axes.iter().zip(&self.space.shape).map(reach).collect()
    }
}

fn needed(axes: &[Along], shape: &[usize], region: &Region) -> Region {
    let mut needed = Region::whole(shape);
    for (own, along) in axes.iter().enumerate() {
        if let Along::Output { axis, before, after } = *along {
            let start = region.start[axis].saturating_sub(before);
            let end = region.end(axis).saturating_add(after).min(shape[own]);
            (needed.start[own], needed.shape[own]) = (start, end - start);
        }
    }
    needed
}

impl CallBlock {
    /// The boxes that the function is called for so that `needed`, of an output of this shape, is known.
    pub fn calls(&self, shape: &[usize], needed: &Region) -> Calls {
        let (mut first, mut span, mut tile) = (needed.start.clone(), needed.shape.clone(), needed.shape.clone());
        for (axis, &block) in self.block.iter().enumerate().filter(|&(_, &block)| block > 0) {
            first[axis] -= first[axis] % block;
            span[axis] = needed.end(axis).next_multiple_of(block).min(shape[axis]) - first[axis];
            tile[axis] = block;
        }
        let order: PerAxis<usize> = (0..shape.len()).collect();
        Calls { first, grid: Grid::new(&span, &tile, &order) }
    }

    /// The lengths of the box that the function is called for, where a box of these lengths of an output of this shape
    /// is needed.
    pub fn call_lengths(&self, shape: &[usize], lengths: &[usize]) -> PerAxis<usize> {
        let length = |axis: usize| match self.block[axis] {
            0 => lengths[axis],
            block => block.min(shape[axis]),
        };
        (0..shape.len()).map(length).collect()
    }

    /// True where a box of these lengths may be a part of what the function is called for, or be made of several parts.
    pub fn is_cut(&self, shape: &[usize], lengths: &[usize]) -> bool {
        let is_whole = |axis: usize| lengths[axis] == shape[axis] && self.block[axis] >= shape[axis];
        (0..shape.len()).any(|axis| self.block[axis] > 0 && !is_whole(axis))
    }
}

/// The boxes that a function is called for.
pub struct Calls {
    first: PerAxis<usize>,
    grid: Grid,
}

impl Calls {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.grid.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The box with this number.
    pub fn region(&self, number: usize) -> Region {
        let mut region = self.grid.region(number);
        region.start.iter_mut().zip(&self.first).for_each(|(at, first)| *at += first);
        region
    }
}

/// Outputs of one call that are seen through equal views become one call: the first operand makes it, and the others
/// have what it gives them.
pub fn share_calls(operands: &mut [Operand]) {
    for first in 0..operands.len() {
        let same: SmallVec<[usize; 4]> =
            (first + 1..operands.len()).filter(|&other| is_same_call(&operands[first], &operands[other])).collect();
        for other in same {
            merge(operands, first, other);
        }
    }
}

fn is_same_call(a: &Operand, b: &Operand) -> bool {
    let (
        OperandKind::Block { block: a, view: a_view, extra: a_extra },
        OperandKind::Block { block: b, view: b_view, extra: b_extra },
    ) = (&a.kind, &b.kind)
    else {
        return false;
    };
    match (&a.kind, &b.kind) {
        (BlockKind::Call(ours), BlockKind::Call(theirs)) => {
            ours.identity == theirs.identity && a.shape == b.shape && a_view == b_view && a_extra == b_extra
        }
        _ => false,
    }
}

fn merge(operands: &mut [Operand], first: usize, other: usize) {
    let sibling = OperandKind::Sibling { of: first };
    let OperandKind::Block { block, .. } = std::mem::replace(&mut operands[other].kind, sibling) else { return };
    let BlockKind::Call(theirs) = &block.kind else { return };
    let more = theirs.outputs.iter().map(|output| CallOutput { operand: Some(other), ..*output });
    if let OperandKind::Block { block, .. } = &mut operands[first].kind
        && let BlockKind::Call(call) = &mut Arc::make_mut(block).kind
    {
        call.outputs.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nothing;

    impl Function for Nothing {
        fn name(&self) -> String {
            "nothing".into()
        }

        fn identity(&self) -> u64 {
            0
        }

        fn call(
            &self,
            _: &Region,
            _: Vec<numtile_core::function::Argument>,
            _: &mut [numtile_core::function::Output<'_>],
        ) -> numtile_core::Result<()> {
            Ok(())
        }
    }

    fn call(block: &[usize]) -> CallBlock {
        let function = Arc::new(Nothing);
        CallBlock { function, arguments: vec![], block: block.into(), outputs: SmallVec::new(), identity: 0 }
    }

    fn region(start: &[usize], shape: &[usize]) -> Region {
        Region { start: start.into(), shape: shape.into() }
    }

    #[test]
    fn calls_are_whole_blocks_that_cover_what_is_needed() {
        let (call, shape) = (call(&[4, 0, 3]), [10usize, 6, 7]);
        for start in [[0, 0, 0], [3, 2, 5], [8, 1, 6], [9, 5, 2]] {
            for lengths in [[1, 1, 1], [2, 3, 1], [1, 1, 5]] {
                if (0..3).any(|axis| start[axis] + lengths[axis] > shape[axis]) {
                    continue;
                }
                let needed = region(&start, &lengths);
                let calls = call.calls(&shape, &needed);
                let mut covered = 0;
                for number in 0..calls.len() {
                    let bx = calls.region(number);
                    assert!(bx.start[0].is_multiple_of(4) && bx.shape[0] == 4.min(10 - bx.start[0]));
                    assert!(bx.start[2].is_multiple_of(3) && bx.shape[2] == 3.min(7 - bx.start[2]));
                    assert_eq!((bx.start[1], bx.shape[1]), (start[1], lengths[1]));
                    covered += bx.intersect(&needed).map_or(0, |part| part.count());
                }
                assert_eq!(covered, needed.count(), "{needed:?}");
            }
        }
    }

    #[test]
    fn halos_end_where_the_array_does() {
        let axes = [Along::Output { axis: 0, before: 2, after: 1 }, Along::Whole];
        assert_eq!(needed(&axes, &[9, 5], &region(&[0], &[3])), region(&[0, 0], &[4, 5]));
        assert_eq!(needed(&axes, &[9, 5], &region(&[3], &[3])), region(&[1, 0], &[6, 5]));
        assert_eq!(needed(&axes, &[9, 5], &region(&[8], &[1])), region(&[6, 0], &[3, 5]));
    }
}
