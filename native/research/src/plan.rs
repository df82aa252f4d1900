//! How the rules of many runs are worked out: every part of them once for each set of numbers it depends on.
//!
//! The one idea: parts that are equal are one, and a part that many runs share is a column made before they begin. What
//! remains, mostly two columns and a comparison, is joined for each run in memory that is used again for the next one.

use std::collections::HashMap;
use std::sync::Arc;

use workbench_indicators::{Bits, Columns, Field, Indicator, Input, Node, Operand, build, join, judge};
use workbench_market::{Error, Result};

use crate::form::{Form, Number, Part, Slots};
use crate::layout::{Layout, Segment};
use crate::parallel::each;

/// Bytes of shared columns; what does not fit is worked out by each run.
const SHARED_BYTES: usize = 96 << 20;
/// How many runs must have a part in common for it to be kept.
const SHARERS: usize = 4;

/// What a part reads.
#[derive(Clone, Copy, Debug)]
enum Source {
    Field(Field),
    Number(Number),
    Part(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Arithmetic of two operands.
    Join,
    /// A comparison of two operands.
    Judge,
    And,
    Or,
    Not,
    /// A formula, fed row by row.
    Stream,
}

/// One part of the rules.
#[derive(Debug)]
struct Op {
    name: String,
    kind: Kind,
    params: Vec<Number>,
    sources: Vec<Source>,
    /// Whether a formula reads it, which needs its history in the units of each segment.
    is_deep: bool,
    /// The slots that it depends on.
    slots: Vec<usize>,
    /// Where it is kept, if runs share it: the place of each run.
    shared: Option<Vec<u32>>,
}

/// A value for each row, or a rule.
#[derive(Clone, Debug)]
enum Value {
    Column(Vec<f64>),
    Rule(Bits),
}

/// The rules of a sweep, ready to be asked for one run after the other.
pub struct Plan {
    layout: Layout,
    slots: Arc<Slots>,
    ops: Vec<Op>,
    roots: [Option<usize>; 2],
    /// The parts that each run works out itself, in order.
    own: Vec<usize>,
    shared: Vec<Vec<Value>>,
}

/// What one thread works with: the values of the parts that are its run's own.
pub struct Scratch {
    values: Vec<Value>,
    /// Roots that are columns, such as crossings, as rules.
    roots: [Bits; 2],
}

impl Plan {
    /// A plan for the rules to enter and to leave over these columns, one of so many.
    pub fn new(layout: Layout, rules: [Option<&Form>; 2], slots: &Arc<Slots>, plans: usize) -> Result<Self> {
        let mut parts = Parts { is_split: layout.is_split(), ..Parts::default() };
        let mut roots = [None; 2];
        for (root, form) in roots.iter_mut().zip(rules) {
            *root = form.map(|form| parts.add(form, false)).transpose()?;
        }
        let shared = (0..parts.ops.len()).map(|_| Vec::new()).collect();
        let mut plan = Self { layout, slots: Arc::clone(slots), ops: parts.ops, roots, own: Vec::new(), shared };
        plan.share(SHARED_BYTES / plans);
        plan.own = plan.unshared(&plan.roots.iter().flatten().copied().collect::<Vec<_>>());
        Ok(plan)
    }

    fn rows(&self, op: &Op) -> usize {
        self.layout.rows(op.is_deep)
    }

    pub fn scratch(&self) -> Scratch {
        let value = |op: &Op| match op.kind {
            Kind::Join | Kind::Stream => Value::Column(Vec::new()),
            _ => Value::Rule(Bits::default()),
        };
        Scratch { values: self.ops.iter().map(value).collect(), roots: Default::default() }
    }

