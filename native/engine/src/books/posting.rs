//! What happens to books: fills, crosses, payments, and what becomes of a holding.
//!
//! Each book gets what the account's own rule gives for its part. The last one with a part takes what is left, so that
//! the books always add up to the account.

use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity, Rounding, mul_div};

use super::sharing::{in_proportion, level};
use super::{Books, Deal};
use crate::action;
use crate::ends::{self, End, EndKind, Successor};
use crate::event::{AssetEnd, Fill};
use crate::explain::Cause;
use crate::order::Side;
use crate::state::State;

/// An amount with the number of its book.
type Part = (usize, i128);
type Parts = Vec<Part>;

/// Takes a fill at the venue into the book of its order; that of a liquidation goes to the books that hold what it closes.
pub fn fill(state: &mut State, sequence: u64, owner: Option<usize>, fill: &Fill) -> Result<()> {
    for (book, part) in parts_of_fill(state, owner, fill)? {
        enter(state, Deal { sequence, time_ns: state.now_ns, book, is_at_venue: true, fill: part })?;
    }
    Ok(())
}

fn parts_of_fill(state: &State, owner: Option<usize>, fill: &Fill) -> Result<Vec<(usize, Fill)>> {
    if let Some(book) = owner {
        return Ok(vec![(book, *fill)]);
    }
    let (mut left, mut parts) = (fill.quantity.raw(), Parts::new());
    for book in 0..state.books.as_ref().map_or(0, |books| books.all.len()) {
        let held = state.held(fill.asset, Some(book));
        let part = if fill.side.reduces(held) { held.raw().abs().min(left) } else { 0 };
        left -= part;
        parts.extend((part > 0).then_some((book, part)));
    }
    let instrument = &state.instruments[fill.asset];
    let paid = fill.fee.minus(fill.withheld_value(instrument)?)?; // what was kept in units is no cash of anybody
    let (fees, kept) = (in_proportion(paid.raw(), &parts)?, in_proportion(fill.withheld.raw(), &parts)?);
    let part = |((&(book, quantity), (_, fee)), (_, withheld)): ((&Part, Part), Part)| {
        let quantity = Quantity::from_raw(quantity);
        let value = instrument.value(quantity, fill.price)?;
        let reference = instrument.value(quantity, fill.reference)?;
        let slippage = if fill.side == Side::Buy { value.minus(reference)? } else { reference.minus(value)? };
        let withheld = Quantity::from_raw(withheld);
        let fee = Money::from_raw(fee).plus(instrument.value(withheld, fill.price)?)?;
        Ok((book, Fill { quantity, value, fee, withheld, slippage, ..*fill }))
    };
    parts.iter().zip(fees).zip(kept).map(part).collect()
}

/// Cash and units of a fill, and what it means for profit.
pub fn enter(state: &mut State, deal: Deal) -> Result<()> {
    let (fill, instrument) = (deal.fill, &state.instruments[deal.fill.asset]);
    let (at_reference, kept) = (instrument.value(fill.quantity, fill.reference)?, fill.withheld_value(instrument)?);
    let (proceeds, moved, paid) = match fill.side {
        Side::Buy => (kept.minus(at_reference)?, fill.moved()?, fill.value.minus(kept)?),
        Side::Sell => (at_reference, fill.quantity.negative(), fill.value.negative()),
    };
    let Some(books) = &mut state.books else { return Ok(()) };
    let book = &mut books.all[deal.book];
    book.pay_in(Cause::Price, proceeds)?;
    book.pay_in(Cause::Slippage, fill.slippage.negative())?;
    book.pay_in(Cause::Fees, fill.fee.negative())?;
    book.take(fill.asset, moved, paid)?;
    books.deals.push(deal);
    Ok(())
}

impl Books {
    /// What each book that holds an asset gets by a rule of its own quantity; the last one takes what is left of the whole.
    fn by_holding(&self, asset: usize, whole: i128, own: impl Fn(Quantity) -> Result<i128>) -> Result<Parts> {
        let held = self.all.iter().map(|book| book.held[asset].quantity).enumerate();
        let part = |(book, quantity)| own(quantity).map(|part| (book, part));
        let mut parts = held.filter(|(_, held)| !held.is_zero()).map(part).collect::<Result<Parts>>()?;
        level(whole, &mut parts);
        Ok(parts)
    }

