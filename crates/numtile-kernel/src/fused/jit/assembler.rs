//! Instructions to bytes, by iced-x86, which knows every encoding.

use iced_x86::{Code, Encoder, IcedError, Instruction, MemoryOperand, Register};

/// Where an operand is.
#[derive(Clone, Copy, Debug)]
pub enum Operand {
    /// A vector register.
    Vector(u8),
    /// Memory.
    Memory(MemoryOperand),
}

/// Code that is being written.
pub struct Assembler {
    encoder: Encoder,
    at: u64,
}

/// Vector register `number`, of 128 or 256 bits.
fn vector(number: u8, is_wide: bool) -> Register {
    (if is_wide { Register::YMM0 } else { Register::XMM0 }) + u32::from(number)
}

impl Assembler {
    /// No code yet.
    pub fn new() -> Assembler {
        Assembler { encoder: Encoder::new(64), at: 0 }
    }

    /// Where the next instruction goes.
    pub fn here(&self) -> u64 {
        self.at
    }

    /// The code.
    pub fn finish(mut self) -> Vec<u8> {
        self.encoder.take_buffer()
    }

    /// Adds any instruction.
    pub fn push(&mut self, instruction: Instruction) -> Result<(), IcedError> {
        #[cfg(test)]
        for instruction in super::mistakes::encoded(instruction) {
            self.at += self.encoder.encode(&instruction, self.at)? as u64;
        }
        #[cfg(not(test))]
        {
            self.at += self.encoder.encode(&instruction, self.at)? as u64;
        }
        Ok(())
    }

    /// Jumps to `target` by `code`.
    pub fn jump(&mut self, code: Code, target: u64) -> Result<(), IcedError> {
        self.push(Instruction::with_branch(code, target)?)
    }

    /// `to = code(from)`; `wide` says which registers have 256 bits.
    pub fn one(&mut self, code: Code, to: u8, from: Operand, wide: [bool; 2]) -> Result<(), IcedError> {
        let to = vector(to, wide[0]);
        self.push(match from {
            Operand::Vector(from) => Instruction::with2(code, to, vector(from, wide[1]))?,
            Operand::Memory(from) => Instruction::with2(code, to, from)?,
        })
    }

    /// The same with an immediate byte.
    pub fn one_immediate(&mut self, code: Code, to: u8, from: Operand, byte: u8, wide: bool) -> Result<(), IcedError> {
        let (to, byte) = (vector(to, wide), u32::from(byte));
        self.push(match from {
            Operand::Vector(from) => Instruction::with3(code, to, vector(from, wide), byte)?,
            Operand::Memory(from) => Instruction::with3(code, to, from, byte)?,
        })
    }

    /// `to = code(a, b)`.
    pub fn two(&mut self, code: Code, to: u8, a: u8, b: Operand, wide: bool) -> Result<(), IcedError> {
        let (to, a) = (vector(to, wide), vector(a, wide));
        self.push(match b {
            Operand::Vector(b) => Instruction::with3(code, to, a, vector(b, wide))?,
            Operand::Memory(b) => Instruction::with3(code, to, a, b)?,
        })
    }

    /// The same with an immediate byte.
    pub fn two_immediate(
        &mut self,
        code: Code,
        to: u8,
        a: u8,
        b: Operand,
        byte: u8,
        wide: bool,
    ) -> Result<(), IcedError> {
        let (to, a, byte) = (vector(to, wide), vector(a, wide), u32::from(byte));
        self.push(match b {
            Operand::Vector(b) => Instruction::with4(code, to, a, vector(b, wide), byte)?,
            Operand::Memory(b) => Instruction::with4(code, to, a, b, byte)?,
        })
    }

    /// `to = code(no, yes, mask)`.
    pub fn blend(&mut self, code: Code, to: u8, no: u8, yes: Operand, mask: u8, wide: bool) -> Result<(), IcedError> {
        let (to, no, mask) = (vector(to, wide), vector(no, wide), vector(mask, wide));
        self.push(match yes {
            Operand::Vector(yes) => Instruction::with4(code, to, no, vector(yes, wide), mask)?,
            Operand::Memory(yes) => Instruction::with4(code, to, no, yes, mask)?,
        })
    }

    /// `to = from` shifted by a constant, in registers.
    pub fn shift(&mut self, code: Code, to: u8, from: u8, by: u8, wide: bool) -> Result<(), IcedError> {
        self.push(Instruction::with3(code, vector(to, wide), vector(from, wide), u32::from(by))?)
    }

    /// `to = code(from)` with an immediate byte, in registers; `wide` says which have 256 bits.
    pub fn narrow(&mut self, code: Code, to: u8, from: u8, byte: u8, wide: [bool; 2]) -> Result<(), IcedError> {
        self.push(Instruction::with3(code, vector(to, wide[0]), vector(from, wide[1]), u32::from(byte))?)
    }

    /// `bytes` bytes from memory, zeros behind them.
    pub fn load(&mut self, to: u8, from: MemoryOperand, bytes: usize) -> Result<(), IcedError> {
        let code = match bytes {
            4 => Code::VEX_Vmovd_xmm_rm32,
            8 => Code::VEX_Vmovq_xmm_xmmm64,
            16 => Code::VEX_Vmovups_xmm_xmmm128,
            _ => Code::VEX_Vmovups_ymm_ymmm256,
        };
        self.push(Instruction::with2(code, vector(to, bytes > 16), from)?)
    }

    /// `bytes` bytes to memory.
    pub fn store(&mut self, to: MemoryOperand, from: u8, bytes: usize) -> Result<(), IcedError> {
        let code = match bytes {
            4 => Code::VEX_Vmovd_rm32_xmm,
            8 => Code::VEX_Vmovq_xmmm64_xmm,
            16 => Code::VEX_Vmovups_xmmm128_xmm,
            _ => Code::VEX_Vmovups_ymmm256_ymm,
        };
        self.push(Instruction::with2(code, to, vector(from, bytes > 16))?)
    }

    /// The same past the caches, if there is an instruction for so many bytes.
    pub fn store_past_caches(&mut self, to: MemoryOperand, from: u8, bytes: usize) -> Result<(), IcedError> {
        let code = match bytes {
            16 => Code::VEX_Vmovntps_m128_xmm,
            32 => Code::VEX_Vmovntps_m256_ymm,
            _ => return self.store(to, from, bytes),
        };
        self.push(Instruction::with2(code, to, vector(from, bytes > 16))?)
    }

    /// One element of `item` bytes to all lanes of a register.
    pub fn broadcast(&mut self, to: u8, from: MemoryOperand, item: usize) -> Result<(), IcedError> {
        let code = match item {
            1 => Code::VEX_Vpbroadcastb_ymm_xmmm8,
            2 => Code::VEX_Vpbroadcastw_ymm_xmmm16,
            4 => Code::VEX_Vbroadcastss_ymm_m32,
            _ => Code::VEX_Vbroadcastsd_ymm_m64,
        };
        self.push(Instruction::with2(code, vector(to, true), from)?)
    }
}
