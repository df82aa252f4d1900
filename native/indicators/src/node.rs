//! Descriptions of indicators, and how one becomes a running indicator.

use std::fmt;

use crate::catalog;
use crate::cross::{Cross, Direction};
use crate::field::Field;
use crate::foreign::Outside;
use crate::indicator::Indicator;
use crate::longer::Longer;
use crate::on::On;
use crate::pair::{Pair, is_join};
use crate::same::Same;
use crate::several::Several;
use crate::source::Source;
use crate::window::WINDOW_MAX;

/// How deep descriptions may nest, so that building one cannot exhaust the stack.
const DEPTH_MAX: usize = 100;

/// One indicator: its name, its numbers, what it reads, and the longer bars it lives on.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub name: String,
    pub params: Vec<f64>,
    pub inputs: Vec<Input>,
    /// The number of the length of these bars; without one it takes the bars of whatever reads it.
    pub frame: Option<usize>,
}

impl Node {
    /// Whether it, or anything inside, lives on longer bars.
    pub fn has_longer(&self) -> bool {
        self.frame.is_some() || self.inner().any(Node::has_longer)
    }

    /// The other assets that it, or anything inside, reads, each once and in order.
    pub fn assets(&self) -> Vec<usize> {
        let own =
            self.inputs.iter().filter_map(|input| if let Input::Asset(asset) = input { Some(*asset) } else { None });
        let mut found: Vec<usize> = own.chain(self.inner().flat_map(Node::assets)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The same for the bars of an asset, of which what stands outside of this crate is told.
    pub fn of(&self, asset: usize) -> Node {
        let read = self.inputs.iter().find_map(|each| if let Input::Asset(asset) = each { Some(*asset) } else { None });
        let asset = read.unwrap_or(asset);
        let told = |input: &Input| match input {
            Input::Node(node) => Input::Node(node.of(asset)),
            Input::Foreign(outside) => Input::Foreign(Outside(outside.0.of(asset))),
            other => other.clone(),
        };
        let inputs = self.inputs.iter().map(told).collect();
        Node { name: self.name.clone(), params: self.params.clone(), inputs, frame: self.frame }
    }

    /// Everything inside that stands outside of this crate.
    pub fn foreign(&self) -> Vec<Outside> {
        let own =
            self.inputs.iter().filter_map(|each| if let Input::Foreign(of) = each { Some(of.clone()) } else { None });
        own.chain(self.inner().flat_map(Node::foreign)).collect()
    }

    fn inner(&self) -> impl Iterator<Item = &Node> {
        self.inputs.iter().filter_map(|input| if let Input::Node(node) = input { Some(node) } else { None })
    }
}

/// What an indicator reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Field(Field),
    Number(f64),
    Node(Node),
    /// Whose bars the indicator beside it reads, in "on" alone.
    Asset(usize),
    /// The formula of "foreign".
    Foreign(Outside),
}

/// Why a description cannot be built.
#[derive(Clone, Debug, PartialEq)]
pub enum IndicatorError {
    UnknownName(String),
    ParamCount { name: String, given: usize, wanted: usize },
    InputCount { name: String, given: usize, wanted: usize },
    Window { name: String, given: f64, least: usize },
    Number { name: String, given: f64, wanted: &'static str },
    Input { name: String },
    Foreign(String),
    Depth,
}

impl fmt::Display for IndicatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName(name) => write!(f, "there is no indicator '{name}'; make one with workbench.ta"),
            Self::ParamCount { name, given, wanted } => write!(f, "{name} takes {wanted} numbers, got {given}"),
            Self::InputCount { name, given, wanted } => write!(f, "{name} reads {wanted} inputs, got {given}"),
            Self::Window { name, given, least } => {
                write!(f, "{name} needs a whole number of bars from {least} to {WINDOW_MAX}, got {given}")
            }
            Self::Number { name, given, wanted } => write!(f, "{name} needs {wanted}, got {given}"),
            Self::Input { name } => write!(f, "{name} cannot read what it is given"),
            Self::Foreign(reason) => f.write_str(reason),
            Self::Depth => write!(f, "indicators nest at most {DEPTH_MAX} deep; split the expression into two watches"),
        }
    }
}

impl std::error::Error for IndicatorError {}

