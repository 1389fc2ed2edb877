//! From a graph of vector operations to a loop in machine code.
//!
//! The loop takes `unroll` vectors of every value per turn, step by step for all of them, so that their chains of
//! dependent operations overlap. Registers are assigned on the way: straight-line code knows every next use, and what is
//! used furthest in the future gives way. Inputs and constants are read again rather than spilled.
//!
//! The code is a function of the C calling convention: the addresses of the inputs and behind them of the outputs, an
//! argument that is not used, a multiple of the block of elements, and the pool of constants.

use std::collections::HashMap;

use iced_x86::{Code, IcedError, Instruction, MemoryOperand, Register};

use super::assembler::{Assembler, Operand};
use super::lanes::{Form, Id, Lanes, Node, Store, VECTOR, arguments};

/// Vectors that the frame has room for; less than a page, so that no guard page is stepped over.
const SLOTS: usize = 96;
/// Vector registers there are.
const VECTORS: usize = 16;
/// Registers that hold addresses of arrays; further arrays are looked up at each access.
const ADDRESSES: [Register; 9] = [
    Register::RBX,
    Register::RSI,
    Register::R8,
    Register::R9,
    Register::R10,
    Register::R11,
    Register::R12,
    Register::R13,
    Register::R14,
];
const LOOKED_UP: Register = Register::R15;
const POINTERS: Register = Register::RDI;
const ELEMENTS: Register = Register::RDX;
const CONSTANTS: Register = Register::RCX;
const INDEX: Register = Register::RAX;
/// Registers that belong to the caller, in the order in which they are saved.
const SAVED: [Register; 6] = [Register::RBP, Register::RBX, Register::R12, Register::R13, Register::R14, Register::R15];

/// Machine code and what it needs.
pub struct Emitted {
    /// The code.
    pub code: Vec<u8>,
    /// The constants, 32 bytes each.
    pub constants: Vec<[u8; VECTOR]>,
    /// Elements per turn of the loop.
    pub block: usize,
}

/// The code for a graph over `inputs` inputs that writes the outputs in `streamed` past the caches; `None` when it needs more of the stack than there is.
pub fn emit(lanes: &Lanes, inputs: usize, streamed: u64) -> Option<Emitted> {
    let schedule = schedule(lanes);
    let mut emitter = Emitter::new(lanes, inputs, unroll(lanes, &schedule), &schedule);
    emitter.streamed = streamed;
    emitter.function(&schedule).ok()?;
    let block = emitter.unroll * lanes.count;
    (emitter.slots <= SLOTS).then(|| Emitted { code: emitter.asm.finish(), constants: emitter.pool, block })
}

/// What is done, in order.
#[derive(Clone, Copy, Debug)]
enum Act {
    Compute(Id),
    Store(Store),
}

/// Every computed value once, and each result stored as soon as it exists.
fn schedule(lanes: &Lanes) -> Vec<Act> {
    let mut acts = Vec::with_capacity(lanes.entries.len() + lanes.stores.len());
    let store = |acts: &mut Vec<Act>, wanted: &dyn Fn(Id) -> bool| {
        acts.extend(lanes.stores.iter().filter(|store| wanted(store.id)).map(|&store| Act::Store(store)));
    };
    for id in lanes.ids() {
        if let Node::Compute(..) = lanes.entry(id).node {
            acts.push(Act::Compute(id));
            store(&mut acts, &|stored| stored == id);
        }
    }
    store(&mut acts, &|stored| !matches!(lanes.entry(stored).node, Node::Compute(..)));
    acts
}

fn used(lanes: &Lanes, act: Act) -> Vec<Id> {
    match act {
        Act::Store(store) => vec![store.id],
        Act::Compute(id) => match &lanes.entry(id).node {
            Node::Compute(form, args) => arguments(*form, args).to_vec(),
            _ => Vec::new(),
        },
    }
}

/// As many vectors at once as registers hold of what is alive at the same time, and as code stays small for.
fn unroll(lanes: &Lanes, schedule: &[Act]) -> usize {
    let last = last_uses(lanes, schedule);
    let mut alive = std::collections::HashSet::new();
    let mut most = 1;
    for (at, &act) in schedule.iter().enumerate() {
        let takes_register = |id: &Id| !matches!(lanes.entry(*id).node, Node::Constant(_) | Node::Uniform(..));
        alive.extend(used(lanes, act).into_iter().filter(takes_register));
        if let Act::Compute(id) = act {
            alive.insert(id);
        }
        most = most.max(alive.len());
        alive.retain(|id| last[id.index()] > at);
    }
    (VECTORS / most).min(400 / schedule.len().max(1)).clamp(1, 8)
}

