//! What a segment computes, as operations on vector registers: a graph in which every value is one register.
//!
//! All values have the same number of *lanes*, as many as a 256-bit register holds of the widest element in the
//! segment. A value of narrower elements fills a part of its register. The truth of a comparison is a mask, all ones or
//! all zeros per lane, in lanes as wide as what was compared.

use std::collections::HashMap;

use iced_x86::Code;

/// Bytes of a whole vector register.
pub const VECTOR: usize = 32;

/// A value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Id(u32);

impl Id {
    /// Its place in the graph.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An instruction without its operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// Two operands, the second in a register or memory; the flag says that they may be swapped.
    Two(Code, bool),
    /// The same with an immediate byte.
    TwoImmediate(Code, u8),
    /// One operand that fills the register it is in.
    One(Code),
    /// The same with an immediate byte.
    OneImmediate(Code, u8),
    /// One operand of which exactly the lanes are read, to wider lanes.
    Widen(Code),
    /// One operand in a register, shifted by a constant.
    Shift(Code, u8),
    /// One operand in a register, to narrower lanes, with an immediate byte.
    Narrow(Code, u8),
    /// The second operand where the third, a mask, is set, else the first.
    Blend(Code),
}

/// How a value comes about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    /// Read from an input of the segment.
    Load(usize),
    /// One of the two halves of what is read of an input whose elements are pairs of this one's.
    LoadHalf(usize, usize),
    /// The one element of an input that stands for all, or what stands so many bytes behind its start.
    Uniform(usize, usize),
    /// A constant: the bits of one lane.
    Constant(u64),
    /// Computed; unused arguments repeat the first.
    Compute(Form, [Id; 3]),
}

/// A value of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// How it comes about.
    pub node: Node,
    /// Bytes per lane.
    pub item: usize,
}

/// A value that goes to an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Store {
    /// The number of the output.
    pub output: usize,
    /// The value.
    pub id: Id,
    /// Which half of the elements it is, of an output whose elements are pairs of this one's.
    pub half: Option<usize>,
}

/// The graph of a segment, in the order of computation.
#[derive(Debug)]
pub struct Lanes {
    /// Lanes per value.
    pub count: usize,
    /// The values.
    pub entries: Vec<Entry>,
    /// What is stored.
    pub stores: Vec<Store>,
    /// Whether complex numbers of one type are all that comes and goes, so that lanes may be in any order.
    pub pairs_only: bool,
    known: HashMap<Entry, Id>,
    /// Floats of which something is known: none is NaN, and all lie between these.
    ranges: HashMap<Id, [f64; 2]>,
}

impl Lanes {
    /// An empty graph for elements of at most `widest` bytes.
    pub fn new(widest: usize) -> Lanes {
        Lanes {
            count: VECTOR / widest,
            entries: Vec::new(),
            stores: Vec::new(),
            pairs_only: false,
            known: HashMap::new(),
            ranges: HashMap::new(),
        }
    }

    /// The value of this node; equal nodes are one value.
    pub fn add(&mut self, node: Node, item: usize) -> Id {
        let entry = Entry { node, item };
        let next = Id(self.entries.len() as u32);
        let id = *self.known.entry(entry).or_insert(next);
        if id == next {
            self.entries.push(entry);
        }
        id
    }

    /// Notes that the floats of a value lie in `[low, high]`, none being NaN.
    pub fn note_range(&mut self, id: Id, range: [f64; 2]) {
        self.ranges.insert(id, range);
    }

    /// Between what the floats of a value lie, if that is known; then none is NaN.
    pub fn range(&self, id: Id) -> Option<[f64; 2]> {
        let entry = self.entry(id);
        let number = match entry.node {
            Node::Constant(bits) if entry.item == 4 => f64::from(f32::from_bits(bits as u32)),
            Node::Constant(bits) => f64::from_bits(bits),
            _ => return self.ranges.get(&id).copied(),
        };
        (!number.is_nan()).then_some([number, number])
    }

