//! A comparison that cannot fail proves nothing: every instruction that is in use, encoded wrongly, is caught.

use std::collections::BTreeMap;

use iced_x86::Code;

use super::cases;
use super::draft::draft;
use super::everything;
use super::random::Random;
use super::{Subject, Wanted};
use crate::fused::jit::mistakes::{self, Mistake};
use crate::fused::program::Value;
use crate::isa::Isa;

/// Programs that are looked through for one that notices a mistake.
const PATIENCE: usize = 60;
/// Programs per loop and layout.
const ROUNDS: usize = 3;

#[test]
fn wrong_encodings_are_caught() {
    if !Isa::Avx2.is_supported() {
        return;
    }
    let wanted: Vec<Wanted> = everything(&cases::all()).into_iter().filter(|one| one.case.is_known()).collect();
    let chances = chances(&wanted);
    assert!(chances.len() > 250, "only {} mistakes are possible", chances.len());
    let is_missed = |&(&(code, mistake), numbers): &(&(Code, Mistake), &Vec<usize>)| {
        !numbers.iter().any(|&number| is_caught(number, &wanted, mistake, code))
    };
    let missed: Vec<_> = chances.iter().filter(is_missed).map(|(mistake, _)| mistake).collect();
    assert!(missed.is_empty(), "{missed:?} of {} mistakes", chances.len());
}

/// For every mistake in an instruction, programs in which it can be made.
fn chances(wanted: &[Wanted]) -> BTreeMap<(Code, Mistake), Vec<usize>> {
    let mut chances: BTreeMap<(Code, Mistake), Vec<usize>> = BTreeMap::new();
    for number in 0..ROUNDS * wanted.len() {
        for mistake in mistakes::possible_in(|| is_right(number, wanted)) {
            let numbers = chances.entry(mistake).or_default();
            if numbers.len() < PATIENCE {
                numbers.push(number);
            }
        }
    }
    chances
}

fn is_caught(number: usize, wanted: &[Wanted], mistake: Mistake, code: Code) -> bool {
    !mistakes::made(mistake, code, || is_right(number, wanted))
}

/// Whether the program of this number gives the bits of its steps.
fn is_right(number: usize, wanted: &[Wanted]) -> bool {
    let wanted = &wanted[number % wanted.len()];
    let random = &mut Random::new(number as u64 | 1 << 40);
    let mut draft = draft(&wanted.case, &wanted.layout, random);
    // Every step is seen.
    draft.program.outputs = (0..draft.program.steps.len()).map(|step| Value::Step(step as u32)).collect();
    let subject = Subject::new(draft);
    [256, 231].into_iter().all(|n| subject.check(n, random).is_ok())
}
