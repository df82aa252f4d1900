//! Commands: what a strategy asks of the engine, one input each.

use workbench_market::Result;
use workbench_market::number::{Fixed, Money, Price, Quantity, Rounding, mul_div};

use crate::books::moving;
use crate::cost::Pricing;
use crate::event::Event;
use crate::exits::Exits;
use crate::life::Reason;
use crate::order::{Ask, Order, Origin, Side};
use crate::risk::{self, Approved};
use crate::state::State;
use crate::terms::{Kind, Terms};
use crate::worst;

/// A part of equity, at scale 20.
pub type Weight = Fixed<20>;

/// The position that a target wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    Quantity(Quantity),
    Weight(Weight),
    Value(Money),
    AllIn,
}

impl Goal {
    /// The side of orders that lead towards it from nothing.
    pub const fn side(self) -> Side {
        let raw = match self {
            Self::Quantity(quantity) => quantity.raw(),
            Self::Weight(weight) => weight.raw(),
            Self::Value(value) => value.raw(),
            Self::AllIn => 0,
        };
        if raw < 0 { Side::Sell } else { Side::Buy }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Order {
        id: u64,
        ask: Box<Ask>,
    },
    /// What it buys is protected by `exits`.
    Target {
        asset: usize,
        goal: Goal,
        exits: Option<Box<Exits>>,
    },
    Rebalance {
        weights: Vec<(usize, Weight)>,
        band: Weight,
    },
    Flatten {
        asset: usize,
    },
    Cancel {
        order: u64,
    },
    CancelAll {
        asset: usize,
    },
    Protect {
        asset: usize,
        exits: Box<Exits>,
    },
    /// What the strategy of a book asks for.
    Of {
        book: usize,
        command: Box<Command>,
    },
    /// Gives each book its part of the account again.
    Allocate {
        weights: Vec<Weight>,
    },
}

impl Command {
    /// The id that the strategy was given for an order.
    pub fn asked_id(&self) -> Option<u64> {
        match self {
            Self::Order { id, .. } => Some(*id),
            Self::Of { command, .. } => command.asked_id(),
            _ => None,
        }
    }
}

/// Carries out one command; the orders that passed every check are returned for the venue.
pub fn apply(state: &mut State, command: &Command) -> Result<Vec<Approved>> {
    let mut approved = Vec::new();
    match command {
        Command::Order { id, ask } => approved.extend(ask_order(state, Some(*id), Ask::clone(ask))?),
        Command::Target { asset, goal, exits } => approved.extend(target(state, *asset, *goal, exits.as_deref())?),
        Command::Rebalance { weights, band } => rebalance(state, weights, *band, &mut approved)?,
        Command::Flatten { asset } => approved.extend(flatten(state, *asset)?),
        Command::Cancel { order } => cancel(state, *order)?,
        Command::CancelAll { asset } => cancel_working(state, *asset, Reason::Asked, |_| true)?,
        Command::Protect { asset, exits } => protect(state, *asset, exits, &mut approved)?,
        Command::Of { book, command } => return apply_of(state, *book, command),
        Command::Allocate { weights } => moving::allocate(state, weights)?,
    }
    Ok(approved)
}

/// Carries out what the strategy of a book asked for.
fn apply_of(state: &mut State, book: usize, command: &Command) -> Result<Vec<Approved>> {
    let mut look = |current| state.books.as_mut().map(|books| std::mem::replace(&mut books.current, current));
    let before = look(Some(book)).flatten();
    let approved = apply(state, command);
    if let Some(books) = &mut state.books {
        books.current = before;
    }
    approved
}

fn ask_order(state: &mut State, id: Option<u64>, ask: Ask) -> Result<Option<Approved>> {
    let index = put(state, id, ask);
    risk::check(state, index)
}

/// Puts a new order on the list; it arrives at the venue after the latency.
fn put(state: &mut State, id: Option<u64>, ask: Ask) -> usize {
    let id = state.claim_id(id);
    let live_ns = state.now_ns.saturating_add(state.rules.latency.of_order(id));
    let order = Order::new(id, state.next_sequence(), ask, state.now_ns);
    state.orders.push(Order { live_ns, book: state.book_now(), ..order });
    state.orders.len() - 1
}

/// An order that has ended already is left as it is, as a cancel may always come too late; so is a liquidation.
fn cancel(state: &mut State, id: u64) -> Result<()> {
    let is_own = |order: &Order| order.ask.origin != Origin::Liquidation && order.book == state.book_now();
    let index = state.working_index(id).filter(|&index| is_own(&state.orders[index]));
    index.map_or(Ok(()), |index| send_cancel(state, index, Reason::Asked))
}

/// A cancel takes as long as an order to arrive; a second one for the same order changes nothing.
pub fn send_cancel(state: &mut State, index: usize, reason: Reason) -> Result<()> {
    if state.rules.latency.is_none() {
        return state.cancel(index, reason);
    }
    if state.orders[index].cancel_ns.is_none() {
        let latency_ns = state.rules.latency.of_cancel(&state.orders[index]);
        let arrival_ns = state.now_ns.saturating_add(latency_ns);
        state.orders[index].cancel_ns = Some(arrival_ns);
        let number = state.record(Event::Canceling { order: state.orders[index].id, reason });
        state.cancels.insert((arrival_ns, number), (index, reason));
    }
    Ok(())
}

/// Carries out the cancels that have arrived before a moment, or at it when an Open is next, each at its own time.
pub fn arrivals(state: &mut State, until_ns: i64, is_open: bool) -> Result<()> {
    while let Some((&(arrival_ns, number), &(index, reason))) = state.cancels.first_key_value() {
        if arrival_ns > until_ns || (arrival_ns == until_ns && !is_open) {
            break;
        }
        state.cancels.remove(&(arrival_ns, number));
        if !state.orders[index].status.is_final() {
            state.come_to(arrival_ns);
            state.cancel(index, reason)?;
        }
    }
    Ok(())
}

/// What the account itself has asked for is not the strategy's to cancel, nor what works for another book.
fn cancel_working(state: &mut State, asset: usize, reason: Reason, which: impl Fn(&Order) -> bool) -> Result<()> {
    for index in state.working[asset].clone() {
        let order = &state.orders[index];
        if which(order) && order.ask.origin != Origin::Liquidation && order.book == state.book_now() {
            send_cancel(state, index, reason)?;
        }
    }
    Ok(())
}

/// Cancels whatever works, of every asset and every book.
pub fn cancel_everything(state: &mut State, reason: Reason) -> Result<()> {
    for index in state.working.concat() {
        if state.orders[index].ask.origin != Origin::Liquidation {
            send_cancel(state, index, reason)?;
        }
    }
    Ok(())
}

const fn is_of_target(order: &Order) -> bool {
    order.ask.origin.is_target()
}

/// Cancels what an earlier target left working and orders the difference.
fn target(state: &mut State, asset: usize, goal: Goal, exits: Option<&Exits>) -> Result<Option<Approved>> {
    cancel_working(state, asset, Reason::Replaced, is_of_target)?;
    let Some((side, quantity, origin)) = difference(state, asset, goal)? else { return Ok(None) };
    // All cash buys what it can when it fills, whatever is held by then.
    let reduce_only = origin != Origin::AllIn && only_reduces(state, asset, side, quantity);
    let exits = exits.filter(|_| side == goal.side() && !reduce_only).cloned().map(Box::new);
    let terms = Terms { exits, reduce_only, ..Terms::default() };
    let ask = Ask { terms, ..Ask::market(asset, side, quantity, origin) };
    let has_no_size = quantity.is_zero() && origin != Origin::AllIn;
    if is_stale(state, asset) || has_no_size {
        return deny_stale(state, ask);
    }
    ask_order(state, None, ask)
}

/// Whether a target lets go of no more than what is held. On margin it must stay so, whatever fills before it: what
/// closes a position never opens the opposite one. In a cash account no order could.
fn only_reduces(state: &State, asset: usize, side: Side, quantity: Quantity) -> bool {
    let held = state.held(asset, state.book_now());
    state.rules.margin.is_some() && side.reduces(held) && quantity <= held.abs()
}

fn deny_stale(state: &mut State, ask: Ask) -> Result<Option<Approved>> {
    let reason = state.ended[ask.asset].unwrap_or(Reason::Stale);
    let index = put(state, None, ask);
    state.deny(index, reason)?;
    Ok(None)
}

/// Without a bar in this slice, and not inside a longer one.
fn is_stale(state: &State, asset: usize) -> bool {
    state.bars[asset].closed_ns != state.now_ns && !state.bars[asset].is_open
}

/// What to order so that position and working orders add up to the goal; None when they do.
fn difference(state: &State, asset: usize, goal: Goal) -> Result<Option<(Side, Quantity, Origin)>> {
    let wanted = match (goal, state.positions[asset].last) {
        (Goal::AllIn, _) => return all_in(state, asset),
        (Goal::Quantity(quantity), _) => quantity,
        (Goal::Value(value), Some(last)) => steps_worth(state, asset, value, last)?,
        (Goal::Weight(weight), Some(last)) => {
            steps_weighing(state, asset, state.equity_of(state.book_now())?, weight, last)?
        }
        // Nothing can be sized before the first close; the order that says so is denied as stale.
        (Goal::Value(Money::ZERO) | Goal::Weight(Weight::ZERO), None) => Quantity::ZERO,
        (_, None) => return Ok(Some((Side::Buy, Quantity::ZERO, Origin::Target))),
    };
    let wanted = wanted.on_step(state.instruments[asset].quantity_step, Rounding::SIZE)?;
    let mut missing = wanted.minus(state.held(asset, state.book_now()))?.minus(coming(state, asset)?)?;
    if missing.is_zero() {
        return Ok(None);
    }
    // A fee taken out of what was bought leaves a holding off the step: all of it may go, else whole steps only.
    if !wanted.is_zero() {
        missing = missing.on_step(state.instruments[asset].quantity_step, Rounding::SIZE)?;
    }
    let side = if missing.raw() < 0 { Side::Sell } else { Side::Buy };
    let quantity = missing.abs();
    Ok((!missing.is_zero()).then_some((side, quantity, Origin::Target)))
}

/// An all-in order is sized at each fill; until then it shows what cash would buy at the last closes, with what working
/// sells will bring, and where that is nothing there is nothing to do.
fn all_in(state: &State, asset: usize) -> Result<Option<(Side, Quantity, Origin)>> {
    let ask = Ask::market(asset, Side::Buy, Quantity::ZERO, Origin::AllIn);
    let Some(last) = state.positions[asset].last else { return Ok(Some((ask.side, ask.quantity, ask.origin))) };
    let order = Order { book: state.book_now(), ..Order::new(0, 0, ask, state.now_ns) };
    let quantity = risk::affordable_soon(state, &order, &Pricing::ahead(state, &order, last)?)?;
    // On margin cash may be owed, and then the order is denied rather than left out.
    let is_owed = state.rules.margin.is_some() && risk::cash_soon(state, &order)?.raw() <= 0;
    Ok((is_owed || !quantity.is_zero()).then_some((Side::Buy, quantity, Origin::AllIn)))
}

/// The quantity on the step that a part of equity buys at the last close, toward zero.
pub(crate) fn steps_weighing(
    state: &State,
    asset: usize,
    equity: Money,
    weight: Weight,
    last: Price,
) -> Result<Quantity> {
    steps_worth(state, asset, equity.scaled(weight.raw(), Weight::ONE.raw(), Rounding::SIZE)?, last)
}

/// The quantity on the step that a value buys at the last close, toward zero.
fn steps_worth(state: &State, asset: usize, value: Money, last: Price) -> Result<Quantity> {
    let step = state.instruments[asset].quantity_step;
    let one = state.translated(asset, state.instruments[asset].notional(step, last)?)?;
    let count = mul_div(value.raw(), 1, one.raw(), Rounding::SIZE)?;
    Quantity::new(mul_div(count, step.raw(), 1, Rounding::SIZE)?)
}

/// Signed leaves of working orders that will trade or may open: market orders, triggered stops, limits that do not reduce.
/// What only reduces is not counted, unless it is a liquidation, nor what is being canceled.
fn coming(state: &State, asset: usize) -> Result<Quantity> {
    let held = state.held(asset, state.book_now());
    let working = state.working[asset].iter().map(|&index| &state.orders[index]);
    let working = working.filter(|order| order.book == state.book_now());
    let opens = |o: &Order| !o.ask.side.reduces(held) && worst::opens(state, o);
    let may_open = |o: &&Order| o.is_marketable() || (o.active_limit().is_some() && opens(o));
    let is_meant = |o: &&Order| !o.ask.terms.reduce_only || o.ask.origin == Origin::Liquidation;
    let counted = working.filter(|o| o.cancel_ns.is_none()).filter(is_meant).filter(may_open);
    counted.into_iter().try_fold(Quantity::ZERO, |sum, order| sum.plus(order.ask.side.signed(order.leaves())))
}

/// A target for each asset of the group; assets left out go to zero.
fn rebalance(state: &mut State, weights: &[(usize, Weight)], band: Weight, approved: &mut Vec<Approved>) -> Result<()> {
    let mut is_named = vec![false; state.instruments.len()];
    for (asset, _) in weights {
        // A holding that several pairs share is left alone once one of them is named.
        is_named[*asset] = true;
        state.sharing(*asset).into_iter().for_each(|other| is_named[other] = true);
    }
    let left_out = (0..is_named.len()).filter(|&asset| !is_named[asset] && state.holder(asset) == asset);
    let group: Vec<_> = weights.iter().copied().chain(left_out.map(|asset| (asset, Weight::ZERO))).collect();
    for (asset, weight) in group {
        cancel_working(state, asset, Reason::Replaced, is_of_target)?;
        if !within_band(state, asset, weight, band)? {
            approved.extend(target(state, asset, Goal::Weight(weight), None)?);
        }
    }
    Ok(())
}

/// Whether what is held and coming is off by no more than the band; a band of zero leaves nothing alone.
fn within_band(state: &State, asset: usize, weight: Weight, band: Weight) -> Result<bool> {
    let Some(last) = state.positions[asset].last.filter(|_| !band.is_zero()) else { return Ok(false) };
    let equity = state.equity_of(state.book_now())?;
    let wanted = equity.scaled(weight.raw(), Weight::ONE.raw(), Rounding::SIZE)?;
    let allowed = risk::countable(equity.scaled(band.raw(), Weight::ONE.raw(), Rounding::SIZE))?;
    let held = state.held(asset, state.book_now()).plus(coming(state, asset)?)?;
    let held = state.instruments[asset].notional(held, last).and_then(|held| state.translated(asset, held));
    let held = risk::countable(held)?;
    Ok(wanted.minus(held)?.abs() <= allowed)
}

/// Cancels every working order of the asset and closes exactly what is held; on margin no more than that, whatever fills
/// before it.
fn flatten(state: &mut State, asset: usize) -> Result<Option<Approved>> {
    cancel_working(state, asset, Reason::Asked, |_| true)?;
    let held = state.held(asset, state.book_now());
    if held.is_zero() {
        return Ok(None);
    }
    let terms = Terms { reduce_only: state.rules.margin.is_some(), ..Terms::default() };
    let ask = Ask::market(asset, Side::closing(held), held.abs(), Origin::Target);
    ask_order(state, None, Ask { terms, ..ask })
}

/// Puts a stop and targets on what is held, in the place of what protects it already.
fn protect(state: &mut State, asset: usize, exits: &Exits, approved: &mut Vec<Approved>) -> Result<()> {
    cancel_working(state, asset, Reason::Replaced, |order| order.ask.origin.protects())?;
    let origin = Origin::Protect { group: state.last_order_id + 1 };
    let (held, terms) = (state.holding(asset, state.book_now())?, Terms { reduce_only: true, ..Terms::default() });
    let side = Side::closing(held.quantity);
    let ask = |kind, quantity| Ask { asset, side, kind, quantity, origin, terms: terms.clone() };
    if held.quantity.is_zero() {
        let index = put(state, None, ask(Kind::Market, Quantity::ZERO));
        return state.deny(index, Reason::NothingToReduce);
    }
    for (place, kind, quantity) in legs(state, asset, exits)? {
        let index = put(state, None, ask(kind, quantity));
        let (instrument, units) = (&state.instruments[asset], state.instruments[asset].units(held.quantity)?.abs());
        state.orders[index].guard = exits.guard(place, instrument.quoted(held.cost.abs(), units)?, units);
        approved.extend(risk::check(state, index)?);
    }
    Ok(())
}

/// The stop of a holding and its targets, parts of less than a step left out: distances count from what was paid, a trail
/// starts from the last close.
fn legs(state: &State, asset: usize, exits: &Exits) -> Result<Vec<(Option<usize>, Kind, Quantity)>> {
    let (held, instrument) = (state.holding(asset, state.book_now())?, &state.instruments[asset]);
    let (side, step, quantity) = (Side::closing(held.quantity), instrument.price_step, held.quantity.abs());
    let paid = instrument.paid(held.cost.abs(), instrument.units(quantity)?, side.safe())?;
    let stop = exits.stop(side, paid, held.last.unwrap_or(paid), step)?;
    let mut legs: Vec<_> = stop.map(|kind| (None, kind, quantity)).into_iter().collect();
    for (place, target) in exits.targets.iter().enumerate() {
        let size = exits.share(place, quantity, true, instrument.quantity_step)?;
        if !size.is_zero() {
            legs.push((Some(place), Kind::Limit(target.exit.price(side, paid, false, step)?), size));
        }
    }
    Ok(legs)
}
