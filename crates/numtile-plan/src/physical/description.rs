//! A plan as plain data: what texts, pictures and reports are made of, without sources, programs or memory.
//!
//! Its size follows the number of operations and sources, as that of the plan does.

use numtile_core::hash::{QuickMap, QuickSet};
use numtile_core::region::Grid;
use numtile_core::{Access, DType, Shape, Source, shape};

use super::call::CallBlock;
use super::operand::{Base, Block, BlockKind, Fragment, Operand, OperandKind, ScatterPlaces};
use super::pass::{End, Group, Pass, Walk, read_bytes, reads_files};
use super::scan::ScanBlock;
use super::stages::Target;
use super::{Limits, Plan};
use crate::expr::Part;

/// A plan in words and numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The memory budget in bytes.
    pub budget: u64,
    /// Bytes held at most.
    pub projected_peak: u64,
    /// Bytes of scratch in use at once at most.
    pub scratch_bytes: u64,
    /// What is read.
    pub sources: Vec<DescribedSource>,
    /// What passes leave for later ones.
    pub held: Vec<DescribedHeld>,
    /// The passes, in order.
    pub passes: Vec<DescribedPass>,
    /// What the user gets.
    pub results: Vec<DescribedResult>,
}

/// A source of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedSource {
    /// Which it is: a number unlike that of any other source of the process.
    pub identity: u64,
    /// Its file, or what it is.
    pub name: String,
    /// Its element type.
    pub dtype: DType,
    /// Its shape.
    pub shape: Shape,
    /// Its bytes.
    pub bytes: u64,
    /// True when it is in memory already.
    pub in_memory: bool,
    /// Bytes of its file that are looked at, each counted once.
    pub needed: u64,
}

/// A result of a pass that later passes read.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedHeld {
    /// The operation.
    pub name: &'static str,
    /// Its element type.
    pub dtype: DType,
    /// Its shape.
    pub shape: Shape,
    /// Its bytes.
    pub bytes: u64,
    /// True when it is in scratch, not in memory.
    pub in_scratch: bool,
    /// The number of the pass that makes it.
    pub made_by: usize,
    /// The number of the last pass that reads it.
    pub last_use: usize,
}

/// A pass of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedPass {
    /// The iteration space.
    pub shape: Shape,
    /// How many tiles it is cut into.
    pub tiles: usize,
    /// The shape of a whole tile.
    pub tile: Shape,
    /// Tiles in flight at once at most.
    pub in_flight: usize,
    /// Threads that compute.
    pub threads: usize,
    /// Bytes held by the pass itself at most.
    pub peak: u64,
    /// Bytes read from files.
    pub bytes_read: u64,
    /// Bytes written to files.
    pub bytes_written: u64,
    /// The operations, and how often each occurs.
    pub operators: Vec<(String, usize)>,
    /// The numbers of the sources that it reads.
    pub sources: Vec<usize>,
    /// The numbers of the held results that it reads.
    pub held: Vec<usize>,
    /// What it does, step by step: a verb, and to what.
    pub steps: Vec<(&'static str, String)>,
    /// What was measured when it ran.
    pub measured: Option<Measured>,
    /// What was found when it was rehearsed.
    pub rehearsed: Option<Rehearsed>,
}

/// A result of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedResult {
    /// Its element type.
    pub dtype: DType,
    /// Its shape.
    pub shape: Shape,
    /// Its bytes.
    pub bytes: u64,
    /// True when it is written to a file.
    pub in_file: bool,
    /// The number of the pass that makes it.
    pub made_by: usize,
}

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Seconds from its start to its end.
    pub seconds: f64,
    /// Bytes read from files.
    pub bytes_read: u64,
    /// Bytes written to files.
    pub bytes_written: u64,
    /// Seconds that threads read and assembled what tiles need, all threads together.
    pub reading: f64,
    /// Seconds that threads computed.
    pub computing: f64,
    /// Seconds that threads wrote.
    pub writing: f64,
}

/// What a pass held when it went over its tiles without data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rehearsed {
    /// Tiles that were gone over.
    pub tiles: usize,
    /// The most bytes of buffers that were alive at once, what is held for other passes included.
    pub peak: u64,
    /// The bytes that were reserved for them.
    pub reserved: u64,
}

