//! Functions of the user's: Python callables that the engine calls on its threads, box by box.
//!
//! The arrays that a function is given are its to keep and to change: their memory is the engine's as long as the call
//! lasts, and the user's from then on where Python still refers to it. What a function returns is copied.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::engine::{Argument, Buffer, DType, Function, Layout, Output, Region, pack};
use crate::numpy_source::data;
use crate::{convert, result, session};

/// Results of so many bytes are copied without the GIL.
const LARGE: usize = 256 << 10;

/// A Python callable. It is called with the numbers of the outputs that are wanted, start and shape of their box, the
/// boxes of its arrays and where those start, and returns a list of NumPy arrays.
#[derive(Debug)]
pub(crate) struct UserFunction {
    name: String,
    identity: u64,
    callable: Py<PyAny>,
}

impl UserFunction {
    /// A function unlike any other.
    pub(crate) fn new(name: String, callable: Py<PyAny>) -> UserFunction {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        UserFunction { name, identity: NEXT.fetch_add(1, Ordering::Relaxed), callable }
    }

    fn run(
        &self,
        py: Python<'_>,
        region: &Region,
        arguments: Vec<Argument>,
        results: &mut [Output<'_>],
    ) -> PyResult<()> {
        let mut loans = Vec::with_capacity(arguments.len());
        let called = self.called(py, region, arguments, &mut loans, results);
        // The arrays are gone by now, unless somebody kept them.
        loans.into_iter().for_each(Loan::end);
        called
    }

    fn called(
        &self,
        py: Python<'_>,
        region: &Region,
        arguments: Vec<Argument>,
        loans: &mut Vec<Loan>,
        results: &mut [Output<'_>],
    ) -> PyResult<()> {
        let (arrays, starts) = (PyList::empty(py), PyList::empty(py));
        for Argument { values, dtype, region } in arguments {
            let (loan, array) = Loan::new(py, values, dtype, &region)?;
            loans.push(loan);
            arrays.append(array)?;
            starts.append(PyTuple::new(py, &region.start)?)?;
        }
        let numbers = PyTuple::new(py, results.iter().map(|output| output.number))?;
        let (start, shape) = (PyTuple::new(py, &region.start)?, PyTuple::new(py, &region.shape)?);
        let given = self.callable.bind(py).call1((numbers, start, shape, arrays, starts))?;
        let given = given.extract::<Vec<Bound<'_, PyUntypedArray>>>()?;
        if given.len() != results.len() {
            return Err(PyRuntimeError::new_err("internal error, please report it: a result is missing"));
        }
        given.iter().zip(results).try_for_each(|(array, output)| copy_out(array, region, output))
    }
}

impl Function for UserFunction {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn identity(&self) -> u64 {
        self.identity
    }

    fn call(&self, region: &Region, arguments: Vec<Argument>, results: &mut [Output<'_>]) -> numtile::Result<()> {
        let _running = Running::enter().ok_or(numtile::Error::Cancelled)?;
        let call = |py: Python<'_>| {
            self.run(py, region, arguments, results).map_err(|raised| numtile::Error::Raised(Arc::new(raised)))
        };
        // While Python shuts down there is nobody to call, and nobody who waits for the result.
        Python::try_attach(call).unwrap_or(Err(numtile::Error::Cancelled))
    }
}

/// Functions that run now. Python must not end under them: a thread that it stops there takes the process with it.
struct Running;

#[derive(Clone, Copy, Default)]
struct Count {
    /// The process that counts: a forked child has none of its parent's threads.
    process: u32,
    running: usize,
    is_over: bool,
}

static COUNT: Mutex<Count> = Mutex::new(Count { process: 0, running: 0, is_over: false });
static NONE_LEFT: Condvar = Condvar::new();
/// How long Python waits at its end for functions that run.
const PATIENCE: Duration = Duration::from_secs(10);

fn count() -> MutexGuard<'static, Count> {
    let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if count.process != process {
        *count = Count { process, ..Count::default() };
    }
    count
}

impl Running {
    /// Counts a function that starts; `None` when Python ends.
    fn enter() -> Option<Running> {
        let mut count = count();
        (!count.is_over).then(|| {
            count.running += 1;
            Running
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut count = count();
        count.running = count.running.saturating_sub(1);
        if count.running == 0 {
            NONE_LEFT.notify_all();
        }
    }
}

/// Stops evaluations and waits for the functions that they call: for the end of Python.
#[pyfunction]
pub(crate) fn end_functions(py: Python<'_>) {
    session::cancel();
    py.detach(|| {
        let mut count = count();
        count.is_over = true;
        // Whether they ended or not, there is nothing more to be done about it.
        drop(NONE_LEFT.wait_timeout_while(count, PATIENCE, |count| count.running > 0));
    });
}

/// Memory of the engine that an array shows.
struct Loan(Arc<Mutex<Buffer>>);

/// The owner of an array that a function was given.
#[pyclass(frozen, module = "numtile._engine")]
struct Lent {
    /// Keeps the memory alive.
    _buffer: Arc<Mutex<Buffer>>,
}

impl Loan {
    /// A box as a NumPy array.
    fn new<'py>(
        py: Python<'py>,
        buffer: Buffer,
        dtype: DType,
        region: &Region,
    ) -> PyResult<(Loan, Bound<'py, PyUntypedArray>)> {
        let layout = Layout::c_order(0, &region.shape, dtype.size());
        if layout.count() * dtype.size() > buffer.len() {
            return Err(PyRuntimeError::new_err("internal error, please report it: an argument exceeds its buffer"));
        }
        let start = buffer.as_ptr();
        let buffer = Arc::new(Mutex::new(buffer));
        let owner = Bound::new(py, Lent { _buffer: buffer.clone() })?.into_any();
        // SAFETY: the box lies inside the buffer, as just checked; the owner keeps it alive, and the engine lets go of it.
        let array = unsafe { result::over(owner, start, dtype, &layout)? };
        Ok((Loan(buffer), array))
    }

    /// Takes the memory back, or leaves it to those who still show it.
    fn end(self) {
        if Arc::strong_count(&self.0) > 1 {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).deliver();
        }
    }
}

/// Copies a result to where it belongs.
fn copy_out(array: &Bound<'_, PyUntypedArray>, region: &Region, output: &mut Output<'_>) -> PyResult<()> {
    let (dtype, swapped) = convert::element_type(&array.dtype())?;
    let item = dtype.size();
    let fits = array.shape() == region.shape.as_slice() && output.values.len() == region.count() * item;
    if dtype != output.dtype || swapped || !fits {
        return Err(PyRuntimeError::new_err("internal error, please report it: a result does not fit its box"));
    }
    let strides: Vec<i64> = array.strides().iter().map(|&stride| stride as i64).collect();
    let (from, to) = (data(array) as usize, &mut *output.values);
    let mut copy = move || {
        // SAFETY: NumPy promises that shape and strides of an array stay inside memory that it keeps alive, and `array`
        // is referred to until the copy is done; there is room for all its elements, in memory that no array shows.
        unsafe { pack(to.as_mut_ptr(), from as *const u8, item, None, &region.shape, &strides) }
    };
    if region.count() * item >= LARGE {
        array.py().detach(copy)
    } else {
        copy()
    }
    Ok(())
}
