//! Several indicators over the same rows: what they have in common is worked out once.
//!
//! The one idea: parts that are equal are one. A part reads the values of those inside it in the place of fields of the
//! bar, so that what is worked out stays what a single stream of the whole description gives.

use crate::columns::Columns;
use crate::field::Field;
use crate::indicator::Indicator;
use crate::node::{IndicatorError, Input, Node, build};

/// What a part reads in the place of a field.
#[derive(Clone, Copy)]
enum Read {
    Field(Field),
    Part(usize),
}

struct Part {
    node: Node,
    indicator: Box<dyn Indicator>,
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
        let (indicator, reads) = if can_part(node) { self.parted(node)? } else { (build(node)?, Vec::new()) };
        self.parts.push(Part { node: node.clone(), indicator, reads });
        Ok(self.parts.len() - 1)
    }

    /// An indicator that reads what its inputs give, each in the place of a field.
    fn parted(&mut self, node: &Node) -> Result<(Box<dyn Indicator>, Vec<Read>), IndicatorError> {
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
        let bare = Node { name: node.name.clone(), params: node.params.clone(), inputs, frame: None };
        Ok((build(&bare)?, reads))
    }

    /// Feeds rows, and puts what each part says at them into its column.
    pub fn fill(&mut self, rows: Columns<'_>, columns: &mut Vec<Vec<f64>>) {
        columns.resize(self.parts.len(), Vec::new());
        for (at, part) in self.parts.iter_mut().enumerate() {
            let (inner, rest) = columns.split_at_mut(at);
            rest[0].resize(rows.len(), f64::NAN);
            part.indicator.fill(part.read(rows, inner), &mut rest[0]);
        }
    }

    /// Forgets every bar.
    pub fn reset(&mut self) {
        self.parts.iter_mut().for_each(|part| part.indicator.reset());
    }
}

impl Part {
    /// What it reads as columns; a field that it does not read is that of the bar.
    fn read<'a>(&self, rows: Columns<'a>, inner: &'a [Vec<f64>]) -> Columns<'a> {
        let mut read = rows;
        for (place, source) in read.0.iter_mut().zip(&self.reads) {
            *place = match source {
                Read::Field(field) => rows.field(*field),
                Read::Part(part) => &inner[*part],
            };
        }
        read
    }
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
        assert_eq!(shared.parts.len(), 8, "two averages, their gap and five on top of it");
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