impl Description {
    /// A plan made within these limits.
    pub fn of(plan: &Plan, limits: &Limits) -> Description {
        let sources = Sources::of(plan);
        Description {
            budget: limits.memory,
            projected_peak: plan.projected_peak,
            scratch_bytes: plan.scratch_bytes,
            held: (0..plan.held.len()).map(|number| describe_held(plan, number)).collect(),
            passes: plan.passes.iter().map(|pass| describe_pass(plan, pass, &sources)).collect(),
            results: (0..plan.outputs.len()).map(|number| describe_result(plan, number)).collect(),
            sources: sources.described,
        }
    }

    /// Bytes read from files by all passes.
    pub fn bytes_read(&self) -> u64 {
        self.passes.iter().map(|pass| pass.bytes_read).fold(0, u64::saturating_add)
    }

    /// Bytes written to files by all passes.
    pub fn bytes_written(&self) -> u64 {
        self.passes.iter().map(|pass| pass.bytes_written).fold(0, u64::saturating_add)
    }

    /// Bytes that must be read and written at least: what is looked at of each file, once, and results in files.
    pub fn bytes_minimum(&self) -> u64 {
        bytes_minimum([self])
    }
}

/// The same for several plans that serve one purpose: what they all look at is counted once.
pub fn bytes_minimum<'a>(plans: impl IntoIterator<Item = &'a Description>) -> u64 {
    let mut needed: QuickMap<u64, u64> = QuickMap::default();
    let mut results = 0u64;
    for plan in plans {
        for source in &plan.sources {
            let most = needed.entry(source.identity).or_default();
            *most = source.needed.max(*most);
        }
        let written = plan.results.iter().filter(|result| result.in_file).map(|result| result.bytes);
        results = written.fold(results, u64::saturating_add);
    }
    needed.into_values().fold(results, u64::saturating_add)
}

/// The distinct sources of a plan, and the results of its passes that are read like sources.
struct Sources {
    described: Vec<DescribedSource>,
    /// By identity.
    numbers: QuickMap<u64, usize>,
    /// Held results in scratch, by identity.
    spilled: QuickMap<u64, usize>,
}

impl Sources {
    fn of(plan: &Plan) -> Sources {
        let mut described = Vec::new();
        let mut numbers: QuickMap<u64, usize> = QuickMap::default();
        for source in &plan.sources {
            numbers.entry(source.identity()).or_insert_with(|| {
                described.push(describe_source(source.as_ref()));
                described.len() - 1
            });
        }
        let spills = plan.held.iter().enumerate().filter_map(|(number, held)| held.spill.as_ref().map(|s| (s, number)));
        let spilled = spills.map(|(spill, number)| (spill.identity(), number)).collect();
        let mut sources = Sources { described, numbers, spilled };
        sources.note_what_is_needed(&plan.passes);
        sources
    }

    /// What passes look at one after the other is needed once; operands of one pass, and passes that were one, look at
    /// different parts.
    fn note_what_is_needed(&mut self, passes: &[Pass]) {
        for beside in passes.chunk_by(|one, other| one.level == other.level && one.shape == other.shape) {
            let mut looked_at: QuickMap<usize, u64> = QuickMap::default();
            for pass in beside {
                self.add_what_is_looked_at(pass, &mut looked_at);
            }
            for (number, bytes) in looked_at {
                let source = &mut self.described[number];
                if !source.in_memory {
                    source.needed = source.needed.max(bytes.min(source.bytes));
                }
            }
        }
    }

    fn add_what_is_looked_at(&self, pass: &Pass, looked_at: &mut QuickMap<usize, u64>) {
        let grid = Grid::new(&pass.shape, &pass.tiling.tile, &pass.tiling.order);
        if grid.is_empty() {
            return;
        }
        for operand in pass.operands.iter().filter(|operand| reads_files(operand)) {
            let bytes = read_bytes(operand, &grid);
            for number in self.read_by(std::slice::from_ref(operand)).0 {
                let sum = looked_at.entry(number).or_default();
                *sum = sum.saturating_add(bytes);
            }
        }
    }

    /// The numbers of the sources and of the held results that operands read, each once.
    fn read_by(&self, operands: &[Operand]) -> (Vec<usize>, Vec<usize>) {
        let (mut sources, mut held) = (Vec::new(), Vec::new());
        let (mut seen, mut seen_held) = (QuickSet::default(), QuickSet::default());
        let mut held_once = |number: usize| {
            if seen_held.insert(number) {
                held.push(number);
            }
        };
        for_each_base(operands, &mut |met| match met {
            Met::Held(number) => held_once(number),
            Met::Given => {}
            Met::Source(source) => {
                let identity = source.identity();
                if let Some(&number) = self.spilled.get(&identity) {
                    held_once(number);
                } else if let Some(&number) = self.numbers.get(&identity)
                    && seen.insert(number)
                {
                    sources.push(number);
                }
            }
        });
        (sources, held)
    }
}