fn last_uses(lanes: &Lanes, schedule: &[Act]) -> Vec<usize> {
    let mut last = vec![0; lanes.entries.len()];
    for (at, &act) in schedule.iter().enumerate() {
        for id in used(lanes, act) {
            last[id.index()] = at;
        }
    }
    last
}

/// One of the vectors of a value.
type Part = (Id, usize);

/// Code being written, and where every part of every value is.
struct Emitter<'a> {
    lanes: &'a Lanes,
    inputs: usize,
    /// Outputs that are written past the caches.
    streamed: u64,
    unroll: usize,
    asm: Assembler,
    /// When each value is used, as places in the schedule.
    uses: Vec<Vec<usize>>,
    at: usize,
    held: [Option<Part>; VECTORS],
    pinned: u16,
    registers: HashMap<Part, u8>,
    spilled: HashMap<Part, usize>,
    free_slots: Vec<usize>,
    /// Slots that the current instruction may still read.
    leaving_slots: Vec<usize>,
    /// Slots of the frame in use at most; the first ones hold uniform inputs.
    slots: usize,
    uniform_slots: HashMap<(usize, usize), usize>,
    pool: Vec<[u8; VECTOR]>,
    pooled: HashMap<(u64, usize), usize>,
}

impl<'a> Emitter<'a> {
    fn new(lanes: &'a Lanes, inputs: usize, unroll: usize, schedule: &[Act]) -> Emitter<'a> {
        let mut uses = vec![Vec::new(); lanes.entries.len()];
        for (at, &act) in schedule.iter().enumerate() {
            for id in used(lanes, act) {
                uses[id.index()].push(at);
            }
        }
        let mut uniform_slots = HashMap::new();
        for entry in &lanes.entries {
            if let Node::Uniform(input, offset) = entry.node {
                let next = uniform_slots.len();
                uniform_slots.entry((input, offset)).or_insert(next);
            }
        }
        Emitter {
            lanes,
            inputs,
            streamed: 0,
            unroll,
            asm: Assembler::new(),
            uses,
            at: 0,
            held: [None; VECTORS],
            pinned: 0,
            registers: HashMap::new(),
            spilled: HashMap::new(),
            free_slots: Vec::new(),
            leaving_slots: Vec::new(),
            slots: uniform_slots.len(),
            uniform_slots,
            pool: Vec::new(),
            pooled: HashMap::new(),
        }
    }

    // ---- the frame of the loop -----------------------------------------------------------------------------------

    fn function(&mut self, schedule: &[Act]) -> Result<(), IcedError> {
        self.prologue()?;
        let top = self.asm.here();
        self.write(schedule)?;
        self.turn(top)?;
        self.epilogue()
    }

    fn prologue(&mut self) -> Result<(), IcedError> {
        for register in SAVED {
            self.asm.push(Instruction::with1(Code::Push_r64, register)?)?;
            if register == Register::RBP {
                self.asm.push(Instruction::with2(Code::Mov_r64_rm64, Register::RBP, Register::RSP)?)?;
            }
        }
        self.asm.push(Instruction::with2(Code::Sub_rm64_imm32, Register::RSP, (SLOTS * VECTOR) as i32)?)?;
        self.asm.push(Instruction::with2(Code::And_rm64_imm8, Register::RSP, -(VECTOR as i32))?)?;
        for (array, &register) in (0..self.arrays()).zip(&ADDRESSES) {
            self.asm.push(Instruction::with2(Code::Mov_r64_rm64, register, pointer(array))?)?;
        }
        for (input, offset, item) in self.uniform_inputs() {
            let slot = self.uniform_slots[&(input, offset)];
            let from = MemoryOperand::with_base_displ(self.address(input)?, offset as i64);
            self.asm.broadcast(0, from, item)?;
            self.asm.store(in_frame(slot), 0, VECTOR)?;
        }
        self.asm.push(Instruction::with2(Code::Xor_r32_rm32, Register::EAX, Register::EAX)?)
    }

    /// Advances the index and goes on while there are elements.
    fn turn(&mut self, top: u64) -> Result<(), IcedError> {
        let block = (self.unroll * self.lanes.count) as i32;
        self.asm.push(Instruction::with2(Code::Add_rm64_imm32, INDEX, block)?)?;
        self.asm.push(Instruction::with2(Code::Cmp_r64_rm64, INDEX, ELEMENTS)?)?;
        self.asm.jump(Code::Jb_rel32_64, top)
    }

    fn epilogue(&mut self) -> Result<(), IcedError> {
        if self.streamed != 0 {
            // Whoever hears that the work is done sees it.
            self.asm.push(Instruction::with(Code::Sfence))?;
        }
        let below = -8 * (SAVED.len() as i64 - 1);
        let saved = MemoryOperand::with_base_displ(Register::RBP, below);
        self.asm.push(Instruction::with2(Code::Lea_r64_m, Register::RSP, saved)?)?;
        for register in SAVED.into_iter().rev() {
            self.asm.push(Instruction::with1(Code::Pop_r64, register)?)?;
        }
        self.asm.push(Instruction::with(Code::VEX_Vzeroupper))?;
        self.asm.push(Instruction::with(Code::Retnq))
    }

    fn arrays(&self) -> usize {
        self.inputs + self.lanes.stores.iter().map(|store| store.output + 1).max().unwrap_or(0)
    }

    fn uniform_inputs(&self) -> Vec<(usize, usize, usize)> {
        let mut inputs: Vec<(usize, usize, usize)> = self
            .lanes
            .entries
            .iter()
            .filter_map(|entry| match entry.node {
                Node::Uniform(input, offset) => Some((input, offset, entry.item)),
                _ => None,
            })
            .collect();
        inputs.sort_unstable();
        inputs.dedup();
        inputs
    }

    /// The register with the address of an array.
    fn address(&mut self, array: usize) -> Result<Register, IcedError> {
        if let Some(&register) = ADDRESSES.get(array) {
            return Ok(register);
        }
        self.asm.push(Instruction::with2(Code::Mov_r64_rm64, LOOKED_UP, pointer(array))?)?;
        Ok(LOOKED_UP)
    }

    /// The elements of part `part` of an array at the index, or one half of them if they are pairs of `item` bytes each.
    fn elements(
        &mut self,
        array: usize,
        item: usize,
        half: Option<usize>,
        part: usize,
    ) -> Result<MemoryOperand, IcedError> {
        let bytes = self.lanes.count * item;
        let (stride, displacement) = match half {
            None => (item, part * bytes),
            Some(half) => (2 * item, (2 * part + half) * bytes),
        };
        let mut address = self.address(array)?;
        let scale = stride.min(8) as u32;
        if stride > 8 {
            // An address has a factor of 8 at most.
            let first = MemoryOperand::new(address, INDEX, scale, 0, 0, false, Register::None);
            self.asm.push(Instruction::with2(Code::Lea_r64_m, LOOKED_UP, first)?)?;
            address = LOOKED_UP;
        }
        Ok(MemoryOperand::new(address, INDEX, scale, displacement as i64, 1, false, Register::None))
    }

    // ---- the body ------------------------------------------------------------------------------------------------

    fn write(&mut self, schedule: &[Act]) -> Result<(), IcedError> {
        for (at, &act) in schedule.iter().enumerate() {
            self.at = at;
            for part in 0..self.unroll {
                self.pinned = 0;
                self.free_slots.append(&mut self.leaving_slots);
                match act {
                    Act::Compute(id) => self.compute(id, part)?,
                    Act::Store(store) => self.store(store, part)?,
                }
            }
        }
        Ok(())
    }

    fn store(&mut self, store: Store, part: usize) -> Result<(), IcedError> {
        let Store { output, id, half } = store;
        let from = self.register((id, part))?;
        let to = self.elements(self.inputs + output, self.lanes.item(id), half, part)?;
        if self.streamed >> output & 1 == 0 {
            self.asm.store(to, from, self.lanes.bytes(id))?;
        } else {
            self.asm.store_past_caches(to, from, self.lanes.bytes(id))?;
        }
        self.release(&[id], part);
        Ok(())
    }

    fn compute(&mut self, id: Id, part: usize) -> Result<(), IcedError> {
        let Node::Compute(form, args) = self.lanes.entry(id).node else { return Ok(()) };
        let wide = self.lanes.is_wide(self.lanes.item(id));
        let [a, b, c] = args.map(|arg| (arg, part));
        match form {
            Form::Two(code, commutes) => {
                let (a, b) = if commutes && !self.is_in_register(a) { (b, a) } else { (a, b) };
                let first = self.register(a)?;
                let second = self.operand(b)?;
                let to = self.destination(id, part, &args[..2])?;
                self.asm.two(code, to, first, second, wide)
            }
            Form::TwoImmediate(code, byte) => {
                let (first, second) = (self.register(a)?, self.operand(b)?);
                let to = self.destination(id, part, &args[..2])?;
                self.asm.two_immediate(code, to, first, second, byte, wide)
            }
            Form::One(code) => {
                let from = self.operand(a)?;
                let to = self.destination(id, part, &args[..1])?;
                self.asm.one(code, to, from, [wide, self.is_wide(args[0])])
            }
            Form::Widen(code) => {
                // Below 128 bits the instruction reads more than the lanes.
                let exact = self.lanes.bytes(id) >= VECTOR / 2;
                let from = self.operand_of(a, exact)?;
                let to = self.destination(id, part, &args[..1])?;
                self.asm.one(code, to, from, [wide, self.is_wide(args[0])])
            }
            Form::OneImmediate(code, byte) => {
                let from = self.operand(a)?;
                let to = self.destination(id, part, &args[..1])?;
                self.asm.one_immediate(code, to, from, byte, wide)
            }
            Form::Shift(code, by) => {
                let from = self.register(a)?;
                let to = self.destination(id, part, &args[..1])?;
                self.asm.shift(code, to, from, by, wide)
            }
            Form::Narrow(code, byte) => {
                let from = self.register(a)?;
                let to = self.destination(id, part, &args[..1])?;
                self.asm.narrow(code, to, from, byte, [wide, self.is_wide(args[0])])
            }
            Form::Blend(code) => {
                let (no, mask) = (self.register(a)?, self.register(c)?);
                let yes = self.operand(b)?;
                let to = self.destination(id, part, &args)?;
                self.asm.blend(code, to, no, yes, mask, wide)
            }
        }
    }

    fn is_wide(&self, id: Id) -> bool {
        self.lanes.is_wide(self.lanes.item(id))
    }

    // ---- where values are ----------------------------------------------------------------------------------------

    fn is_in_register(&self, part: Part) -> bool {
        self.registers.contains_key(&part)
    }

    /// A register or whole vector of memory with the value.
    fn operand(&mut self, part: Part) -> Result<Operand, IcedError> {
        let bytes = self.lanes.bytes(part.0);
        self.operand_of(part, bytes >= VECTOR / 2)
    }

    fn operand_of(&mut self, part: Part, may_fold: bool) -> Result<Operand, IcedError> {
        if self.is_in_register(part) {
            return Ok(Operand::Vector(self.register(part)?));
        }
        let entry = *self.lanes.entry(part.0);
        Ok(match entry.node {
            Node::Constant(bits) => Operand::Memory(self.pooled(bits, entry.item)),
            Node::Uniform(input, offset) => Operand::Memory(in_frame(self.uniform_slots[&(input, offset)])),
            Node::Load(input) if may_fold && self.uses_left(part.0) == 1 => {
                Operand::Memory(self.elements(input, entry.item, None, part.1)?)
            }
            Node::Compute(..) if self.spilled.contains_key(&part) => Operand::Memory(in_frame(self.spilled[&part])),
            _ => Operand::Vector(self.register(part)?),
        })
    }

    fn pooled(&mut self, bits: u64, item: usize) -> MemoryOperand {
        let next = self.pool.len();
        let number = *self.pooled.entry((bits, item)).or_insert(next);
        if number == next {
            let lane = bits.to_le_bytes();
            self.pool.push(std::array::from_fn(|byte| lane[byte % item]));
        }
        MemoryOperand::with_base_displ(CONSTANTS, (number * VECTOR) as i64)
    }

    /// The register of a value, which is read into one where it has none.
    fn register(&mut self, part: Part) -> Result<u8, IcedError> {
        if let Some(&register) = self.registers.get(&part) {
            self.pinned |= 1 << register;
            return Ok(register);
        }
        let register = self.take_register()?;
        let entry = *self.lanes.entry(part.0);
        match entry.node {
            Node::Load(input) => {
                let from = self.elements(input, entry.item, None, part.1)?;
                self.asm.load(register, from, self.lanes.bytes(part.0))?;
            }
            Node::LoadHalf(input, half) => {
                let from = self.elements(input, entry.item, Some(half), part.1)?;
                self.asm.load(register, from, self.lanes.bytes(part.0))?;
            }
            Node::Constant(bits) => {
                let from = self.pooled(bits, entry.item);
                self.asm.load(register, from, VECTOR)?;
            }
            Node::Uniform(input, offset) => {
                self.asm.load(register, in_frame(self.uniform_slots[&(input, offset)]), VECTOR)?;
            }
            Node::Compute(..) => {
                let slot = self.spilled.get(&part).copied().unwrap_or(0);
                self.asm.load(register, in_frame(slot), VECTOR)?;
            }
        }
        self.put(part, register);
        Ok(register)
    }

    fn put(&mut self, part: Part, register: u8) {
        self.held[register as usize] = Some(part);
        self.registers.insert(part, register);
        self.pinned |= 1 << register;
    }

    /// The register for a result; what is used for the last time makes room first.
    fn destination(&mut self, id: Id, part: usize, args: &[Id]) -> Result<u8, IcedError> {
        self.release(args, part);
        let register = self.take_register()?;
        self.put((id, part), register);
        if self.uses[id.index()].is_empty() {
            self.forget((id, part));
        }
        Ok(register)
    }

    /// Frees the registers and slots of values that nobody needs any more.
    fn release(&mut self, ids: &[Id], part: usize) {
        for &id in ids {
            if self.uses[id.index()].last().is_none_or(|&last| last <= self.at) {
                self.forget((id, part));
            }
        }
    }

    fn forget(&mut self, part: Part) {
        if let Some(register) = self.registers.remove(&part) {
            self.held[register as usize] = None;
            self.pinned &= !(1 << register);
        }
        if let Some(slot) = self.spilled.remove(&part) {
            self.leaving_slots.push(slot);
        }
    }

    /// A free register, made by spilling what is needed last.
    fn take_register(&mut self) -> Result<u8, IcedError> {
        if let Some(free) = (0..VECTORS).find(|&n| self.held[n].is_none() && self.pinned >> n & 1 == 0) {
            self.pinned |= 1 << free;
            return Ok(free as u8);
        }
        let candidates = (0..VECTORS).filter(|&n| self.pinned >> n & 1 == 0);
        let furthest = candidates.max_by_key(|&n| self.held[n].map_or(usize::MAX, |part| self.next_use(part.0)));
        // An instruction pins four registers at most.
        let register = furthest.unwrap_or(0);
        if let Some(part) = self.held[register].take() {
            self.registers.remove(&part);
            self.spill(part, register as u8)?;
        }
        self.pinned |= 1 << register;
        Ok(register as u8)
    }

    fn spill(&mut self, part: Part, register: u8) -> Result<(), IcedError> {
        let can_be_read_again = !matches!(self.lanes.entry(part.0).node, Node::Compute(..));
        if can_be_read_again || self.spilled.contains_key(&part) {
            return Ok(());
        }
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        });
        self.spilled.insert(part, slot);
        self.asm.store(in_frame(slot), register, VECTOR)
    }

    fn next_use(&self, id: Id) -> usize {
        self.uses[id.index()].iter().copied().find(|&at| at >= self.at).unwrap_or(usize::MAX)
    }

    fn uses_left(&self, id: Id) -> usize {
        self.uses[id.index()].iter().filter(|&&at| at >= self.at).count()
    }
}

/// Where the address of an array is.
fn pointer(array: usize) -> MemoryOperand {
    MemoryOperand::with_base_displ(POINTERS, 8 * array as i64)
}

/// A slot of the frame.
fn in_frame(slot: usize) -> MemoryOperand {
    MemoryOperand::with_base_displ(Register::RSP, (slot * VECTOR) as i64)
}
