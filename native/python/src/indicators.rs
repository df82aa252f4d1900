//! Descriptions of indicators, from nested Python tuples to [`Node`]s.
//!
//! A description is `(name, params, inputs)`, with `every` behind them where it lives on longer bars; an input is a
//! field's name, a plain number or again a description. That of another asset is `("on", asset, input)`, and that of a class of the user's
//! `("foreign", object, every)`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use workbench_indicators::{Field, Input, Node, Outside};
use workbench_market::Error;

use crate::errors::raise;
use crate::written::Written;

/// Python builds these tuples itself, so depth is limited only to protect the stack from hand-made ones.
const DEPTH_MAX: usize = 100;

/// Numbers what descriptions name, or refuses it.
pub trait Naming {
    /// The number of a length of longer bars.
    fn frame(&mut self, every: &str) -> PyResult<usize>;
    /// The number of an asset.
    fn asset(&mut self, name: &str) -> PyResult<usize>;
    /// The names of the assets, by number.
    fn assets(&self) -> Vec<String>;
}

/// The description in `spec`, as `workbench.indicators.Indicator.node` spells it.
pub fn node(spec: &Bound<'_, PyAny>, names: &mut dyn Naming) -> PyResult<Node> {
    node_at(spec, 1, names)
}

fn node_at(spec: &Bound<'_, PyAny>, depth: usize, names: &mut dyn Naming) -> PyResult<Node> {
    if depth > DEPTH_MAX {
        return refused(format!("indicators nest at most {DEPTH_MAX} deep; split the expression into two watches"));
    }
    if let Ok(("on", asset, read)) = spec.extract::<(&str, &str, Bound<'_, PyAny>)>() {
        let inputs = vec![Input::Asset(names.asset(asset)?), input(&read, depth, names)?];
        return Ok(Node { name: "on".into(), params: Vec::new(), inputs, frame: None });
    }
    if let Ok(("foreign", description, every)) = spec.extract::<(&str, Bound<'_, PyAny>, Option<String>)>() {
        let frame = every.map(|every| names.frame(&every)).transpose()?;
        let outside = Outside(Arc::new(Written::new(description.unbind(), names.assets())));
        return Ok(Node { name: "foreign".into(), params: Vec::new(), inputs: vec![Input::Foreign(outside)], frame });
    }
    let Ok((name, params, inputs, every)) = parts(spec) else {
        return refused(format!("{spec} does not describe an indicator; make one with workbench.ta"));
    };
    let frame = every.map(|every| names.frame(&every)).transpose()?;
    let inputs = inputs.iter().map(|each| input(&each, depth, names)).collect::<PyResult<_>>()?;
    Ok(Node { name, params, inputs, frame })
}

type Parts<'py> = (String, Vec<f64>, Bound<'py, PyTuple>, Option<String>);

fn parts<'py>(spec: &Bound<'py, PyAny>) -> PyResult<Parts<'py>> {
    if spec.len()? == 4 {
        return spec.extract::<Parts<'py>>();
    }
    let (name, params, inputs) = spec.extract::<(String, Vec<f64>, Bound<'py, PyTuple>)>()?;
    Ok((name, params, inputs, None))
}

fn input(spec: &Bound<'_, PyAny>, depth: usize, names: &mut dyn Naming) -> PyResult<Input> {
    if let Ok(number) = spec.extract::<f64>() {
        return if number.is_finite() { Ok(Input::Number(number)) } else { refused(format!("{number} is no input")) };
    }
    let Ok(name) = spec.extract::<String>() else {
        return node_at(spec, depth + 1, names).map(Input::Node);
    };
    let unknown = || format!("a bar has no field '{name}'; there are open, high, low, close, volume");
    Field::parse(&name).map_or_else(|| refused(unknown()), |field| Ok(Input::Field(field)))
}

fn refused<T>(message: String) -> PyResult<T> {
    Err(raise(Error::Parameter(message)))
}
