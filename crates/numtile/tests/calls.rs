//! Functions called on boxes, through the front door and without Python.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use numtile::expr::{self, Along, CallOutput};
use numtile::function::{Argument, Output};
use numtile::view::{self, Index};
use numtile::{Config, Context, DType, Error, Expr, Function, Region, Result, Run, Scalar};

/// What a function does with a box of its first argument and the box of the result.
type Compute = dyn Fn(&Region, &Argument, usize) -> Result<Vec<f64>> + Send + Sync;

/// A function of float64 that remembers the boxes it was called for.
struct Recorded {
    identity: u64,
    compute: Box<Compute>,
    calls: Mutex<Vec<Region>>,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorded")
    }
}

impl Function for Recorded {
    fn name(&self) -> String {
        "recorded".into()
    }

    fn identity(&self) -> u64 {
        self.identity
    }

    fn call(&self, region: &Region, arguments: Vec<Argument>, results: &mut [Output<'_>]) -> Result<()> {
        self.calls.lock().unwrap().push(region.clone());
        for output in results {
            let values = (self.compute)(region, &arguments[0], output.number)?;
            output.values.iter_mut().zip(values.iter().flat_map(|v| v.to_ne_bytes())).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

fn recorded(compute: impl Fn(&Region, &Argument, usize) -> Result<Vec<f64>> + Send + Sync + 'static) -> Arc<Recorded> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let identity = NEXT.fetch_add(1, Ordering::Relaxed);
    Arc::new(Recorded { identity, compute: Box::new(compute), calls: Mutex::default() })
}

fn elements(argument: &Argument) -> Vec<f64> {
    // SAFETY: nobody else has the buffer.
    let bytes = unsafe { argument.values.as_slice() };
    bytes.chunks_exact(8).take(argument.region.count()).map(|b| f64::from_ne_bytes(b.try_into().unwrap())).collect()
}

fn context() -> Context {
    Context::new(Config { memory: Some(64 << 20), threads: Some(2), ..Config::default() })
}

fn arange(shape: &[i64]) -> Expr {
    let count = shape.iter().product::<i64>() as usize;
    view::reshape(&expr::arange(Scalar::new(0.0f64), Scalar::new(1.0f64), count), shape).unwrap()
}

fn along(axis: usize, before: usize, after: usize) -> Along {
    Along::Output { axis, before, after }
}

/// The outputs of a function of one array with two axes, of which boxes need boxes.
fn called(function: &Arc<Recorded>, x: &Expr, needs: [Along; 2], block: [usize; 2], outputs: usize) -> Vec<Expr> {
    let function: Arc<dyn Function> = function.clone();
    let output = CallOutput { shape: x.shape().into(), dtype: DType::F64, block: block.as_slice().into() };
    expr::call(&function, std::slice::from_ref(x), &[needs.as_slice().into()], &vec![output; outputs]).unwrap()
}

fn computed(context: &Context, exprs: &[Expr]) -> Result<Vec<Vec<f64>>> {
    let results = context.compute(exprs, &Run::default())?;
    let values = |result: &numtile::HostArray| {
        // SAFETY: the evaluation is over.
        let bytes = unsafe { result.buffer.as_slice() };
        bytes.chunks_exact(8).take(result.layout.count()).map(|b| f64::from_ne_bytes(b.try_into().unwrap())).collect()
    };
    Ok(results.iter().map(values).collect())
}

#[test]
fn blocks_are_met_whole_and_once() {
    let context = context();
    let function = recorded(|_, x, _| {
        let values = elements(x);
        Ok(values.iter().map(|v| v - values[0]).collect())
    });
    let y = &called(&function, &arange(&[70, 90]), [along(0, 0, 0), along(1, 0, 0)], [32, 25], 1)[0];
    let want = |row: usize, column: usize| ((row % 32) * 90 + column % 25) as f64;
    let values = computed(&context, std::slice::from_ref(y)).unwrap();
    assert!((0..70 * 90).all(|at| values[0][at] == want(at / 90, at % 90)));
    assert_eq!(function.calls.lock().unwrap().len(), 3 * 4);
    for tile in [vec![2, 9], vec![7, 40], vec![33, 90]] {
        context.force_tile(Some(tile));
        let part =
            [Index::Range { start: Some(3), stop: None, step: 2 }, Index::Range { start: None, stop: None, step: -1 }];
        let values = computed(&context, &[view::index(y, &part).unwrap()]).unwrap();
        assert!((0..34 * 90).all(|at| values[0][at] == want(3 + at / 90 * 2, 89 - at % 90)));
    }
    for region in function.calls.lock().unwrap().iter() {
        assert!(region.start[0].is_multiple_of(32) && region.shape[0] == 32.min(70 - region.start[0]));
        assert!(region.start[1].is_multiple_of(25) && region.shape[1] == 25.min(90 - region.start[1]));
    }
}

#[test]
fn halos_are_clipped_at_the_edges() {
    let context = context();
    let function = recorded(|region, x, _| {
        let wanted = |axis: usize, before: usize| region.start[axis].saturating_sub(before);
        assert_eq!(x.region.start.as_slice(), [wanted(0, 2), wanted(1, 0)]);
        let skip = (region.start[0] - x.region.start[0]) * x.region.shape[1];
        let values = elements(x);
        let rows = (0..region.shape[0]).map(|row| skip + row * x.region.shape[1]);
        Ok(rows.flat_map(|at| values[at..at + region.shape[1]].to_vec()).collect())
    });
    let x = arange(&[40, 30]);
    let y = &called(&function, &x, [along(0, 2, 1), along(1, 0, 3)], [0, 0], 1)[0];
    for tile in [None, Some(vec![1, 3]), Some(vec![9, 7])] {
        context.force_tile(tile);
        let both = computed(&context, &[x.clone(), y.clone()]).unwrap();
        assert_eq!(both[0], both[1]);
    }
}

#[test]
fn outputs_of_one_call_are_computed_together() {
    let context = context();
    let function = recorded(|_, x, number| Ok(elements(x).iter().map(|v| v + number as f64).collect()));
    let x = arange(&[50, 20]);
    let outputs = called(&function, &x, [along(0, 0, 0), along(1, 0, 0)], [0, 7], 3);
    context.force_tile(Some(vec![5, 20]));
    let values = computed(&context, &outputs).unwrap();
    assert!((0..3).all(|k| (0..1000).all(|at| values[k][at] == (at + k) as f64)));
    assert_eq!(function.calls.lock().unwrap().len(), 10 * 3);
}

#[test]
fn errors_stop_everything_and_leave_nothing() {
    let context = context();
    let function = recorded(|region, x, _| match region.start[0] {
        64.. => Err(Error::Raised(Arc::new(std::io::Error::other("ours")))),
        _ => Ok(elements(x)),
    });
    let y = called(&function, &arange(&[1000, 1000]), [along(0, 0, 0), along(1, 0, 0)], [64, 1000], 1);
    let Err(Error::Raised(raised)) = computed(&context, &y) else { panic!("no error") };
    assert_eq!(raised.to_string(), "ours");
    assert_eq!(context.memory().reserved, 0);
}

#[test]
fn evaluations_inside_a_function() {
    let context = Arc::new(context());
    let inside = context.clone();
    let function = recorded(move |_, x, _| {
        let total = &computed(&inside, &[arange(&[300, 1000])])?[0];
        Ok(elements(x).iter().zip(total).map(|(v, w)| v + w).collect())
    });
    let y = called(&function, &arange(&[400, 500]), [along(0, 0, 0), along(1, 0, 0)], [20, 500], 1);
    let values = computed(&context, &y).unwrap();
    assert!((0..400 * 500).all(|at| values[0][at] == (at + at % 10_000) as f64));
    // No room beside the evaluation around it: an error, and no waiting.
    context.configure(&Config { memory: Some(7 << 20), ..Config::default() }).unwrap();
    let outcome = computed(&context, &y);
    assert!(matches!(outcome, Err(Error::Budget { .. })) || outcome.is_ok());
    assert_eq!(context.memory().reserved, 0);
}
