//! Formulas with several outputs: all of them in one pass over a column, or one of them as a stream.
//!
//! A [`Fan`] is to several outputs what a [`Kernel`] is to one; [`Pick`] makes a kernel out of one output of it, so that
//! everything made for kernels holds for outputs too. It is registered in `catalog::SEVERAL` with the names of its outputs,
//! and the node of an output is called `macd.line`.

use crate::columns::Columns;
use crate::indicator::Indicator;
use crate::over::{Kernel, Over, is_worth_a_copy};
use crate::pieces::State;
use crate::rows::{are_whole, stretches};
use crate::source::{Source, are_at, fields, states};

/// A formula over N inputs with M outputs, one step per bar.
pub(crate) trait Fan<const N: usize, const M: usize>: Send + Sync + Sized {
    /// Takes the next inputs and gives the outputs at them; NaN is undefined on both sides.
    fn push(&mut self, inputs: [f64; N]) -> [f64; M];

    /// Pushes rows of which every input is defined; a formula that has many faster, to the same digits, says how.
    fn fill(&mut self, inputs: [&[f64]; N], outputs: [&mut [f64]; M]) {
        self.push_each(inputs, outputs);
    }

    /// Pushes row after row.
    #[inline]
    fn push_each(&mut self, inputs: [&[f64]; N], mut outputs: [&mut [f64]; M]) {
        for row in 0..outputs[0].len() {
            let values = self.push(inputs.map(|column| column[row]));
            outputs.iter_mut().zip(values).for_each(|(column, value)| column[row] = value);
        }
    }

    /// Whether all of each output is known to be defined, as a kernel tells it.
    fn are_known(&self, _outputs: [&[f64]; M]) -> [bool; M] {
        [false; M]
    }

    /// A copy as it stands, as a kernel keeps one.
    fn kept(&self) -> Option<Self> {
        None
    }

    /// Whether all outputs to come are those of another one, as a kernel tells it.
    fn goes_on_as(&self, _other: &Self) -> bool {
        false
    }

    /// How many defined inputs come before the one with the first value of each output.
    fn lookbacks(&self) -> [usize; M];

    /// The same formula before its first input.
    fn fresh(&self) -> Self;
}

/// One output of a fan.
pub(crate) struct Pick<const M: usize, F> {
    fan: F,
    output: usize,
}

impl<const N: usize, const M: usize, F: Fan<N, M>> Kernel<N> for Pick<M, F> {
    #[inline]
    fn push(&mut self, inputs: [f64; N]) -> f64 {
        self.fan.push(inputs)[self.output]
    }

    fn kept(&self) -> Option<Pick<M, F>> {
        Some(Pick { fan: self.fan.kept()?, output: self.output })
    }

    fn goes_on_as(&self, other: &Pick<M, F>) -> bool {
        self.fan.goes_on_as(&other.fan)
    }

    fn lookback(&self) -> usize {
        self.fan.lookbacks()[self.output]
    }

    fn fresh(&self) -> Pick<M, F> {
        Pick { fan: self.fan.fresh(), output: self.output }
    }
}

/// A formula with what it reads, of which one output or all can be had.
pub trait Several: Send + Sync {
    /// The output of this number as a stream.
    fn pick(self: Box<Self>, output: usize) -> Box<dyn Indicator>;

    /// Feeds whole columns and puts each output at each row into its values, a number that is not finite where there is
    /// none. True is said of each as of an indicator.
    fn fill(&mut self, columns: Columns<'_>, outputs: Vec<&mut [f64]>) -> Vec<bool>;

    /// As of an indicator.
    fn state(&self) -> Option<State>;

    /// As of an indicator.
    fn is_at(&self, state: &State) -> bool;

    /// As of an indicator, until every output has a value.
    fn warmup(&self) -> usize;

    /// Forgets every bar.
    fn reset(&mut self);
}

pub(crate) struct Fed<const N: usize, const M: usize, F> {
    sources: [Source; N],
    fan: F,
}

impl<const N: usize, const M: usize, F: Fan<N, M>> Fed<N, M, F> {
    pub fn new(sources: [Source; N], fan: F) -> Fed<N, M, F> {
        Fed { sources, fan }
    }
}

impl<const N: usize, const M: usize, F: Fan<N, M> + 'static> Several for Fed<N, M, F> {
    fn pick(self: Box<Self>, output: usize) -> Box<dyn Indicator> {
        let Fed { sources, fan } = *self;
        Box::new(Over::new(sources, Pick { fan, output }))
    }

    fn fill(&mut self, columns: Columns<'_>, outputs: Vec<&mut [f64]>) -> Vec<bool> {
        let Ok(mut outputs) = <[&mut [f64]; M]>::try_from(outputs) else { unreachable!("a column for each output") };
        if is_worth_a_copy(self.fan.lookbacks()[0], columns.len())
            && let Some(inputs) = fields(&self.sources, columns)
            && let Some(kept) = self.fan.kept()
        {
            self.fan.fill(inputs, outputs.each_mut().map(|column| &mut **column));
            if are_whole(&inputs) {
                return self.fan.are_known(outputs.each_ref().map(|column| &**column)).into();
            }
            self.fan = kept;
        }
        let inputs = self.sources.each_mut().map(|source| source.fill(columns));
        for (rows, is_whole) in stretches(&inputs, columns.len()) {
            let parts = inputs.each_ref().map(|column| &column.values[rows.clone()]);
            let outputs = outputs.each_mut().map(|column| &mut column[rows.clone()]);
            if is_whole { self.fan.fill(parts, outputs) } else { self.fan.push_each(parts, outputs) }
        }
        vec![false; M]
    }

    fn state(&self) -> Option<State> {
        Some(Box::new((self.fan.kept()?, states(&self.sources)?)))
    }

    fn is_at(&self, state: &State) -> bool {
        let state = state.downcast_ref::<(F, Vec<State>)>();
        state.is_some_and(|(fan, inner)| self.fan.goes_on_as(fan) && are_at(&self.sources, inner))
    }

    fn warmup(&self) -> usize {
        let lookback = self.fan.lookbacks().into_iter().max().unwrap_or(0);
        self.sources.iter().map(Source::warmup).max().unwrap_or(1) + lookback
    }

    fn reset(&mut self) {
        self.fan = self.fan.fresh();
        self.sources.iter_mut().for_each(Source::reset);
    }
}
