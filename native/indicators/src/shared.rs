//! Several indicators over the same rows: what they have in common is worked out once.
//!
//! The one idea: parts that are equal are one, and outputs of one formula are worked out by it together. A part reads the
//! values of those inside it in the place of fields of the bar, so that what is worked out stays what a single stream of
//! the whole description gives.

use crate::columns::Columns;
use crate::field::Field;
use crate::indicator::Indicator;
use crate::node::{IndicatorError, Input, Node, build, build_several};
use crate::several::Several;

/// What a part reads in the place of a field.
#[derive(Clone, Copy)]
enum Read {
    Field(Field),
    Part(usize),
}

/// What works out a part.
enum Made {
    One(Box<dyn Indicator>),
    /// All outputs of a formula, of which the part is this one.
    Several {
        several: Box<dyn Several>,
        names: &'static [&'static str],
        outputs: Vec<Vec<f64>>,
        output: usize,
    },
    /// The part is another output of what an earlier part works out.
    Output {
        of: usize,
        output: usize,
    },
}

struct Part {
    node: Node,
    made: Made,
    /// Nothing where it reads the bar itself.
    reads: Vec<Read>,
}

/// The parts of some indicators, inner ones first.
#[derive(Default)]
pub struct Shared {
    parts: Vec<Part>,
}

impl Shared {
    /// Adds an indicator that reads nothing but bars of its own, and gives the number of its part.
    pub fn add(&mut self, node: &Node) -> Result<usize, IndicatorError> {
        if let Some(known) = self.parts.iter().position(|part| part.node == *node) {
            return Ok(known);
        }
        let (bare, reads) = if can_part(node) { self.parted(node)? } else { (node.clone(), Vec::new()) };
        let made = match self.parts.iter().position(|part| are_of_one(&part.node, node)) {
            Some(of) => self.output(of, &bare)?,
            None => Made::One(build(&bare)?),
        };
        self.parts.push(Part { node: node.clone(), made, reads });
        Ok(self.parts.len() - 1)
    }

    /// Another output of what a part works out, which from now on works out all of them.
    fn output(&mut self, of: usize, bare: &Node) -> Result<Made, IndicatorError> {
        let first = &mut self.parts[of];
        let number =
            |names: &[&str], node: &Node| names.iter().position(|name| node.name.ends_with(&format!(".{name}")));
        if let Made::One(_) = first.made {
            let (several, names) = build_several(&Node { name: formula(bare).into(), ..bare.clone() })?;
            let output = number(names, &first.node).expect("it was built as an output");
            first.made = Made::Several { several, names, outputs: vec![Vec::new(); names.len()], output };
        }
        let Made::Several { names, .. } = &first.made else { unreachable!("the first of the outputs works them out") };
        let output = number(names, bare).ok_or_else(|| IndicatorError::UnknownName(bare.name.clone()))?;
        Ok(Made::Output { of, output })
    }

    /// The description that reads what its inputs give, each in the place of a field.
    fn parted(&mut self, node: &Node) -> Result<(Node, Vec<Read>), IndicatorError> {
        let (mut reads, mut inputs) = (Vec::new(), Vec::new());
        for input in &node.inputs {
            let read = match input {
                Input::Field(field) => Read::Field(*field),
                Input::Node(inner) => Read::Part(self.add(inner)?),
                other => {
                    inputs.push(other.clone());
                    continue;
                }
            };
            inputs.push(Input::Field(Field::ALL[reads.len()].1));
            reads.push(read);
        }
        Ok((Node { name: node.name.clone(), params: node.params.clone(), inputs, frame: None }, reads))
    }

    /// Feeds rows, and puts what each part says at them into its column.
    pub fn fill(&mut self, rows: Columns<'_>, columns: &mut Vec<Vec<f64>>) {
        columns.resize(self.parts.len(), Vec::new());
        for at in 0..self.parts.len() {
            let (earlier, [part, ..]) = self.parts.split_at_mut(at) else { unreachable!("there is a part") };
            let (inner, [own, ..]) = columns.split_at_mut(at) else { unreachable!("each part has a column") };
            let read = read(&part.reads, rows, inner);
            match &mut part.made {
                Made::One(indicator) => {
                    own.resize(rows.len(), f64::NAN);
                    indicator.fill(read, own);
                }
                Made::Several { several, outputs, output, .. } => {
                    outputs.iter_mut().for_each(|each| each.resize(rows.len(), f64::NAN));
                    several.fill(read, outputs.iter_mut().map(Vec::as_mut_slice).collect());
                    std::mem::swap(own, &mut outputs[*output]);
                }
                Made::Output { of, output } => {
                    let Made::Several { outputs, .. } = &mut earlier[*of].made else { unreachable!("it has outputs") };
                    std::mem::swap(own, &mut outputs[*output]);
                }
            }
        }
    }

