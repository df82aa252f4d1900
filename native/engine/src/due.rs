//! Corporate actions that wait: which of them are due before an Open, and in what order they act.
//!
//! Most wait for an Open of their own asset in a session on or after their ex-date. An asset that ends has no such Open,
//! so its end waits for the asset whose units take its place, or for any asset, to open once its ex-session has begun;
//! what was still waiting for an Open of the ended asset acts before its end.

use workbench_market::number::Price;

use crate::ends::End;
use crate::step::Opening;

/// A corporate action of one asset, by the session of its ex-date and the rank of its kind within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    pub session: i32,
    pub rank: u8,
    pub kind: ActionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    Split { numerator: i64, denominator: i64 },
    Dividend { amount: Price, pay_ns: Option<i64> },
    End(End),
}

impl Action {
    const fn end(&self) -> Option<&End> {
        if let ActionKind::End(end) = &self.kind { Some(end) } else { None }
    }
}

/// An action that acts now, with the open price that it settles at, in ticks of the asset that opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub asset: usize,
    pub action: Action,
    pub open: Option<i64>,
}

/// The actions of every asset, and how far each has come.
#[derive(Clone, Debug)]
pub struct Waiting {
    actions: Vec<Vec<Action>>,
    next: Vec<usize>,
    /// Assets whose end has not come yet.
    ending: Vec<(usize, End)>,
}

impl Waiting {
    pub fn new(assets: usize) -> Self {
        Self { actions: vec![Vec::new(); assets], next: vec![0; assets], ending: Vec::new() }
    }

    /// The actions of an asset, in the order in which they act.
    pub fn of(&self, asset: usize) -> &[Action] {
        &self.actions[asset]
    }

    /// Whether no action of any asset is still to come.
    pub fn is_over(&self) -> bool {
        self.ending.is_empty() && self.actions.iter().zip(&self.next).all(|(actions, &next)| next == actions.len())
    }

    /// Sets the actions of an asset; after the first that ends it nothing of it can act.
    pub fn set(&mut self, asset: usize, mut actions: Vec<Action>) {
        actions.sort_by_key(|action| (action.session, action.rank));
        let count = actions.iter().position(|action| action.end().is_some()).map_or(actions.len(), |at| at + 1);
        actions.truncate(count);
        self.ending.extend(actions.last().and_then(Action::end).map(|end| (asset, *end)));
        self.actions[asset] = actions;
    }

    /// The actions that are due before these Opens: day by day, by rank, then by asset.
    pub fn due(
        &mut self,
        time_ns: i64,
        openings: &[Opening],
        session: impl Fn(usize) -> i32,
        is_running: impl Fn(usize) -> bool,
    ) -> Vec<Due> {
        let mut due = Vec::new();
        for opening in openings {
            let until = session(opening.asset);
            let open = Some(opening.open);
            self.take(opening.asset, open, |action| action.session <= until && action.end().is_none(), &mut due);
        }
        if self.ending.iter().any(|(_, end)| end.open_ns <= time_ns) {
            self.take_ends(time_ns, openings, is_running, &mut due);
        }
        due.sort_by_key(|due| (due.action.session, due.action.rank, due.asset));
        due
    }

    fn take(&mut self, asset: usize, open: Option<i64>, which: impl Fn(&Action) -> bool, due: &mut Vec<Due>) {
        let pending = &self.actions[asset][self.next[asset]..];
        let count = pending.iter().take_while(|action| which(action)).count();
        due.extend(pending[..count].iter().map(|&action| Due { asset, action, open }));
        self.next[asset] += count;
    }

    fn take_ends(
        &mut self,
        time_ns: i64,
        openings: &[Opening],
        is_running: impl Fn(usize) -> bool,
        due: &mut Vec<Due>,
    ) {
        let all = std::mem::take(&mut self.ending);
        for (asset, end) in all {
            if end.open_ns > time_ns || is_running(asset) {
                self.ending.push((asset, end));
                continue;
            }
            let open = end.into.map(|into| openings.iter().find(|o| o.asset == into.asset).map(|o| o.open));
            if open == Some(None) {
                self.ending.push((asset, end));
                continue;
            }
            self.take(asset, None, |action| action.end().is_none(), due);
            self.take(asset, open.flatten(), |action| action.end().is_some(), due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ends::{EndKind, Successor};

    const fn action(session: i32, rank: u8, kind: ActionKind) -> Action {
        Action { session, rank, kind }
    }

    const SPLIT: ActionKind = ActionKind::Split { numerator: 2, denominator: 1 };

    fn end(open_ns: i64, other: Option<usize>) -> ActionKind {
        let into = other.map(|asset| Successor { asset, numerator: 1, denominator: 1 });
        ActionKind::End(End { kind: EndKind::Merger, open_ns, into, amount: None, pay_ns: None })
    }

    /// Asset and session of what is due before Opens of these assets in this session.
    fn due(waiting: &mut Waiting, session: i32, assets: &[usize], running: Option<usize>) -> Vec<(usize, i32)> {
        let openings: Vec<Opening> = assets.iter().map(|&asset| Opening { asset, open: 7, volume: None }).collect();
        let due = waiting.due(i64::from(session), &openings, |_| session, |asset| running == Some(asset));
        due.iter().map(|due| (due.asset, due.action.session)).collect()
    }

    #[test]
    fn an_end_waits_for_the_asset_that_takes_its_place() {
        let mut waiting = Waiting::new(3);
        waiting.set(0, vec![action(4, 1, SPLIT), action(5, 5, end(5, Some(2))), action(6, 1, SPLIT)]);
        assert_eq!(due(&mut waiting, 4, &[1, 2], None), [], "not before its day, and a split waits for its own asset");
        assert_eq!(due(&mut waiting, 5, &[1], None), [], "not while the other is closed");
        assert_eq!(due(&mut waiting, 6, &[2], Some(0)), [], "not while a bar of it runs");
        assert_eq!(due(&mut waiting, 7, &[1, 2], None), [(0, 4), (0, 5)], "nothing acts after the end");
        assert_eq!(due(&mut waiting, 8, &[0, 1, 2], None), []);
    }

    #[test]
    fn actions_of_one_open_act_day_by_day_then_by_rank() {
        let mut waiting = Waiting::new(3);
        waiting.set(0, vec![action(5, 4, SPLIT), action(5, 1, SPLIT)]);
        waiting.set(1, vec![action(4, 6, end(4, None))]);
        waiting.set(2, vec![action(5, 1, SPLIT), action(9, 1, SPLIT)]);
        assert_eq!(due(&mut waiting, 5, &[0, 2], None), [(1, 4), (0, 5), (2, 5), (0, 5)]);
        assert_eq!(due(&mut waiting, 9, &[0, 2], None), [(2, 9)]);
    }
}