    /// The rules to enter and to leave of one run.
    pub fn rules<'s>(&'s self, run: usize, scratch: &'s mut Scratch) -> Result<[Option<&'s Bits>; 2]> {
        for &op in &self.own {
            self.work(op, run, scratch)?;
        }
        let mut roots = std::mem::take(&mut scratch.roots);
        for (rule, root) in roots.iter_mut().zip(self.roots) {
            if let Some(Value::Column(values)) = root.map(|op| self.value(op, run, scratch)) {
                rule.read(values);
            }
        }
        scratch.roots = roots;
        let scratch = &*scratch;
        let rule = |at: usize| match self.value(self.roots[at]?, run, scratch) {
            Value::Rule(bits) => Some(bits),
            Value::Column(_) => Some(&scratch.roots[at]),
        };
        Ok([rule(0), rule(1)])
    }

    /// Makes the columns that runs share, inner ones first.
    fn share(&mut self, mut room: usize) {
        let mut known = HashMap::new();
        for at in 0..self.ops.len() {
            let op = &self.ops[at];
            let (places, firsts) = known.entry(op.slots.clone()).or_insert_with(|| self.slots.distinct(&op.slots));
            let bytes = firsts.len() * self.rows(op) * if is_rule(op.kind) { 1 } else { 8 };
            let is_worth = op.kind == Kind::Stream || firsts.len() * SHARERS <= self.slots.runs();
            if !is_worth || bytes > room {
                continue;
            }
            let before = self.unshared(&inner(op));
            // Numbers that a formula refuses stop the runs that have them, not the others.
            if let Ok(values) = self.made(at, &before, firsts) {
                room -= bytes;
                self.shared[at] = values;
                self.ops[at].shared = Some(places.clone());
            }
        }
    }

    fn made(&self, op: usize, before: &[usize], firsts: &[usize]) -> Result<Vec<Value>> {
        each(
            firsts.len(),
            || self.scratch(),
            |scratch, at| {
                for &inner in before {
                    self.work(inner, firsts[at], scratch)?;
                }
                self.work(op, firsts[at], scratch)?;
                let empty = Value::Column(Vec::new());
                let made = std::mem::replace(&mut scratch.values[op], empty);
                if is_rule(self.ops[op].kind) {
                    scratch.values[op] = Value::Rule(Bits::default());
                }
                Ok(made)
            },
        )
    }

    /// The parts below these, and these themselves, that are not shared; inner ones first.
    fn unshared(&self, of: &[usize]) -> Vec<usize> {
        let mut is_needed = vec![false; self.ops.len()];
        of.iter().for_each(|&op| is_needed[op] = true);
        for at in (0..self.ops.len()).rev() {
            is_needed[at] &= self.ops[at].shared.is_none();
            if is_needed[at] {
                inner(&self.ops[at]).into_iter().for_each(|op| is_needed[op] = true);
            }
        }
        (0..self.ops.len()).filter(|&at| is_needed[at]).collect()
    }

    fn value<'s>(&'s self, op: usize, run: usize, scratch: &'s Scratch) -> &'s Value {
        match &self.ops[op].shared {
            Some(places) => &self.shared[op][places[run] as usize],
            None => &scratch.values[op],
        }
    }

    /// Works out one part of a run from those it reads.
    fn work(&self, at: usize, run: usize, scratch: &mut Scratch) -> Result<()> {
        let op = &self.ops[at];
        let mut value = std::mem::replace(&mut scratch.values[at], Value::Column(Vec::new()));
        match (&mut value, op.kind) {
            (Value::Column(values), Kind::Join) => {
                values.resize(self.rows(op), f64::NAN);
                let [left, right] = self.operands(op, run, scratch)?;
                join(&op.name, left, right, values);
            }
            (Value::Rule(rule), Kind::Judge) => {
                let [left, right] = self.operands(op, run, scratch)?;
                judge(&op.name, left, right, self.rows(op), rule);
            }
            (Value::Column(values), Kind::Stream) => {
                values.clear();
                values.resize(self.rows(op), f64::NAN);
                self.stream(op, run, scratch, values)?;
            }
            (value, kind) => *value = Value::Rule(self.logic(op, kind, run, scratch)?),
        }
        scratch.values[at] = value;
        Ok(())
    }

