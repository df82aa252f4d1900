//! Expressions with holes: many runs that differ in numbers only are one form and the numbers of each.

use std::collections::HashMap;

use workbench_indicators::{Field, Input, Node};
use workbench_market::{Error, Result};

/// A number that is the same for all runs, or that of a slot.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Fixed(f64),
    Slot(usize),
}

/// What an indicator reads.
#[derive(Clone, Debug)]
pub enum Part {
    Field(Field),
    Number(Number),
    Form(Form),
}

/// An indicator some of whose numbers stand in slots.
#[derive(Clone, Debug)]
pub struct Form {
    pub name: String,
    pub params: Vec<Number>,
    pub inputs: Vec<Part>,
    /// The number of the length of its bars.
    pub frame: Option<usize>,
}

/// The numbers of one slot: those there are, and which of them each run has.
#[derive(Clone, Debug)]
pub struct Slot {
    pub values: Vec<f64>,
    pub codes: Vec<u32>,
}

/// Every slot of a sweep.
#[derive(Clone, Debug)]
pub struct Slots {
    list: Vec<Slot>,
    runs: usize,
}

impl Slots {
    pub fn new(list: Vec<Slot>, runs: usize) -> Result<Self> {
        let fits = |slot: &Slot| {
            slot.codes.len() == runs && slot.codes.iter().all(|&code| (code as usize) < slot.values.len())
        };
        if list.iter().all(fits) {
            return Ok(Self { list, runs });
        }
        Err(Error::Parameter(format!("every slot of a sweep needs one of its numbers for each of {runs} runs")))
    }

    pub const fn runs(&self) -> usize {
        self.runs
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn number(&self, number: Number, run: usize) -> f64 {
        match number {
            Number::Fixed(value) => value,
            Number::Slot(slot) => {
                let slot = &self.list[slot];
                slot.values[slot.codes[run] as usize]
            }
        }
    }

    /// Numbers the runs by what stands in these slots: the number of each, and the first run that has it.
    pub fn distinct(&self, slots: &[usize]) -> (Vec<u32>, Vec<usize>) {
        let [first, others @ ..] = slots else { return (vec![0; self.runs], vec![0]) };
        let mut found = self.distinct_of(&self.list[*first]);
        for &slot in others {
            found = joined(&found.0, &self.list[slot].codes);
        }
        found
    }

    fn distinct_of(&self, slot: &Slot) -> (Vec<u32>, Vec<usize>) {
        let (mut known, mut firsts) = (vec![u32::MAX; slot.values.len()], Vec::new());
        let numbers = slot.codes.iter().enumerate().map(|(run, &code)| {
            let number = &mut known[code as usize];
            if *number == u32::MAX {
                *number = firsts.len() as u32;
                firsts.push(run);
            }
            *number
        });
        (numbers.collect(), firsts)
    }
}

/// Numbers the runs by two numbers that they have.
fn joined(some: &[u32], others: &[u32]) -> (Vec<u32>, Vec<usize>) {
    let (mut known, mut firsts) = (HashMap::with_capacity(some.len()), Vec::new());
    let numbers = some.iter().zip(others).enumerate().map(|(run, (&one, &other))| {
        *known.entry(u64::from(one) << 32 | u64::from(other)).or_insert_with(|| {
            firsts.push(run);
            (firsts.len() - 1) as u32
        })
    });
    (numbers.collect(), firsts)
}

impl Form {
    /// The indicator of one run.
    pub fn node(&self, slots: &Slots, run: usize) -> Node {
        let inputs = self.inputs.iter().map(|part| match part {
            Part::Field(field) => Input::Field(*field),
            Part::Number(number) => Input::Number(slots.number(*number, run)),
            Part::Form(form) => Input::Node(form.node(slots, run)),
        });
        let params = self.params.iter().map(|&number| slots.number(number, run)).collect();
        Node { name: self.name.clone(), params, inputs: inputs.collect(), frame: self.frame }
    }

    /// Whether it, or anything inside, lives on longer bars.
    pub fn has_longer(&self) -> bool {
        let inner = |part: &Part| matches!(part, Part::Form(form) if form.has_longer());
        self.frame.is_some() || self.inputs.iter().any(inner)
    }
}