    /// Forgets every bar.
    pub fn reset(&mut self) {
        for part in &mut self.parts {
            match &mut part.made {
                Made::One(indicator) => indicator.reset(),
                Made::Several { several, .. } => several.reset(),
                Made::Output { .. } => {}
            }
        }
    }
}

/// What a part reads as columns; a field that it does not read is that of the bar.
fn read<'a>(reads: &[Read], rows: Columns<'a>, inner: &'a [Vec<f64>]) -> Columns<'a> {
    let mut read = rows;
    for (place, source) in read.0.iter_mut().zip(reads) {
        *place = match source {
            Read::Field(field) => rows.field(*field),
            Read::Part(part) => &inner[*part],
        };
    }
    read
}

/// The formula that has an output: `macd` of `macd.line`.
fn formula(node: &Node) -> &str {
    node.name.split_once('.').map_or("", |(formula, _)| formula)
}

/// Whether two descriptions are outputs of one formula over the same.
fn are_of_one(a: &Node, b: &Node) -> bool {
    let same = (&a.params, &a.inputs, a.frame) == (&b.params, &b.inputs, b.frame);
    same && a.frame.is_none() && !formula(a).is_empty() && formula(a) == formula(b)
}

/// Whether it reads others, and those and all else fit into the fields of a bar.
fn can_part(node: &Node) -> bool {
    let is_plain = |input: &Input| matches!(input, Input::Field(_) | Input::Number(_) | Input::Node(_));
    let has_inner = node.inputs.iter().any(|input| matches!(input, Input::Node(_)));
    let count = node.inputs.iter().filter(|input| !matches!(input, Input::Number(_))).count();
    node.frame.is_none() && has_inner && node.inputs.iter().all(is_plain) && count <= Field::ALL.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, params: &[f64], inputs: Vec<Input>) -> Node {
        Node { name: name.into(), params: params.to_vec(), inputs, frame: None }
    }

    /// Rules over a common gap, a formula over another one, and one over the bar alone.
    fn nodes() -> Vec<Node> {
        let sma = |n: f64| Input::Node(node("sma", &[n], vec![Input::Field(Field::Close)]));
        let gap = || Input::Node(node("sub", &[], vec![sma(2.0), sma(5.0)]));
        vec![
            node("gt", &[], vec![gap(), Input::Number(0.5)]),
            node("lt", &[], vec![gap(), Input::Number(-0.5)]),
            node("sma", &[3.0], vec![gap()]),
            node("gt", &[], vec![Input::Field(Field::High), gap()]),
            node("sma", &[4.0], vec![Input::Field(Field::Open)]),
            node("macd.signal", &[3.0, 6.0, 2.0], vec![gap()]),
            node("bbands.upper", &[5.0, 2.0], vec![Input::Field(Field::Close)]),
            node("macd.line", &[3.0, 6.0, 2.0], vec![gap()]),
            node("bbands.lower", &[5.0, 2.0], vec![Input::Field(Field::Close)]),
            node("bbands.lower", &[5.0, 3.0], vec![Input::Field(Field::Close)]),
            node(
                "gt",
                &[],
                vec![Input::Node(node("macd.histogram", &[3.0, 6.0, 2.0], vec![gap()])), Input::Number(0.0)],
            ),
        ]
    }

    #[test]
    fn each_says_what_it_says_alone() {
        let mut numbers = crate::tests::walk(200);
        numbers[90] = f64::NAN;
        let other: Vec<f64> = numbers.iter().rev().copied().collect();
        let rows = Columns([&numbers, &other, &numbers, &other, &numbers, &other, &numbers]);
        let (mut shared, mut columns) = (Shared::default(), Vec::new());
        let roots: Vec<usize> = nodes().iter().map(|node| shared.add(node).unwrap()).collect();
        assert_eq!(shared.parts.len(), 15, "two averages, their gap, five on top of it, outputs and a rule");
        let formulas = shared.parts.iter().filter(|part| matches!(part.made, Made::Several { .. })).count();
        let outputs = shared.parts.iter().filter(|part| matches!(part.made, Made::Output { .. })).count();
        assert_eq!((formulas, outputs), (2, 3), "macd and bbands once, for five outputs");
        let mut alone: Vec<_> = nodes().iter().map(|node| build(node).unwrap()).collect();
        for part in [0..70, 70..71, 71..200] {
            shared.fill(rows.part(part.clone()), &mut columns);
            for (&root, alone) in roots.iter().zip(&mut alone) {
                let said = columns[root].iter().map(|value| Some(*value).filter(|value| value.is_finite()));
                let wanted: Vec<_> = rows.part(part.clone()).bars().map(|bar| alone.update(&bar)).collect();
                assert_eq!(said.collect::<Vec<_>>(), wanted, "{root}");
            }
        }
        shared.reset();
        shared.fill(rows.part(0..4), &mut columns);
        assert!(columns[roots[0]].iter().all(|value| value.is_nan()), "nothing of the bars before is left");
    }
}