    fn operands<'s>(&'s self, op: &Op, run: usize, scratch: &'s Scratch) -> Result<[Operand<'s>; 2]> {
        let operand = |source: &Source| {
            Ok(match *source {
                Source::Field(field) => Operand::Column(self.field(field, op.is_deep)),
                Source::Number(number) => Operand::Number(self.slots.number(number, run)),
                Source::Part(part) => match self.value(part, run, scratch) {
                    Value::Column(values) => Operand::Column(values),
                    Value::Rule(_) => return Err(misread(op)),
                },
            })
        };
        let [left, right] = op.sources.as_slice() else { return Err(misread(op)) };
        Ok([operand(left)?, operand(right)?])
    }

    fn field(&self, field: Field, is_deep: bool) -> &[f64] {
        &self.layout.fields(is_deep)[place(field)]
    }

    fn logic(&self, op: &Op, kind: Kind, run: usize, scratch: &Scratch) -> Result<Bits> {
        let bits = |source: &Source| match source {
            Source::Part(part) => match self.value(*part, run, scratch) {
                Value::Rule(bits) => Ok(bits.clone()),
                Value::Column(values) => {
                    let mut bits = Bits::default();
                    bits.read(values);
                    Ok(bits)
                }
            },
            _ => Err(misread(op)),
        };
        let mut result = bits(op.sources.first().ok_or_else(|| misread(op))?)?;
        if kind == Kind::Not {
            result.holds.iter_mut().zip(&result.defined).for_each(|(holds, defined)| *holds = !*holds & defined);
            return Ok(result);
        }
        let other = bits(op.sources.get(1).ok_or_else(|| misread(op))?)?;
        for at in 0..result.holds.len() {
            result.defined[at] &= other.defined[at];
            let holds =
                if kind == Kind::And { result.holds[at] & other.holds[at] } else { result.holds[at] | other.holds[at] };
            result.holds[at] = holds & result.defined[at];
        }
        Ok(result)
    }

    /// Feeds a formula: each part that it reads takes the place of one field of the bar.
    fn stream(&self, op: &Op, run: usize, scratch: &Scratch, values: &mut [f64]) -> Result<()> {
        let rules: Vec<Vec<f64>> = op.sources.iter().map(|source| self.written(source, run, scratch)).collect();
        let mut columns: Vec<&[f64]> = Vec::new();
        let mut inputs = Vec::with_capacity(op.sources.len());
        for (source, rule) in op.sources.iter().zip(&rules) {
            let column = match *source {
                Source::Number(number) => {
                    inputs.push(Input::Number(self.slots.number(number, run)));
                    continue;
                }
                Source::Field(field) => self.field(field, true),
                Source::Part(part) => match self.value(part, run, scratch) {
                    Value::Column(values) => values,
                    Value::Rule(_) => rule,
                },
            };
            let (_, field) = Field::ALL.get(columns.len()).copied().ok_or_else(|| misread(op))?;
            inputs.push(Input::Field(field));
            columns.push(column);
        }
        let params = op.params.iter().map(|&number| self.slots.number(number, run)).collect();
        let node = Node { name: op.name.clone(), params, inputs, frame: None };
        let mut indicator = build(&node).map_err(|error| Error::Parameter(error.to_string()))?;
        let first = columns.first().copied().unwrap_or(self.field(Field::Open, true));
        let all = Columns(std::array::from_fn(|at| columns.get(at).copied().unwrap_or(first)));
        let mut history = Vec::new();
        for segment in &self.layout.segments {
            indicator.reset();
            feed(indicator.as_mut(), all.part(segment.history.clone()), segment, op.is_deep, &mut history, values);
        }
        Ok(())
    }

    /// A rule that a formula reads, as a column; nothing for what is none.
    fn written(&self, source: &Source, run: usize, scratch: &Scratch) -> Vec<f64> {
        let Source::Part(part) = *source else { return Vec::new() };
        let Value::Rule(bits) = self.value(part, run, scratch) else { return Vec::new() };
        let mut values = vec![f64::NAN; self.layout.rows(true)];
        bits.write(&mut values);
        values
    }
}

