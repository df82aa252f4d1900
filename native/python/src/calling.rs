//! How strategies are called in a slice: each hook in its turn, and of several strategies each with its own book.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use workbench_engine::event::{self, Event, Record};

use crate::desk::Desk;
use crate::hooks::{Hook, Hooks, Member};
use crate::simulation::Simulation;
use crate::time::{to_date, to_datetime};
use crate::values::{Fill, Order};

impl Simulation {
    /// Calls a hook of every strategy that has it, each with its own book.
    pub(crate) fn each<'a, T>(
        &'a self,
        py: Python<'_>,
        of: impl Fn(&'a Hooks) -> Option<&'a T>,
        mut call: impl FnMut(&'a T) -> PyResult<()>,
    ) -> PyResult<()>
    where
        T: 'a,
    {
        for member in &self.members {
            if let Some(hook) = of(&member.hooks) {
                self.turn_to(py, member.book)?;
                call(hook)?;
            }
        }
        Ok(())
    }

    pub(crate) fn turn_to(&self, py: Python<'_>, book: Option<usize>) -> PyResult<()> {
        if self.is_of_books() { crate::books::turn_to(py, &self.shared, book) } else { Ok(()) }
    }

    fn is_of_books(&self) -> bool {
        self.members.first().is_some_and(|member| member.book.is_some())
    }

    /// Before the strategies are asked: what they are to have of the account, where that is due anew.
    pub(crate) fn share_out(&self, py: Python<'_>) -> PyResult<()> {
        if !self.is_of_books() {
            return Ok(());
        }
        self.shared.desk_mut(py)?.look_at_streams(self.warms_up);
        let Some(command) = crate::books::allocation(py, &self.shared)? else { return Ok(()) };
        self.driven(py, |Desk { driver, .. }| driver.command(driver.slice.number, command))
    }

    /// Tells of fills and refusals since the last slice.
    pub(crate) fn tell(&self, py: Python<'_>) -> PyResult<()> {
        if self.members.iter().all(|member| member.hooks.on_fill.is_none() && member.hooks.on_reject.is_none()) {
            return Ok(());
        }
        let news: Vec<Record> = {
            let mut desk = self.shared.desk_mut(py)?;
            let news = desk.driver.state.records[desk.told..].to_vec();
            desk.told += news.len();
            news
        };
        for record in news {
            match record.event {
                Event::Filled(_) | Event::Cross { .. } if self.is_of_books() => {
                    for (book, is_at_venue, fill) in crate::books::told(py, &self.shared, record.sequence)? {
                        self.tell_fill(py, &self.members[book], record.time_ns, is_at_venue, fill)?;
                    }
                }
                Event::Filled(fill) => self.tell_fill(py, &self.members[0], record.time_ns, true, fill)?,
                Event::Denied { order, .. } => self.tell_denied(py, order)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn tell_fill(&self, py: Python<'_>, to: &Member, time_ns: i64, venue: bool, fill: event::Fill) -> PyResult<()> {
        let (Some(hook), at) = (&to.hooks.on_fill, fill.asset) else { return Ok(()) };
        self.turn_to(py, to.book)?;
        let told = Fill { asset: self.shared.assets.object(py, at), time_ns, venue, fill };
        hook.call1(py, (&self.context, told)).map_err(|error| self.noted(py, error, "on_fill", Some(at)))?;
        Ok(())
    }

    fn tell_denied(&self, py: Python<'_>, id: u64) -> PyResult<()> {
        let found = self.shared.desk(py)?.driver.state.orders.iter().rev().find(|order| order.id == id).cloned();
        let Some(order) = found else { return Ok(()) };
        let member = &self.members[order.book.unwrap_or(0)];
        let Some(hook) = &member.hooks.on_reject else { return Ok(()) };
        self.turn_to(py, member.book)?;
        let at = order.ask.asset;
        let value = Order { asset: self.shared.assets.object(py, at), order };
        hook.call1(py, (&self.context, value)).map_err(|error| self.noted(py, error, "on_reject", Some(at)))?;
        Ok(())
    }

    pub(crate) fn data(&self, py: Python<'_>) -> PyResult<()> {
        if self.members.iter().all(|member| member.hooks.on_data.is_none()) {
            return Ok(());
        }
        for item in crate::data::due(py, &self.shared)? {
            let call = |hook: &Py<PyAny>| hook.call1(py, (&self.context, &item)).map(|_| ());
            self.each(py, |hooks| hooks.on_data.as_ref(), call)
                .map_err(|error| self.noted(py, error, "on_data", None))?;
        }
        Ok(())
    }

    pub(crate) fn bars(&self, py: Python<'_>) -> PyResult<()> {
        if self.members.iter().all(|member| member.hooks.on_bar.is_none()) {
            return Ok(());
        }
        let count = self.shared.desk(py)?.driver.slice.assets.len();
        for at in 0..count {
            self.each(py, |hooks| hooks.on_bar.as_ref(), |hook| self.bar(py, hook, at))?;
        }
        Ok(())
    }

    /// The bar of an asset of this slice.
    fn bar(&self, py: Python<'_>, hook: &Hook, at: usize) -> PyResult<()> {
        let (asset, bar) = {
            let mut desk = self.shared.desk_mut(py)?;
            let asset = desk.driver.slice.assets[at];
            if !desk.is_ready(asset) {
                return Ok(());
            }
            (asset, self.shared.bar(py, &mut desk, asset)?)
        };
        self.shared.assets.hint(asset);
        hook.call(py, &self.context, &bar).map_err(|error| self.noted(py, error, "on_bar", Some(asset)))?;
        Ok(())
    }

    pub(crate) fn slice(&self, py: Python<'_>) -> PyResult<()> {
        self.each(py, |hooks| hooks.on_slice.as_ref(), |hook| self.slice_of(py, hook))
    }

    fn slice_of(&self, py: Python<'_>, hook: &Py<PyAny>) -> PyResult<()> {
        let bars = PyDict::new(py);
        {
            let mut desk = self.shared.desk_mut(py)?;
            for at in 0..desk.driver.slice.assets.len() {
                let asset = desk.driver.slice.assets[at];
                if desk.is_ready(asset) {
                    let bar = self.shared.bar(py, &mut desk, asset)?;
                    bars.set_item(self.shared.assets.object(py, asset), bar)?;
                }
            }
        }
        if !bars.is_empty() {
            hook.call1(py, (&self.context, bars)).map_err(|error| self.noted(py, error, "on_slice", None))?;
        }
        Ok(())
    }

    pub(crate) fn timers(&self, py: Python<'_>) -> PyResult<()> {
        let count = self.shared.desk(py)?.timers.len();
        for at in 0..count {
            if let Some((call, book)) = self.is_due(py, at)? {
                self.turn_to(py, book)?;
                call.call1(py, (&self.context,)).map_err(|error| self.noted(py, error, "schedule", None))?;
            }
        }
        Ok(())
    }

    /// The function of a timer whose time has come; its later due times are looked up on the way.
    fn is_due(&self, py: Python<'_>, at: usize) -> PyResult<Option<(Py<PyAny>, Option<usize>)>> {
        let (now_ns, open_ns, session) = {
            let slice = &self.shared.desk(py)?.driver.slice;
            (slice.time_ns, slice.open_ns, slice.session)
        };
        let mut desk = self.shared.desk_mut(py)?;
        let timer = &mut desk.timers[at];
        if timer.dues.is_none() {
            let dues = self
                .shared
                .host
                .bind(py)
                .call_method1("dues", (&timer.schedule, to_date(py, session)?, open_ns.div_euclid(1_000)))?;
            timer.dues = Some(dues.try_iter()?.into_any().unbind());
            timer.next_ns = i64::MIN;
        }
        let mut is_due = false;
        while timer.next_ns <= now_ns {
            is_due |= timer.next_ns != i64::MIN;
            timer.next_ns = match &timer.dues {
                Some(dues) => dues.bind(py).call_method0("__next__")?.extract::<i64>()? * 1_000,
                None => i64::MAX,
            };
        }
        Ok(is_due.then(|| (timer.call.clone_ref(py), timer.book)))
    }

    /// The strategy's own exception, with the bar it happened at as a note.
    pub(crate) fn noted(&self, py: Python<'_>, error: PyErr, hook: &str, asset: Option<usize>) -> PyErr {
        let note = || -> PyResult<()> {
            let desk = self.shared.desk(py)?;
            let time = to_datetime(py, desk.driver.slice.time_ns)?;
            let of = asset.map_or_else(String::new, |asset| format!(" of {}", self.shared.instruments[asset].name));
            error
                .value(py)
                .call_method1("add_note", (format!("workbench: in {hook} at the bar{of} that closed {time}"),))?;
            Ok(())
        };
        match note() {
            Ok(()) => error,
            Err(other) => other,
        }
    }
}