/// Something that operands read.
enum Met<'a> {
    Source(&'a dyn Source),
    Held(usize),
    /// An array that the plan does not name.
    Given,
}

impl<'a> From<&'a Base> for Met<'a> {
    fn from(base: &'a Base) -> Met<'a> {
        match base {
            Base::Memory(source) | Base::File(source) => Met::Source(source.as_ref()),
            Base::Held(number) => Met::Held(*number),
            Base::Given { .. } => Met::Given,
        }
    }
}

/// Calls `met` for everything that operands read, also inside of blocks.
fn for_each_base(operands: &[Operand], met: &mut impl FnMut(Met<'_>)) {
    let mut left: Vec<&Operand> = operands.iter().rev().collect();
    while let Some(operand) = left.pop() {
        match &operand.kind {
            OperandKind::Strided { base, .. } => met(base.into()),
            OperandKind::Records { source, .. } => met(Met::Source(source.as_ref())),
            OperandKind::Gather(gather) => met((&gather.base).into()),
            OperandKind::Block { block, .. } => {
                match &block.kind {
                    BlockKind::GatherFile { source, .. } => met(Met::Source(source.as_ref())),
                    BlockKind::Scan(scan) => scan.held().into_iter().for_each(|base| met(base.into())),
                    BlockKind::Scatter(scatter) => match &scatter.places {
                        ScatterPlaces::Positions(positions) => met(Met::Source(positions.as_ref())),
                        ScatterPlaces::Mask { .. } => {}
                    },
                    _ => {}
                }
                let inside = block.spaces().into_iter().flat_map(|space| &space.operands);
                left.extend(inside.collect::<Vec<_>>().into_iter().rev());
            }
            _ => {}
        }
    }
}

fn describe_source(source: &dyn Source) -> DescribedSource {
    let (layout, dtype) = (source.layout(), source.dtype());
    DescribedSource {
        identity: source.identity(),
        name: source.name(),
        dtype,
        shape: layout.shape.clone(),
        bytes: bytes_of(&layout.shape, dtype),
        in_memory: matches!(source.access(), Access::Memory(_)),
        needed: 0,
    }
}

fn describe_held(plan: &Plan, number: usize) -> DescribedHeld {
    let held = &plan.held[number];
    let goes_here = |target: &Target| matches!(target, Target::Held(n) | Target::Spilled(n) if *n == number);
    DescribedHeld {
        name: held.name,
        dtype: held.dtype,
        shape: held.shape.clone(),
        bytes: bytes_of(&held.shape, held.dtype),
        in_scratch: held.spill.is_some(),
        made_by: made_by(plan, goes_here),
        last_use: held.last_use,
    }
}

fn describe_result(plan: &Plan, number: usize) -> DescribedResult {
    let output = &plan.outputs[number];
    DescribedResult {
        dtype: output.expr.dtype(),
        shape: output.expr.shape().into(),
        bytes: output.expr.nbytes(),
        in_file: output.file.is_some(),
        made_by: made_by(plan, |target| *target == Target::Output(number)),
    }
}

fn made_by(plan: &Plan, goes_here: impl Fn(&Target) -> bool) -> usize {
    plan.passes.iter().position(|pass| targets(pass).any(&goes_here)).unwrap_or(0)
}

fn targets(pass: &Pass) -> impl Iterator<Item = &Target> {
    pass.groups.iter().flat_map(|group| &group.ends).flat_map(|end| match end {
        End::Store(store) => &store.targets,
        End::Reduce(reduce) => &reduce.targets,
    })
}

fn bytes_of(shape: &[usize], dtype: DType) -> u64 {
    shape.iter().fold(dtype.size() as u64, |n, &len| n.saturating_mul(len as u64))
}

fn describe_pass(plan: &Plan, pass: &Pass, sources: &Sources) -> DescribedPass {
    let grid = Grid::new(&pass.shape, &pass.tiling.tile, &pass.tiling.order);
    let (read, held) = sources.read_by(&pass.operands);
    let operands = pass.operands.iter().map(|operand| describe_operand(plan, operand));
    let groups = pass.groups.iter().flat_map(|group| describe_group(plan, group));
    DescribedPass {
        shape: pass.shape.clone(),
        tiles: grid.len(),
        tile: pass.tiling.tile.as_slice().into(),
        in_flight: pass.slots,
        threads: pass.workers,
        peak: pass.peak,
        bytes_read: pass.bytes_read,
        bytes_written: pass.bytes_written,
        operators: operators(pass),
        sources: read,
        held,
        steps: operands.chain(groups).collect(),
        measured: None,
        rehearsed: None,
    }
}

fn describe_operand(plan: &Plan, operand: &Operand) -> (&'static str, String) {
    let dtype = operand.dtype;
    match &operand.kind {
        OperandKind::Strided { base: Base::Memory(source), .. } => {
            ("read", format!("{dtype} {}, in place", source.name()))
        }
        OperandKind::Strided { base: Base::Given { number, .. }, .. } => {
            ("read", format!("{dtype} array {number}, in place"))
        }
        OperandKind::Strided { base: Base::File(source), .. } => ("read", format!("{dtype} {}", source.name())),
        OperandKind::Strided { base: Base::Held(id), .. } => {
            ("use", format!("{dtype} {} held from before", plan.held[*id].name))
        }
        OperandKind::Records { source, bytes, extra, .. } => {
            ("read", format!("records of {bytes} bytes of {}{}", source.name(), fringe(extra)))
        }
        OperandKind::Field { start, by, .. } if by.iter().all(|&by| by == 0) => {
            ("pick", format!("{dtype} at byte {start} of each record"))
        }
        OperandKind::Field { by, .. } => ("shift", format!("{dtype} by {}", shape::display(by))),
        OperandKind::Sequence { .. } => ("count", format!("{dtype} sequence, not stored")),
        OperandKind::Nested { fragment, .. } => {
            ("repeat", format!("{dtype} of {} steps along broadcast axes", fragment.program.steps.len()))
        }
        OperandKind::Gather(gather) => {
            let (length, steps) = (gather.length, gather.index.program.steps.len());
            ("take", format!("{dtype} from a table of {length} positions, {steps} steps to index"))
        }
        OperandKind::Sibling { .. } => ("call", format!("the same for another result, {dtype}")),
        OperandKind::Block { block, extra, .. } => {
            if let BlockKind::Call(call) = &block.kind {
                return ("call", called(call, block));
            }
            let (dims, how) = (shape::display(&block.shape), assembled(block));
            ("build", format!("{dtype} {dims} in tiles, {how}{}", fringe(extra)))
        }
    }
}

/// How much more than a tile is read for shifted views.
fn fringe(extra: &[usize]) -> String {
    match extra.iter().all(|&extra| extra == 0) {
        true => String::new(),
        false => format!(", with a fringe of {}", shape::display(extra)),
    }
}

fn assembled(block: &Block) -> String {
    match &block.kind {
        BlockKind::Concat(join) => format!("{} parts joined", join.parts.len()),
        BlockKind::Reshape(_) => "reshaped".to_string(),
        BlockKind::GatherFile { source, .. } => format!("positions taken from {}", source.name()),
        BlockKind::Scan(scan) => scanned(scan),
        BlockKind::GatherComputed { .. } => "computed at selected positions".to_string(),
        BlockKind::Select(select) => {
            format!("selected by a mask of {}, {} of them true", select.counts.length(), select.counts.total())
        }
        BlockKind::Scatter(scatter) => format!("{} rows put in place", scatter.rows.shape[0]),
        BlockKind::Call(call) => called(call, block),
    }
}

/// A function and the boxes it is called for: `map_blocks(f) on tiles of (1000,1000), gives float64`.
fn called(call: &CallBlock, block: &Block) -> String {
    let (name, shape) = (call.function.name(), shape::display(&block.shape));
    let boxes = match call.block.iter().all(|&length| length == 0) {
        true => "tiles".to_string(),
        false => {
            let length = |&length: &usize| if length == 0 { "any".to_string() } else { length.to_string() };
            format!("blocks of ({})", call.block.iter().map(length).collect::<Vec<_>>().join(","))
        }
    };
    format!("{name} on {boxes} of {shape}, gives {}", block.dtype)
}

fn scanned(scan: &ScanBlock) -> String {
    let (op, axis, leaf) = (scan.scanner.op(), scan.axis, scan.leaf);
    match scan.part {
        Part::Elements if scan.relay().is_some() => {
            format!("{op} accumulated along axis {axis}, tile after tile, in leaves of {leaf}")
        }
        Part::Elements => format!("{op} accumulated along axis {axis} in leaves of {leaf}"),
        Part::LeafEnds => format!("{op} accumulated along axis {axis}, one value per leaf of {leaf}"),
    }
}

fn describe_group(plan: &Plan, group: &Group) -> Vec<(&'static str, String)> {
    let mut steps = Vec::new();
    let number = group.fragment.program.steps.len();
    if number > 0 {
        let mut counted = Counted::default();
        counted.fragment(&group.fragment);
        steps.push(("fuse", format!("{number} steps: {}", join_names(&counted.names))));
    }
    steps.extend(group.ends.iter().map(|end| match end {
        End::Store(store) => ("write", format!("{} to {}", store.dtype, places(plan, &store.targets))),
        End::Reduce(end) => {
            let (axes, groups) = match &group.walk {
                Walk::Reduce(walk) => (shape::display(&walk.axes), walk.grouped.map(|grouped| grouped.groups)),
                Walk::Elementwise => (String::new(), None),
            };
            let into = groups.map_or(String::new(), |groups| format!(" into {groups} groups"));
            ("reduce", format!("{} {} over axes {axes}{into} to {}", end.dtype, end.name, places(plan, &end.targets)))
        }
    }));
    steps
}

fn places(plan: &Plan, targets: &[Target]) -> String {
    let names: Vec<String> = targets
        .iter()
        .map(|target| match target {
            Target::Output(number) if plan.outputs[*number].file.is_some() => format!("result {number} (file)"),
            Target::Output(number) => format!("result {number}"),
            Target::Held(_) => "memory for the next pass".to_string(),
            Target::Spilled(_) => "scratch for the next pass".to_string(),
        })
        .collect();
    names.join(" and ")
}

/// Names in the order in which they are met, and how often each is.
#[derive(Default)]
struct Counted {
    names: Vec<(String, usize)>,
    numbers: QuickMap<String, usize>,
}

impl Counted {
    fn add(&mut self, name: &str) {
        let number = *self.numbers.entry(name.to_string()).or_insert_with(|| {
            self.names.push((name.to_string(), 0));
            self.names.len() - 1
        });
        self.names[number].1 += 1;
    }

    fn fragment(&mut self, fragment: &Fragment) {
        fragment.program.steps.iter().for_each(|step| self.add(step.op.name()));
    }

    fn operand(&mut self, operand: &Operand) {
        match &operand.kind {
            OperandKind::Nested { fragment, .. } => self.fragment(fragment),
            OperandKind::Gather(_) => self.add("take"),
            OperandKind::Block { block, .. } => self.add(match &block.kind {
                BlockKind::Call(call) => return self.add(&call.function.name()),
                BlockKind::Concat(_) => "concatenate",
                BlockKind::Reshape(_) => "reshape",
                BlockKind::GatherFile { .. } | BlockKind::GatherComputed { .. } => "take",
                BlockKind::Select(_) => "select",
                BlockKind::Scatter(_) => "place",
                BlockKind::Scan(_) => "accumulate",
            }),
            _ => {}
        }
    }
}

/// `"sin×3 add"`.
pub fn join_names(names: &[(String, usize)]) -> String {
    let list: Vec<String> =
        names.iter().map(|(name, n)| if *n == 1 { name.clone() } else { format!("{name}×{n}") }).collect();
    list.join(" ")
}

/// The operations of a pass, and how often each occurs; only copying where there is none.
pub fn operators(pass: &Pass) -> Vec<(String, usize)> {
    let mut counted = Counted::default();
    pass.operands.iter().for_each(|operand| counted.operand(operand));
    for group in &pass.groups {
        counted.fragment(&group.fragment);
        group.labels.iter().for_each(|labels| counted.fragment(labels));
        let groups = match &group.walk {
            Walk::Reduce(walk) => walk.grouped.map(|grouped| grouped.groups),
            Walk::Elementwise => None,
        };
        for end in &group.ends {
            match (end, groups) {
                (End::Reduce(reduce), Some(groups)) => counted.add(&format!("{} of {groups} groups", reduce.name)),
                (End::Reduce(reduce), None) => counted.add(reduce.name),
                (End::Store(_), _) => {}
            }
        }
    }
    if counted.names.is_empty() {
        counted.add("copy");
    }
    counted.names
}
