//! Random programs around one case that is to be seen.

use numtile_core::DType;

use super::cases::Case;
use super::random::{Random, element};
use crate::fused::program::{TileProgram, Value};
use crate::op::Op;
use crate::types::{Operand, Signature, resolve};

/// A program with what is known of it.
pub struct Draft {
    pub program: TileProgram,
    /// Which inputs are one element for all.
    pub uniform: Vec<bool>,
    /// The step that the program was made for.
    pub target: usize,
}

/// A program that contains `case` on operands of the given layouts (true: one element for all) among other steps.
pub fn draft(case: &Case, layout: &[bool], random: &mut Random) -> Draft {
    let mut writer = Writer { program: TileProgram::default(), uniform: Vec::new(), random };
    let operands: Vec<Value> =
        case.inputs().iter().zip(layout).map(|(&dtype, &one)| writer.input(dtype, one)).collect();
    let varying = writer.varying();
    for _ in 0..writer.random.below(3) {
        let (dtype, one) = (writer.random.pick(&DType::ALL), writer.random.below(3) == 0);
        writer.input(dtype, one);
    }
    let [before, after] = writer.random.pick(&[[0, 0], [0, 6], [4, 10]]);
    writer.grow(before);
    // A step that has machine code and varies stands beside the target: alone or on one element it is not compiled.
    writer.push(Op::Add, varying.1, &[varying.0, varying.0]);
    let target = writer.program.steps.len();
    writer.program.steps.push(case.step(&operands));
    writer.grow(after);
    writer.deliver(target)
}

struct Writer<'r> {
    program: TileProgram,
    uniform: Vec<bool>,
    random: &'r mut Random,
}

impl Writer<'_> {
    fn input(&mut self, dtype: DType, uniform: bool) -> Value {
        self.program.inputs.push(dtype);
        self.uniform.push(uniform);
        Value::Input((self.uniform.len() - 1) as u32)
    }

    /// An input that varies, of a type that has machine code for addition.
    fn varying(&mut self) -> (Value, Signature) {
        let dtype = self.random.pick(&[DType::U8, DType::I16, DType::I32, DType::F32, DType::F64]);
        (self.input(dtype, false), Signature::uniform(dtype, dtype))
    }

    /// Adds up to `most` steps.
    fn grow(&mut self, most: usize) {
        let length = self.program.steps.len() + self.random.below(most + 1);
        while self.program.steps.len() < length {
            self.step();
        }
    }

    fn any(&mut self) -> Value {
        let (inputs, steps) = (self.program.inputs.len(), self.program.steps.len());
        match self.random.below(8) {
            0 => {
                let dtype = self.random.pick(&DType::ALL);
                let constant = element(self.random, dtype);
                self.program.constants.push(constant);
                Value::Constant((self.program.constants.len() - 1) as u32)
            }
            3.. if steps > 0 => Value::Step((steps - 1 - self.random.below(steps.min(6))) as u32),
            _ => Value::Input(self.random.below(inputs) as u32),
        }
    }

    fn cast(&mut self, value: Value, dtype: DType) -> Value {
        match self.program.dtype(value) {
            Ok(from) if from != dtype => self.push(Op::Cast, Signature::uniform(from, dtype), &[value]),
            _ => value,
        }
    }

    fn push(&mut self, op: Op, types: Signature, args: &[Value]) -> Value {
        self.program.steps.push(Case { op, types }.step(args));
        Value::Step((self.program.steps.len() - 1) as u32)
    }

    /// Adds one operation on values that exist; nothing where their types have no loop.
    fn step(&mut self) {
        let op = self.random.pick(Op::ALL);
        let args: Vec<Value> = (0..op.arity()).map(|_| self.any()).collect();
        if op == Op::Cast {
            let to = self.random.pick(&DType::ALL);
            self.cast(args[0], to);
            return;
        }
        let operands: Vec<Operand> =
            args.iter().filter_map(|&arg| self.program.dtype(arg).ok()).map(Operand::Typed).collect();
        let Ok(types) = resolve(op, &operands) else { return };
        let case = Case { op, types };
        let from_arithmetic = args.iter().any(|arg| matches!(arg, Value::Step(_)));
        if op.kernel(&types, crate::Isa::Baseline).is_none() || case.looks_at_sign_of_nan() && from_arithmetic {
            return;
        }
        let args: Vec<Value> = args.iter().zip(types.inputs).map(|(&arg, dtype)| self.cast(arg, dtype)).collect();
        self.push(op, types, &args);
    }

    /// The program, with the target and its last step as results, and some others or all.
    fn deliver(self, target: usize) -> Draft {
        let Writer { mut program, uniform, random } = self;
        let steps = program.steps.len();
        let mut outputs = vec![steps - 1, target];
        match random.below(3) {
            0 => outputs.extend(0..steps),
            some => outputs.extend((0..some).map(|_| random.below(steps))),
        }
        program.outputs = outputs.into_iter().map(|step| Value::Step(step as u32)).collect();
        Draft { program, uniform, target }
    }
}

impl Draft {
    /// Which steps are one element for all.
    pub fn uniform_steps(&self) -> Vec<bool> {
        let mut steps: Vec<bool> = Vec::new();
        for step in &self.program.steps {
            steps.push(step.operands().iter().all(|&value| self.is_uniform(value, &steps)));
        }
        steps
    }

    /// Whether a value is one element for all, given that of the steps before it.
    pub fn is_uniform(&self, value: Value, steps: &[bool]) -> bool {
        match value {
            Value::Input(input) => self.uniform[input as usize],
            Value::Constant(_) => true,
            Value::Step(step) => steps[step as usize],
        }
    }
}
