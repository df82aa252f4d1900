//! Descriptions of indicators, from nested Python tuples to [`Node`]s.
//!
//! A description is `(name, params, inputs)`; an input is a field's name or again a description.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use workbench_indicators::{Field, Input, Node};

/// Python builds these tuples itself, so depth is limited only to protect the stack from hand-made ones.
const DEPTH_MAX: usize = 100;

/// The description in `spec`, as `workbench.indicators.Indicator.node` spells it.
pub fn node(spec: &Bound<'_, PyAny>) -> Result<Node, String> {
    node_at(spec, 1)
}

fn node_at(spec: &Bound<'_, PyAny>, depth: usize) -> Result<Node, String> {
    if depth > DEPTH_MAX {
        return Err(format!("indicators nest at most {DEPTH_MAX} deep; split the expression into two watches"));
    }
    let (name, params, inputs) = spec
        .extract::<(String, Vec<f64>, Bound<'_, PyTuple>)>()
        .map_err(|_| format!("{spec} does not describe an indicator; make one with workbench.ta"))?;
    let inputs = inputs.iter().map(|each| input(&each, depth)).collect::<Result<_, _>>()?;
    Ok(Node { name, params, inputs })
}

fn input(spec: &Bound<'_, PyAny>, depth: usize) -> Result<Input, String> {
    match spec.extract::<String>() {
        Ok(name) => Field::parse(&name)
            .map(Input::Field)
            .ok_or_else(|| format!("a bar has no field '{name}'; there are open, high, low, close, volume")),
        Err(_) => node_at(spec, depth + 1).map(Input::Node),
    }
}