    /// Pays parts now, or later.
    fn pay(&mut self, cause: Cause, parts: &Parts, pay_ns: Option<i64>) -> Result<()> {
        for &(book, amount) in parts {
            let (book, amount) = (&mut self.all[book], Money::from_raw(amount));
            match pay_ns {
                None => book.memo = book.memo.plus(amount)?,
                Some(_) => book.due = book.due.plus(amount)?,
            }
            book.add(cause, amount)?;
        }
        if let Some(pay_ns) = pay_ns {
            self.due_count += 1;
            let due = parts.iter().map(|&(book, amount)| (book, Money::from_raw(amount)));
            self.dues.insert((pay_ns, self.due_count), due.collect());
        }
        Ok(())
    }
}

/// Pays whatever is due to books before a time, or at it when an Open is next.
pub fn payments(state: &mut State, until_ns: i64, is_open: bool) -> Result<()> {
    let Some(books) = &mut state.books else { return Ok(()) };
    while let Some((&(pay_ns, _), _)) = books.dues.first_key_value() {
        if pay_ns > until_ns || (pay_ns == until_ns && !is_open) {
            break;
        }
        for (book, amount) in books.dues.pop_first().map_or_else(Vec::new, |(_, parts)| parts) {
            let book = &mut books.all[book];
            (book.due, book.memo) = (book.due.minus(amount)?, book.memo.plus(amount)?);
        }
    }
    Ok(())
}

/// A dividend for each unit held.
pub fn dividend(state: &mut State, asset: usize, amount: Price, total: Money, pay_ns: Option<i64>) -> Result<()> {
    let Some(books) = &mut state.books else { return Ok(()) };
    let parts = books.by_holding(asset, total.raw(), |held| Ok(amount.times(held)?.raw()))?;
    books.pay(Cause::Dividends, &parts, pay_ns)
}

/// Funding, by the rule that tells what a quantity gets.
pub fn funding(state: &mut State, asset: usize, total: Money, own: impl Fn(Quantity) -> Result<Money>) -> Result<()> {
    let Some(books) = &mut state.books else { return Ok(()) };
    let parts = books.by_holding(asset, total.raw(), |held| Ok(own(held)?.raw()))?;
    books.pay(Cause::Funding, &parts, None)
}

/// What is paid for borrowed units, or on cash without an asset: by what each book is short of, or has of that sign.
pub fn lending(state: &mut State, asset: Option<usize>, amount: Money, is_owed: bool) -> Result<()> {
    let Some(books) = &mut state.books else { return Ok(()) };
    let size = |book: &super::Book| asset.map_or(book.memo.raw(), |asset| book.held[asset].quantity.raw());
    let sizes = books.all.iter().map(size).enumerate().filter(|(_, size)| *size != 0 && (*size < 0) == is_owed);
    let mut weights: Parts = sizes.map(|(book, size)| (book, size.abs())).collect();
    if weights.is_empty() {
        weights.push((books.all.len() - 1, 1));
    }
    let parts = in_proportion(amount.raw(), &weights)?;
    books.pay(if asset.is_some() { Cause::Borrow } else { Cause::Interest }, &parts, None)
}

/// What becomes of the holdings of an asset by a ratio: whole steps each, and for fractions cash at a price. The account
/// ends with `after` units and `cash`; the part `gone` of every cost has left with other cash before.
struct Ratio {
    numerator: i64,
    denominator: i64,
    price: Price,
    after: Quantity,
    cash: Money,
    gone: (i128, i128),
}

/// What a book has then: units, what was paid for them, and cash for the fraction.
struct Kept {
    book: usize,
    after: Quantity,
    cost: Money,
    lieu: i128,
}

/// The units of each book afterwards, with their cost, and its cash for the fraction.
fn converted(state: &State, asset: usize, into: usize, ratio: &Ratio) -> Result<Vec<Kept>> {
    let Some(books) = &state.books else { return Ok(Vec::new()) };
    let (step, instrument) = (state.instruments[into].quantity_step, &state.instruments[into]);
    let whole = |held| Ok(action::whole_steps(held, ratio.numerator, ratio.denominator, step)?.raw());
    let (mut kept, mut cash) = (Vec::new(), Parts::new());
    for (book, after) in books.by_holding(asset, ratio.after.raw(), whole)? {
        let held = &books.all[book].held[asset];
        let wide = held.quantity.scaled(i128::from(ratio.numerator), 1, Rounding::SIZE)?.raw();
        let lost = wide - after * i128::from(ratio.denominator);
        let paid = instrument.units(Quantity::from_raw(lost))?.raw();
        let amount = mul_div(paid, ratio.price.raw(), i128::from(ratio.denominator), Rounding::CASH_IN_LIEU)?;
        let cost = held.cost.minus(held.cost.scaled(ratio.gone.0, ratio.gone.1, Rounding::COST_SHARE)?)?;
        let cost = cost_after(cost, wide, lost, Money::from_raw(amount))?;
        kept.push(Kept { book, after: Quantity::from_raw(after), cost, lieu: amount });
        cash.push((book, amount));
    }
    level(ratio.cash.raw(), &mut cash);
    kept.iter_mut().zip(cash).for_each(|(kept, (_, lieu))| kept.lieu = lieu);
    Ok(kept)
}

