//! `numtile.Array`: a lazy value with NumPy's behaviour.
//!
//! The class holds an expression; each file of this folder gives it one side of NumPy's `ndarray`.

mod assign;
mod index;
mod look;
mod methods;
mod operators;
mod properties;
mod protocols;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use crate::engine::Expr;
use crate::error::OrRaise;
use crate::recipe::Call;
use crate::session;

pub(crate) use assign::converted;
pub(crate) use look::{compute_all, look_or_scalar};
pub(crate) use operators::apply;

/// A lazy array: what to compute, not the result of it.
///
/// Operators and NumPy's functions build larger expressions and compute nothing. Looking at it does: `np.asarray(x)`,
/// `float(x)`, `print(x)`, `x.compute()`.
#[pyclass(frozen, weakref, module = "numtile", name = "Array")]
pub(crate) struct Array {
    held: Mutex<Held>,
}

/// What an `Array` stands for.
enum Held {
    /// A value.
    Value(Value),
    /// A value that is built when somebody does more with it than look.
    Call(Arc<Call>),
}

/// What an `Array` holds.
#[derive(Clone)]
pub(crate) struct Value {
    /// The expression.
    pub expr: Expr,
    /// True when memory that somebody may still write to is upstream, so that results must not be remembered.
    pub live: bool,
}

impl Value {
    /// The value of another expression of the same origin.
    pub(crate) fn with(&self, expr: Expr) -> Value {
        Value { expr, live: self.live }
    }

    /// The same with a shape of numbers: counts the masks that it selects by where it has symbols.
    pub(crate) fn counted(&self, py: Python<'_>) -> PyResult<Value> {
        if self.expr.is_known() { Ok(self.clone()) } else { self.resolved(py) }
    }

    /// The same with the masks counted that it selects by.
    pub(crate) fn resolved(&self, py: Python<'_>) -> PyResult<Value> {
        let exprs = [self.expr.clone()];
        let mut counted = session::run(py, None, |context, run| context.resolve(&exprs, run))?;
        let expr = counted.pop().ok_or_else(|| numtile::Error::internal("an expression was lost")).or_raise(py)?;
        Ok(self.with(expr))
    }

    /// What `build` makes of the expression; masks are counted first if it needs lengths that are not known.
    pub(crate) fn build(&self, py: Python<'_>, build: impl Fn(&Expr) -> numtile::Result<Expr>) -> PyResult<Array> {
        match build(&self.expr) {
            Err(numtile::Error::Uncounted) => {
                let counted = self.counted(py)?;
                Ok(Array::of(counted.with(build(&counted.expr).or_raise(py)?)))
            }
            built => Ok(Array::of(self.with(built.or_raise(py)?))),
        }
    }
}

/// What `build` makes of several values, as [`Value::build`].
pub(crate) fn build_all(
    py: Python<'_>,
    values: &[Value],
    build: impl Fn(&[Expr]) -> numtile::Result<Expr>,
) -> PyResult<Array> {
    let exprs = |values: &[Value]| values.iter().map(|value| value.expr.clone()).collect::<Vec<Expr>>();
    let built = match build(&exprs(values)) {
        Err(numtile::Error::Uncounted) => {
            let counted = values.iter().map(|value| value.counted(py)).collect::<PyResult<Vec<Value>>>()?;
            build(&exprs(&counted))
        }
        built => built,
    };
    Ok(Array::of(Value { expr: built.or_raise(py)?, live: values.iter().any(|value| value.live) }))
}

impl Array {
    /// A new Python object's worth of a value.
    pub(crate) fn of(value: Value) -> Array {
        Array { held: Mutex::new(Held::Value(value)) }
    }

    /// The value of a recipe with these arrays.
    pub(crate) fn of_call(call: Arc<Call>) -> Array {
        Array { held: Mutex::new(Held::Call(call)) }
    }

    /// The recipe and the arrays of which it is the value, if nobody needed more than that so far.
    pub(crate) fn call(&self) -> Option<Arc<Call>> {
        match &*self.lock() {
            Held::Call(call) => Some(call.clone()),
            Held::Value(_) => None,
        }
    }

    /// What it holds now. Lengths that depend on masks may be symbols.
    pub(crate) fn value(&self) -> Value {
        let mut held = self.lock();
        match &*held {
            Held::Value(value) => value.clone(),
            Held::Call(call) => {
                let value = Python::attach(|py| call.value(py));
                *held = Held::Value(value.clone());
                value
            }
        }
    }

    /// The expression it holds now. Lengths that depend on masks may be symbols.
    pub(crate) fn expr(&self) -> Expr {
        match &*self.lock() {
            Held::Value(value) => return value.expr.clone(),
            Held::Call(_) => {}
        }
        self.value().expr
    }

    /// What it holds now, with a shape of numbers: masks are counted if need be. The object keeps the counts, unless
    /// they may be others next time.
    pub(crate) fn counted(&self, py: Python<'_>) -> PyResult<Value> {
        let before = self.value();
        let counted = before.counted(py)?;
        let is_new = !before.live && !before.expr.is_known();
        // Another thread may have put something else there meanwhile.
        if is_new && self.expr().hash128() == before.expr.hash128() {
            self.replace(counted.clone());
        }
        Ok(counted)
    }

    /// Puts another value in its place: all names of this Python object see it.
    pub(crate) fn replace(&self, value: Value) {
        let previous = std::mem::replace(&mut *self.lock(), Held::Value(value));
        // Dropped outside the lock: it may be a large graph.
        drop(previous);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // A value is replaced whole, so a poisoned lock guards a whole one too.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