/// A running indicator for one asset.
pub fn build(node: &Node) -> Result<Box<dyn Indicator>, IndicatorError> {
    build_at(node, 1)
}

/// A running formula with several outputs, named as itself and not as one of them, and their names.
///
/// Its sources take the bars of the run; one that lives on longer bars is built output by output.
pub fn build_several(node: &Node) -> Result<(Box<dyn Several>, &'static [&'static str]), IndicatorError> {
    catalog::several(node, &node.name, 1).ok_or_else(|| IndicatorError::UnknownName(node.name.clone()))?
}

fn build_at(node: &Node, depth: usize) -> Result<Box<dyn Indicator>, IndicatorError> {
    if depth > DEPTH_MAX {
        return Err(IndicatorError::Depth);
    }
    let built: Box<dyn Indicator> = match node.name.as_str() {
        "field" => Box::new(Same::new(bare(node, depth)?)),
        "neg" => joined(Source::Number(0.0), bare(node, depth)?, "sub")?,
        "not" => joined(Source::Number(1.0), bare(node, depth)?, "sub")?,
        "on" => Box::new(on(node, depth)?),
        "foreign" => foreign(node)?,
        "crosses_above" => Box::new(Cross::new(Direction::Above, plain(node, depth)?)),
        "crosses_below" => Box::new(Cross::new(Direction::Below, plain(node, depth)?)),
        name if is_join(name) => {
            let [left, right] = plain(node, depth)?;
            joined(left, right, name)?
        }
        name => catalog::build(node, depth).ok_or_else(|| IndicatorError::UnknownName(name.into()))??,
    };
    Ok(match node.frame {
        Some(frame) => Box::new(Longer::new(frame, built)),
        None => built,
    })
}

fn joined(left: Source, right: Source, name: &str) -> Result<Box<dyn Indicator>, IndicatorError> {
    match Pair::new(left, right, name) {
        Some(pair) => Ok(Box::new(pair)),
        None => Err(IndicatorError::UnknownName(name.into())),
    }
}

fn on(node: &Node, depth: usize) -> Result<On, IndicatorError> {
    numbers::<0>(node)?;
    let [Input::Asset(asset), read] = node.inputs.as_slice() else {
        return Err(IndicatorError::Input { name: node.name.clone() });
    };
    let is_deep = matches!(read, Input::Node(read) if read.has_longer() || !read.assets().is_empty());
    Ok(On::new(*asset, Box::new(Same::new(source(node, read, depth)?)), is_deep))
}

fn foreign(node: &Node) -> Result<Box<dyn Indicator>, IndicatorError> {
    match node.inputs.as_slice() {
        [Input::Foreign(outside)] => outside.0.make().map_err(IndicatorError::Foreign),
        _ => Err(IndicatorError::Input { name: node.name.clone() }),
    }
}

fn bare(node: &Node, depth: usize) -> Result<Source, IndicatorError> {
    plain(node, depth).map(|[source]| source)
}

/// Inputs of what has no numbers.
fn plain<const N: usize>(node: &Node, depth: usize) -> Result<[Source; N], IndicatorError> {
    numbers::<0>(node)?;
    sources(node, depth)
}

pub(crate) fn numbers<const N: usize>(node: &Node) -> Result<[f64; N], IndicatorError> {
    node.params.as_slice().try_into().map_err(|_| IndicatorError::ParamCount {
        name: node.name.clone(),
        given: node.params.len(),
        wanted: N,
    })
}

pub(crate) fn sources<const N: usize>(node: &Node, depth: usize) -> Result<[Source; N], IndicatorError> {
    let built: Vec<Source> = node.inputs.iter().map(|input| source(node, input, depth)).collect::<Result<_, _>>()?;
    built.try_into().map_err(|built: Vec<Source>| IndicatorError::InputCount {
        name: node.name.clone(),
        given: built.len(),
        wanted: N,
    })
}

fn source(reader: &Node, input: &Input, depth: usize) -> Result<Source, IndicatorError> {
    Ok(match input {
        Input::Field(field) => Source::Field(*field),
        Input::Number(number) => Source::Number(*number),
        Input::Node(node) => Source::Indicator(build_at(node, depth + 1)?),
        Input::Asset(_) | Input::Foreign(_) => return Err(IndicatorError::Input { name: reader.name.clone() }),
    })
}
