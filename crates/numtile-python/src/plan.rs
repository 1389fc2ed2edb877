//! Plans for Python: their text, their picture, and what they say as plain data.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::engine::description::{
    DescribedHeld, DescribedPass, DescribedResult, DescribedSource, Description, Measured, Rehearsed,
};
use crate::engine::picture;

/// A plan in words and numbers.
#[pyclass(frozen, module = "numtile._engine")]
pub(crate) struct PlanDescription {
    plan: Arc<Description>,
}

impl PlanDescription {
    pub(crate) fn new(plan: Arc<Description>) -> PlanDescription {
        PlanDescription { plan }
    }
}

#[pymethods]
impl PlanDescription {
    /// The plan as text.
    fn text(&self) -> String {
        self.plan.to_string()
    }

    /// The plan as a picture: the text of an SVG file.
    fn svg(&self) -> String {
        picture(&self.plan)
    }

    /// What the plan reads, which can be thousands of files: the same of each.
    fn sources<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        dicts(py, &self.plan.sources, source_data)
    }

    /// What the plan says but its sources: numbers, texts and tuples, by name.
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let plan = &self.plan;
        let data = PyDict::new(py);
        data.set_item("budget", plan.budget)?;
        data.set_item("projected_peak", plan.projected_peak)?;
        data.set_item("bytes_read", plan.bytes_read())?;
        data.set_item("bytes_written", plan.bytes_written())?;
        data.set_item("bytes_minimum", plan.bytes_minimum())?;
        data.set_item("scratch_bytes", plan.scratch_bytes)?;
        data.set_item("passes", dicts(py, &plan.passes, pass_data)?)?;
        data.set_item("held", dicts(py, &plan.held, held_data)?)?;
        data.set_item("results", dicts(py, &plan.results, result_data)?)?;
        Ok(data)
    }
}

/// One dictionary per item.
fn dicts<'py, T>(
    py: Python<'py>,
    items: &[T],
    fill: impl Fn(&Bound<'py, PyDict>, &T) -> PyResult<()>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    items
        .iter()
        .map(|item| {
            let dict = PyDict::new(py);
            fill(&dict, item)?;
            Ok(dict)
        })
        .collect()
}

fn tuple<'py>(py: Python<'py>, numbers: &[usize]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, numbers)
}

fn pass_data(data: &Bound<'_, PyDict>, pass: &DescribedPass) -> PyResult<()> {
    let py = data.py();
    data.set_item("shape", tuple(py, &pass.shape)?)?;
    data.set_item("tiles", pass.tiles)?;
    data.set_item("tile", tuple(py, &pass.tile)?)?;
    data.set_item("in_flight", pass.in_flight)?;
    data.set_item("threads", pass.threads)?;
    data.set_item("peak", pass.peak)?;
    data.set_item("bytes_read", pass.bytes_read)?;
    data.set_item("bytes_written", pass.bytes_written)?;
    data.set_item("operators", PyTuple::new(py, &pass.operators)?)?;
    data.set_item("sources", tuple(py, &pass.sources)?)?;
    data.set_item("held", tuple(py, &pass.held)?)?;
    data.set_item("steps", PyTuple::new(py, &pass.steps)?)?;
    data.set_item("measured", pass.measured.as_ref().map(|measured| measured_data(py, measured)).transpose()?)?;
    data.set_item("rehearsed", pass.rehearsed.as_ref().map(|rehearsed| rehearsed_data(py, rehearsed)).transpose()?)
}

fn measured_data<'py>(py: Python<'py>, measured: &Measured) -> PyResult<Bound<'py, PyDict>> {
    let data = PyDict::new(py);
    data.set_item("seconds", measured.seconds)?;
    data.set_item("bytes_read", measured.bytes_read)?;
    data.set_item("bytes_written", measured.bytes_written)?;
    data.set_item("reading", measured.reading)?;
    data.set_item("computing", measured.computing)?;
    data.set_item("writing", measured.writing)?;
    Ok(data)
}

fn rehearsed_data<'py>(py: Python<'py>, rehearsed: &Rehearsed) -> PyResult<Bound<'py, PyDict>> {
    let data = PyDict::new(py);
    data.set_item("tiles", rehearsed.tiles)?;
    data.set_item("peak", rehearsed.peak)?;
    data.set_item("reserved", rehearsed.reserved)?;
    Ok(data)
}

fn source_data(data: &Bound<'_, PyDict>, source: &DescribedSource) -> PyResult<()> {
    data.set_item("name", &source.name)?;
    data.set_item("dtype", source.dtype.to_string())?;
    data.set_item("shape", tuple(data.py(), &source.shape)?)?;
    data.set_item("nbytes", source.bytes)?;
    data.set_item("in_memory", source.in_memory)
}

fn held_data(data: &Bound<'_, PyDict>, held: &DescribedHeld) -> PyResult<()> {
    data.set_item("name", held.name)?;
    data.set_item("dtype", held.dtype.to_string())?;
    data.set_item("shape", tuple(data.py(), &held.shape)?)?;
    data.set_item("nbytes", held.bytes)?;
    data.set_item("in_scratch", held.in_scratch)?;
    data.set_item("made_by", held.made_by)?;
    data.set_item("last_use", held.last_use)
}

fn result_data(data: &Bound<'_, PyDict>, result: &DescribedResult) -> PyResult<()> {
    data.set_item("dtype", result.dtype.to_string())?;
    data.set_item("shape", tuple(data.py(), &result.shape)?)?;
    data.set_item("nbytes", result.bytes)?;
    data.set_item("in_file", result.in_file)?;
    data.set_item("made_by", result.made_by)
}