/// What was paid for units of which `lost` leave with their share. A book that takes what the account rounds differently
/// may get units, or lose more than it had: those are bought or sold at what they are worth.
fn cost_after(cost: Money, units: i128, lost: i128, worth: Money) -> Result<Money> {
    let is_more = lost.signum() * units.signum() < 0;
    if is_more {
        cost.minus(worth)
    } else if lost.abs() <= units.abs() {
        cost.minus(cost.scaled(lost, units, Rounding::COST_SHARE)?)
    } else {
        worth.negative().minus(worth.negative().scaled(units, lost, Rounding::COST_SHARE)?)
    }
}

/// A split: the account ends with so many units and so much cash for the fraction.
pub fn split(
    state: &mut State,
    asset: usize,
    (numerator, denominator): (i64, i64),
    price: Price,
    (after, cash): (Quantity, Money),
) -> Result<()> {
    let ratio = Ratio { numerator, denominator, price, after, cash, gone: (0, 1) };
    let kept = converted(state, asset, asset, &ratio)?;
    let Some(books) = &mut state.books else { return Ok(()) };
    for own in &kept {
        let held = &mut books.all[own.book].held[asset];
        (held.quantity, held.cost) = (own.after, own.cost);
    }
    books.pay(Cause::CashInLieu, &lieu(&kept), None)
}

fn lieu(kept: &[Kept]) -> Parts {
    kept.iter().map(|own| (own.book, own.lieu)).collect()
}

/// The end of an asset: cash for what is held, now or later, and units of another one with cash for their fraction.
pub fn end(state: &mut State, record: &AssetEnd, end: &End, cash: Money) -> Result<()> {
    let (asset, pay_ns) = (record.asset, end.pay_ns.filter(|&pay_ns| pay_ns > state.now_ns));
    let kept = received(state, record, end)?;
    let instrument = &state.instruments[asset];
    let amount = end.amount.unwrap_or(state.mark_price(asset));
    let is_paid = end.amount.is_some() || end.kind == EndKind::Delisting;
    let own = |held| if is_paid { Ok(instrument.value(held, amount)?.raw()) } else { Ok(0) };
    let Some(books) = &mut state.books else { return Ok(()) };
    let parts = books.by_holding(asset, cash.raw(), own)?;
    books.pay(Cause::Price, &parts, pay_ns)?;
    books.pay(Cause::CashInLieu, &lieu(&kept), None)?;
    books.all.iter_mut().for_each(|book| book.held[asset].leave());
    let Some(other) = record.other else { return Ok(()) };
    kept.iter().try_for_each(|own| books.all[own.book].take(other, own.after, own.cost))
}

/// The units of the other asset that come to each book, with the cost that goes over to them.
fn received(state: &State, record: &AssetEnd, end: &End) -> Result<Vec<Kept>> {
    let (Some(into), Some(books)) = (end.into, &state.books) else { return Ok(Vec::new()) };
    if end.kind == EndKind::SymbolChange {
        let units = books.by_holding(record.asset, record.after.raw(), |held| Ok(held.raw()))?;
        let own = |(book, after): Part| {
            let cost = books.all[book].held[record.asset].cost;
            Kept { book, after: Quantity::from_raw(after), cost, lieu: 0 }
        };
        return Ok(units.into_iter().map(own).collect());
    }
    let Successor { numerator, denominator, .. } = into;
    let gone = ends::gone_with_cash(state, record.asset, end, record.open)?;
    let ratio = Ratio { numerator, denominator, price: record.open, after: record.after, cash: record.in_lieu, gone };
    converted(state, record.asset, into.asset, &ratio)
}