/// Feeds the history of a segment, and keeps what the formula says of it, or of the rows inside only.
fn feed(
    indicator: &mut dyn Indicator,
    columns: Columns<'_>,
    segment: &Segment,
    is_deep: bool,
    history: &mut Vec<f64>,
    values: &mut [f64],
) {
    if is_deep || segment.rows.start == 0 {
        let place = if is_deep { &segment.history } else { &segment.rows };
        indicator.fill(columns, &mut values[place.clone()]);
        return;
    }
    history.resize(columns.len(), f64::NAN);
    indicator.fill(columns, history);
    values[segment.rows.clone()].copy_from_slice(&history[segment.rows.clone()]);
}

fn place(field: Field) -> usize {
    Field::ALL.iter().position(|&(_, each)| each == field).unwrap_or_default()
}

const fn is_rule(kind: Kind) -> bool {
    !matches!(kind, Kind::Join | Kind::Stream)
}

fn inner(op: &Op) -> Vec<usize> {
    let part = |source: &Source| if let Source::Part(part) = source { Some(*part) } else { None };
    op.sources.iter().filter_map(part).collect()
}

fn misread(op: &Op) -> Error {
    Error::Parameter(format!("{} cannot read what it was given; make rules with workbench.ta", op.name))
}

/// Parts that are equal become one.
#[derive(Default)]
struct Parts {
    ops: Vec<Op>,
    known: HashMap<String, usize>,
    is_split: bool,
}

impl Parts {
    /// Adds a form; one that a formula reads is deep where there are splits, else there is no difference.
    fn add(&mut self, form: &Form, is_deep: bool) -> Result<usize> {
        let is_read_deep = is_deep || (self.is_split && kind_of(&form.name) == Kind::Stream);
        let mut sources = Vec::with_capacity(form.inputs.len());
        for input in &form.inputs {
            sources.push(match input {
                Part::Field(field) => Source::Field(*field),
                Part::Number(number) => Source::Number(*number),
                Part::Form(inner) => Source::Part(self.add(inner, is_read_deep)?),
            });
        }
        let key = format!("{} {:?} {sources:?} {is_deep}", form.name, form.params);
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        let (name, kind, sources) = kind(&form.name, sources);
        let mut slots: Vec<usize> = form.params.iter().filter_map(slot).collect();
        for source in &sources {
            match source {
                Source::Number(number) => slots.extend(slot(number)),
                Source::Part(part) => slots.extend(&self.ops[*part].slots),
                Source::Field(_) => {}
            }
        }
        slots.sort_unstable();
        slots.dedup();
        self.known.insert(key, self.ops.len());
        self.ops.push(Op { name, kind, params: form.params.clone(), sources, is_deep, slots, shared: None });
        Ok(self.ops.len() - 1)
    }
}

const fn slot(number: &Number) -> Option<usize> {
    if let Number::Slot(slot) = number { Some(*slot) } else { None }
}

/// How an indicator of this name is worked out; a minus sign is a difference to zero.
fn kind(name: &str, mut sources: Vec<Source>) -> (String, Kind, Vec<Source>) {
    if name == "neg" {
        sources.insert(0, Source::Number(Number::Fixed(0.0)));
        return ("sub".into(), Kind::Join, sources);
    }
    (name.into(), kind_of(name), sources)
}

fn kind_of(name: &str) -> Kind {
    match name {
        "add" | "sub" | "mul" | "div" | "neg" => Kind::Join,
        "lt" | "le" | "gt" | "ge" => Kind::Judge,
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        _ => Kind::Stream,
    }
}
