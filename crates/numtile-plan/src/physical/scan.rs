//! Scans as blocks: how one is assembled box by box, and in what pieces.
//!
//! The values of a box are evaluated where they are wanted and replaced by the running ones in place. What lies between
//! the start of a leaf and the box is the *run-up*: it is evaluated in pieces of 64 KiB, of which only the
//! state they lead to is kept. Tiles that begin with leaves have none.
//!
//! Carries are held from an earlier pass, or handed from tile to tile: see [`relay`](super::relay).

use numtile_core::Layout;
use numtile_core::shape::PerAxis;
use numtile_kernel::builtin::scan::Scanner;

use super::operand::{Base, Space};
use super::relay::Relay;
use crate::expr::Part;

/// Bytes of values that are walked through at once on the way to a state.
const PIECE: usize = 64 << 10;

/// Sequences that go well side by side: short ones are joined by other leaves of the same sequences.
const ABREAST: usize = 16;

/// A scan of a space along one of its axes.
#[derive(Clone, Debug)]
pub struct ScanBlock {
    /// What is scanned.
    pub space: Space,
    /// How.
    pub scanner: Scanner,
    /// Along which axis.
    pub axis: usize,
    /// The length of a leaf.
    pub leaf: usize,
    /// The running values before all leaves but the first; without them leaves follow one another.
    pub carries: Option<Carries>,
    /// Which running values the block has.
    pub part: Part,
}

/// Where running values come from.
#[derive(Clone, Debug)]
pub enum Carries {
    /// Held from an earlier pass.
    Held {
        /// What they lie in: memory or scratch.
        base: Base,
        /// How it lies.
        layout: Layout,
    },
    /// Handed from tile to tile.
    Relayed(Relay),
}

impl ScanBlock {
    /// How carries are handed from tile to tile, if they are.
    pub fn relay(&self) -> Option<&Relay> {
        match &self.carries {
            Some(Carries::Relayed(relay)) => Some(relay),
            _ => None,
        }
    }

    /// What running values are held in from an earlier pass, if they are.
    pub fn held(&self) -> Option<&Base> {
        match &self.carries {
            Some(Carries::Held { base, .. }) => Some(base),
            _ => None,
        }
    }

    /// The sequences in a box of these lengths.
    pub fn sequences(&self, lengths: &[usize]) -> usize {
        let kept = lengths.iter().enumerate().filter(|&(axis, _)| axis != self.axis);
        kept.fold(1usize, |n, (_, &len)| n.saturating_mul(len))
    }

    /// Positions of what is scanned from one position of the block to the next.
    pub fn stride(&self) -> i64 {
        match self.part {
            Part::Elements => 1,
            Part::LeafEnds => self.leaf as i64,
        }
    }

    /// How many leaves of a sequence are walked through side by side, each from its carry.
    pub fn abreast(&self, sequences: usize) -> usize {
        let are_known = self.carries.is_some() && !self.relay().is_some_and(Relay::is_in_order);
        if are_known { (ABREAST / sequences.max(1)).max(1) } else { 1 }
    }

    /// Bytes of a carry.
    pub fn carry_size(&self) -> usize {
        Scanner::carry(self.scanner.op(), self.scanner.dtype()).size()
    }

    /// Bytes of the states of so many sequences, with room for as many carries behind.
    pub fn state_bytes(&self, sequences: usize) -> usize {
        sequences.max(ABREAST).saturating_mul(self.scanner.state_bytes() + self.carry_size())
    }

    /// The elements of a piece, unless there are more sequences.
    pub fn piece_elements(&self) -> usize {
        PIECE / self.scanner.dtype().size()
    }

    /// The rows of a piece of so many sequences: whole leaves, or a part of one that divides it.
    pub fn piece_rows(&self, sequences: usize) -> usize {
        let rows = (self.piece_elements() / sequences.max(1)).max(1);
        let rows = if rows >= self.leaf { rows / self.leaf * self.leaf } else { 1 << rows.ilog2() };
        rows.min(self.space.shape[self.axis])
    }

