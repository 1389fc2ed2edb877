//! Wrong encodings made on purpose, on the thread that asks for them: for the test that they are caught.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use iced_x86::{Code, Instruction, Register};

/// A way to encode an instruction wrongly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mistake {
    /// The result is 0.
    Zero,
    /// The upper half of a 256-bit result is 0, as if the instruction had been encoded for 128 bits.
    Half,
    /// The operands are swapped.
    Swapped,
}

impl Mistake {
    const ALL: [Mistake; 3] = [Mistake::Zero, Mistake::Half, Mistake::Swapped];

    /// Whether the mistake changes the meaning of this instruction.
    fn concerns(self, instruction: &Instruction) -> bool {
        match self {
            Mistake::Zero => true,
            Mistake::Half => instruction.op0_register().is_ymm(),
            Mistake::Swapped => {
                let (a, b) = (instruction.op1_register(), instruction.op2_register());
                b != Register::None && a != b && instruction.op_count() == 3 && is_ordered(instruction.code())
            }
        }
    }
}

/// Whether the result depends on the order of the operands.
fn is_ordered(code: Code) -> bool {
    let name = format!("{code:?}");
    ["Vsub", "Vdiv", "Vpsub", "Vpcmpgt", "Vpack", "Vpunpck", "Vunpck"].iter().any(|stem| name[4..].starts_with(stem))
}

thread_local! {
    static MADE: Cell<Option<(Mistake, Code)>> = const { Cell::new(None) };
    static WRITTEN: RefCell<Option<BTreeSet<(Code, Mistake)>>> = const { RefCell::new(None) };
}

/// Whether code made on this thread is not to be shared.
pub fn is_active() -> bool {
    MADE.get().is_some() || WRITTEN.with_borrow(Option::is_some)
}

/// The vector instructions written while `work` runs, each with the mistakes that could have been made.
pub fn possible_in(work: impl FnOnce() -> bool) -> BTreeSet<(Code, Mistake)> {
    WRITTEN.set(Some(BTreeSet::new()));
    assert!(work());
    WRITTEN.take().unwrap_or_default()
}

/// What `work` says when one instruction is encoded wrongly.
pub fn made(mistake: Mistake, code: Code, work: impl FnOnce() -> bool) -> bool {
    MADE.set(Some((mistake, code)));
    let outcome = work();
    MADE.set(None);
    outcome
}

/// What is encoded in the place of an instruction: it, or something wrong.
pub fn encoded(instruction: Instruction) -> Vec<Instruction> {
    let to = instruction.op0_register();
    if !(to.is_xmm() || to.is_ymm()) {
        return vec![instruction];
    }
    WRITTEN.with_borrow_mut(|written| {
        if let Some(written) = written {
            let possible = Mistake::ALL.into_iter().filter(|mistake| mistake.concerns(&instruction));
            written.extend(possible.map(|mistake| (instruction.code(), mistake)));
        }
    });
    match MADE.get() {
        Some((mistake, code)) if code == instruction.code() && mistake.concerns(&instruction) => {
            wrong(mistake, instruction, to)
        }
        _ => vec![instruction],
    }
}

fn wrong(mistake: Mistake, instruction: Instruction, to: Register) -> Vec<Instruction> {
    let number = (to as u32).wrapping_sub(if to.is_ymm() { Register::YMM0 } else { Register::XMM0 } as u32);
    let half = Register::XMM0 + number;
    let made = match mistake {
        Mistake::Zero => Instruction::with3(Code::VEX_Vxorps_xmm_xmm_xmmm128, half, half, half),
        Mistake::Half => Instruction::with2(Code::VEX_Vmovups_xmm_xmmm128, half, half),
        Mistake::Swapped => {
            let mut swapped = instruction;
            swapped.set_op1_register(instruction.op2_register());
            swapped.set_op2_register(instruction.op1_register());
            Ok(swapped)
        }
    };
    match (mistake, made) {
        (Mistake::Half, Ok(made)) => vec![instruction, made],
        (_, Ok(made)) => vec![made],
        (_, Err(_)) => vec![instruction],
    }
}