    /// A value of the graph.
    pub fn entry(&self, id: Id) -> &Entry {
        &self.entries[id.index()]
    }

    /// All values in the order of computation.
    pub fn ids(&self) -> impl Iterator<Item = Id> {
        (0..self.entries.len() as u32).map(Id)
    }

    /// Bytes per lane of a value.
    pub fn item(&self, id: Id) -> usize {
        self.entries[id.index()].item
    }

    /// Bytes that a value takes in its register.
    pub fn bytes(&self, id: Id) -> usize {
        self.count * self.item(id)
    }

    /// Whether lanes of this size need a 256-bit register.
    pub fn is_wide(&self, item: usize) -> bool {
        self.count * item > VECTOR / 2
    }

    /// A constant in lanes of `item` bytes.
    pub fn constant(&mut self, bits: u64, item: usize) -> Id {
        self.add(Node::Constant(bits), item)
    }

    /// The form for the register that lanes of this size need, of a 128-bit and a 256-bit one.
    pub fn pick(&self, codes: [Code; 2], item: usize) -> Code {
        codes[usize::from(self.is_wide(item))]
    }

    /// An operation of two values of equal lanes, in lanes of the same size.
    pub fn two(&mut self, codes: [Code; 2], a: Id, b: Id) -> Id {
        self.binary(codes, false, a, b)
    }

    /// The same, where the operands may be swapped.
    pub fn commuting(&mut self, codes: [Code; 2], a: Id, b: Id) -> Id {
        self.binary(codes, true, a, b)
    }

    fn binary(&mut self, codes: [Code; 2], commutes: bool, a: Id, b: Id) -> Id {
        let item = self.item(a);
        let form = Form::Two(self.pick(codes, item), commutes);
        self.add(Node::Compute(form, [a, b, a]), item)
    }

    /// An operation of two values with an immediate byte.
    pub fn two_immediate(&mut self, codes: [Code; 2], a: Id, b: Id, immediate: u8) -> Id {
        let item = self.item(a);
        let form = Form::TwoImmediate(self.pick(codes, item), immediate);
        self.add(Node::Compute(form, [a, b, a]), item)
    }

    /// An operation of one value, in lanes of the same size.
    pub fn one(&mut self, codes: [Code; 2], a: Id) -> Id {
        let item = self.item(a);
        let form = Form::One(self.pick(codes, item));
        self.add(Node::Compute(form, [a; 3]), item)
    }

    /// The same with an immediate byte.
    pub fn one_immediate(&mut self, codes: [Code; 2], a: Id, immediate: u8) -> Id {
        let item = self.item(a);
        let form = Form::OneImmediate(self.pick(codes, item), immediate);
        self.add(Node::Compute(form, [a; 3]), item)
    }

    /// A shift of every lane by a constant.
    pub fn shift(&mut self, codes: [Code; 2], a: Id, by: u8) -> Id {
        let item = self.item(a);
        let form = Form::Shift(self.pick(codes, item), by);
        self.add(Node::Compute(form, [a; 3]), item)
    }

    /// `yes` where the mask is set, else `no`.
    pub fn blend(&mut self, codes: [Code; 2], mask: Id, yes: Id, no: Id) -> Id {
        let item = self.item(yes);
        let form = Form::Blend(self.pick(codes, item));
        self.add(Node::Compute(form, [no, yes, mask]), item)
    }

    /// Any operation that changes the size of lanes.
    pub fn resize(&mut self, form: Form, args: [Id; 3], item: usize) -> Id {
        self.add(Node::Compute(form, args), item)
    }
}

/// The arguments that a form uses.
pub fn arguments(form: Form, args: &[Id; 3]) -> &[Id] {
    match form {
        Form::One(_) | Form::OneImmediate(..) | Form::Widen(_) | Form::Shift(..) | Form::Narrow(..) => &args[..1],
        Form::Two(..) | Form::TwoImmediate(..) => &args[..2],
        Form::Blend(_) => args,
    }
}