    /// The part of a box whose sequences walk along the whole axis together: slices that make pieces of whole leaves,
    /// or one.
    pub fn party(&self, lengths: &[usize]) -> PerAxis<usize> {
        let mut party: PerAxis<usize> = lengths.into();
        let mut room = (self.party_elements() / self.row(lengths)).max(1);
        for length in party[..self.axis].iter_mut().rev() {
            *length = (*length).min(room);
            room /= (*length).max(1);
        }
        party
    }

    /// The most sequences of a party in a box of these lengths or shorter ones.
    pub fn party_sequences(&self, lengths: &[usize]) -> usize {
        self.party_elements().max(self.row(lengths)).min(self.sequences(lengths))
    }

    fn party_elements(&self) -> usize {
        self.piece_elements() / self.leaf.min(self.space.shape[self.axis])
    }

    fn row(&self, lengths: &[usize]) -> usize {
        lengths[self.axis + 1..].iter().product::<usize>().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physical::fragment::{HeldResult, HeldResults, Lowering};
    use crate::physical::operand::{BlockKind, OperandKind};
    use crate::{expr, physical};
    use numtile_core::{DType, Scalar};
    use numtile_kernel::{Isa, Op};

    /// A scan without carries along an axis of an array of ones.
    fn block(shape: &[usize], axis: usize, part: Part) -> ScanBlock {
        let ones = expr::full(shape, Scalar::from_f64(1.0, DType::F64)).unwrap();
        let scan = expr::scan(&ones, Op::Subtract, axis as i64, DType::F64).unwrap();
        let ends = scan.inputs().get(1).unwrap_or(&scan).clone();
        let held = HeldResults::from_iter([(ends.hash128(), HeldResult { number: 0, spill: None })]);
        let (root, held) = if part == Part::Elements { (scan, held) } else { (ends, HeldResults::default()) };
        let mut lowering = Lowering::new(root.shape(), &held, Isa::Baseline);
        lowering.fragment(std::slice::from_ref(&root)).unwrap();
        let operands = lowering.into_operands();
        let OperandKind::Block { block, .. } = &operands[0].kind else { panic!("not a block") };
        let BlockKind::Scan(scan) = &block.kind else { panic!("not a scan") };
        assert_eq!(scan.part, part);
        scan.as_ref().clone()
    }

    /// Boxes at the far ends are smaller than whole tiles, and must not need more than was reserved for those.
    #[test]
    fn smaller_boxes_need_no_more() {
        for (shape, axis) in [(vec![70, 9000, 3], 1), (vec![300, 700], 0), (vec![100, 20_000], 1), (vec![100_000], 0)] {
            let (elements, ends) = (block(&shape, axis, Part::Elements), block(&shape, axis, Part::LeafEnds));
            for scale in 1..40usize {
                let lengths: Vec<usize> = shape.iter().map(|&len| (len * scale / 40).max(1)).collect();
                let need = physical::memory::scan_need(&elements, &shape);
                assert!(physical::memory::scan_need(&elements, &lengths) <= need, "{shape:?} {lengths:?}");
                let party = ends.party(&lengths);
                assert!(ends.sequences(&party) <= ends.party_sequences(&shape), "{shape:?} {lengths:?}");
                let sequences = ends.sequences(&party);
                let piece = sequences * ends.piece_rows(sequences);
                assert!(piece <= ends.piece_elements().max(ends.party_sequences(&shape)), "{shape:?} {lengths:?}");
            }
        }
    }

    #[test]
    fn pieces_are_leaves_or_divide_them() {
        let scan = block(&[100_000], 0, Part::Elements);
        assert_eq!(scan.leaf, 4096);
        for sequences in 1..20_000 {
            let rows = scan.piece_rows(sequences);
            assert!(rows.is_multiple_of(scan.leaf) || scan.leaf.is_multiple_of(rows), "{rows} rows");
        }
    }
}
