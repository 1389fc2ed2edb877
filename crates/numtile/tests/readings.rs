//! How often sources are read: counted at the sources themselves, with budgets that hold none of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;

use numtile::expr::{self, Operand};
use numtile::view::{self, Index};
use numtile::{Config, Context, DType, Expr, Layout, Op, ReduceOp, Run, Scalar};
use numtile_storage::testing::{ByteSource, CountingSource};

const SHAPE: [usize; 2] = [2000, 1500];
const BYTES: f64 = (SHAPE[0] * SHAPE[1] * 8) as f64;

/// A watched source of 24 MB.
fn source(start: f64) -> (Arc<CountingSource>, Expr) {
    let values = (0..SHAPE[0] * SHAPE[1]).flat_map(|i| ((i as f64 * 0.37 + start).sin() * 9.0).to_le_bytes());
    let bytes = ByteSource::new(values.collect(), DType::F64, Layout::c_order(0, &SHAPE, 8));
    let watched = Arc::new(CountingSource::new(Arc::new(bytes)));
    (watched.clone(), expr::source(watched))
}

fn map(op: Op, operands: &[&Expr]) -> Expr {
    let operands: Vec<Operand> = operands.iter().map(|e| Operand::Array((*e).clone())).collect();
    expr::map(op, &operands).unwrap()
}

fn reduce(expr: &Expr, op: ReduceOp, axis: i64, keepdims: bool) -> Expr {
    expr::reduce(expr, op, Some(&[axis]), keepdims, None, 0.0).unwrap()
}

/// Computes within 8 MB; for each source, how often it was read.
fn readings(exprs: &[Expr], sources: &[&Arc<CountingSource>]) -> Vec<f64> {
    let context = Context::new(Config { memory: Some(8 << 20), threads: Some(2), ..Config::default() });
    context.compute(exprs, &Run::default()).unwrap();
    sources.iter().map(|source| source.bytes_read() as f64 / BYTES).collect()
}

#[test]
fn standardising_reads_twice() {
    let (watched, x) = source(0.0);
    let centred = map(Op::Subtract, &[&x, &reduce(&x, ReduceOp::Mean, 0, false)]);
    let y = map(Op::Divide, &[&centred, &reduce(&x, ReduceOp::Std, 0, false)]);
    assert_eq!(readings(&[y], &[&watched]), [2.0]);
}

#[test]
fn three_means_over_shared_inputs_read_each_once() {
    let ((watched_x, x), (watched_y, y)) = (source(0.0), source(1.0));
    let means: Vec<Expr> = [x.clone(), map(Op::Multiply, &[&x, &y]), map(Op::Add, &[&y, &x])]
        .iter()
        .map(|expr| reduce(expr, ReduceOp::Mean, 1, false))
        .collect();
    assert_eq!(readings(&means, &[&watched_x, &watched_y]), [1.0, 1.0]);
}

#[test]
fn a_stencil_reads_each_tile_once() {
    let (watched, x) = source(0.0);
    let part = |rows: (i64, i64), columns: (i64, i64)| {
        let range = |(start, stop)| Index::Range { start: Some(start), stop: Some(stop), step: 1 };
        view::index(&x, &[range(rows), range(columns)]).unwrap()
    };
    let (height, width) = (SHAPE[0] as i64, SHAPE[1] as i64);
    let inner = part((1, height - 1), (1, width - 1));
    let around = [
        part((0, height - 2), (1, width - 1)),
        part((2, height), (1, width - 1)),
        part((1, height - 1), (0, width - 2)),
        part((1, height - 1), (2, width)),
    ];
    let sum = around.iter().fold(inner, |sum, neighbour| map(Op::Add, &[&sum, neighbour]));
    let read = readings(&[sum], &[&watched])[0];
    assert!((1.0..1.1).contains(&read), "{read}");
}

#[test]
fn products_of_three_that_are_needed_twice_are_kept() {
    let ((watched_x, x), (watched_y, y), (watched_z, z)) = (source(0.0), source(1.0), source(2.0));
    let product = map(Op::Multiply, &[&map(Op::Multiply, &[&x, &y]), &z]);
    let y = map(Op::Subtract, &[&product, &reduce(&product, ReduceOp::Max, 1, true)]);
    assert_eq!(readings(&[y], &[&watched_x, &watched_y, &watched_z]), [1.0, 1.0, 1.0]);
}

#[test]
fn a_small_operand_of_every_tile_is_read_once() {
    let ((watched_x, x), (watched_y, y)) = (source(0.0), source(1.0));
    let row = view::index(&y, &[Index::At(7)]).unwrap();
    let column = view::index(
        &y,
        &[Index::Range { start: None, stop: None, step: 1 }, Index::Range { start: Some(3), stop: Some(4), step: 1 }],
    );
    let sum = map(Op::Add, &[&map(Op::Add, &[&x, &row]), &column.unwrap()]);
    let read = readings(&[sum], &[&watched_x, &watched_y]);
    assert_eq!(read[0], 1.0);
    // A column of elements is read with the pages in which they lie.
    assert!(read[1] < 0.6, "{read:?}");
}

#[test]
fn a_transpose_that_is_reshaped_is_read_once() {
    let (watched, x) = source(0.0);
    let flat = view::reshape(&view::transpose(&x, &[1, 0]).unwrap(), &[-1]).unwrap();
    let (doubled, summed) = (map(Op::Add, &[&flat, &flat]), reduce(&flat, ReduceOp::Sum, 0, false));
    assert_eq!(readings(&[doubled], &[&watched]), [1.0]);
    watched.reset();
    // Its sum depends on the order, so it goes through scratch.
    assert_eq!(readings(&[summed], &[&watched]), [1.0]);
}

#[test]
fn elements_that_stand_for_all_are_read_alike() {
    let ((watched_x, x), (_, y)) = (source(0.0), source(1.0));
    let at = |row, column| view::index(&y, &[Index::At(row), Index::At(column)]).unwrap();
    let sum = map(Op::Add, &[&map(Op::Multiply, &[&x, &at(0, 1)]), &map(Op::Multiply, &[&x, &at(0, 2)])]);
    assert_eq!(readings(&[sum], &[&watched_x]), [1.0]);
}

#[test]
fn parts_of_a_file_are_read_one_after_the_other() {
    let (watched, x) = source(0.0);
    let rows = |start: i64| Index::Range { start: Some(start), stop: Some(start + 100), step: 1 };
    let sums: Vec<Expr> =
        (0..20).map(|i| reduce(&view::index(&x, &[rows(100 * i)]).unwrap(), ReduceOp::Sum, 0, false)).collect();
    assert_eq!(readings(&sums, &[&watched]), [1.0]);
}

#[test]
fn sums_that_do_not_fit_together_are_computed_in_few_passes() {
    let (watched, x) = source(0.0);
    let shifted = |i: i32| map(Op::Add, &[&x, &expr::constant(Scalar::new(f64::from(i)))]);
    let sums: Vec<Expr> = (0..200).map(|i| reduce(&shifted(i), ReduceOp::Sum, 0, false)).collect();
    let read = readings(&sums, &[&watched])[0];
    assert!((2.0..=8.0).contains(&read), "{read}");
}
