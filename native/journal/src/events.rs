//! Events by the names of their fields, and what they do to holdings.
//!
//! There is no catch-all here: whoever adds an event says how it is written.

use workbench_engine::event::{AssetEnd, Event, Fill, Split};
use workbench_engine::life::Reason;
use workbench_engine::order::Side;
use workbench_market::Result;
use workbench_market::number::{Money, Price, Quantity};

use crate::pack::Packer;

/// Writes the fields of an event as a map.
pub fn fields(event: &Event, out: &mut Packer) {
    match event {
        Event::Deposit { currency, amount } | Event::Interest { currency, amount } => balance(out, *currency, *amount),
        Event::Exchange { asset, currency, amount, paid } => exchange(out, *asset, *currency, [*amount, *paid]),
        Event::Fee { order, asset, currency, amount } => charged(out, *order, (*asset, *currency), *amount),
        Event::Submitted { order }
        | Event::Accepted { order }
        | Event::Triggered { order }
        | Event::Ended { order } => {
            out.map(1);
            number(out, "order", *order);
        }
        Event::Denied { order, reason: why }
        | Event::Canceling { order, reason: why }
        | Event::Canceled { order, reason: why }
        | Event::Expired { order, reason: why } => {
            out.map(1 + reason_size(*why));
            number(out, "order", *order);
            reason(out, *why);
        }
        Event::Halted { reason: why } => {
            out.map(reason_size(*why));
            reason(out, *why);
        }
        Event::Reduced { order, quantity, reason: why } => {
            out.map(2 + reason_size(*why));
            number(out, "order", *order);
            out.text("quantity");
            out.exact(*quantity);
            reason(out, *why);
        }
        Event::Adjusted { order, quantity } => adjusted(out, *order, *quantity),
        Event::Moved { order, stop } => {
            out.map(2);
            number(out, "order", *order);
            out.text("stop");
            out.exact(*stop);
        }
        Event::Filled(of) => fill(out, of),
        Event::Split(of) => split(out, of),
        Event::AssetEnd(of) => asset_end(out, of),
        Event::Dividend { asset, quantity, amount } => {
            out.map(3);
            number(out, "asset", *asset as u64);
            out.text("quantity");
            out.exact(*quantity);
            each(out, [("amount", *amount)]);
        }
        Event::Payment { asset, amount } | Event::Borrow { asset, amount } => {
            out.map(2);
            number(out, "asset", *asset as u64);
            each(out, [("amount", *amount)]);
        }
        Event::Variation { asset, quantity, from, price, amount } => {
            moved(out, *asset, *quantity, [("from", *from), ("price", *price)], *amount);
        }
        Event::Funding { asset, quantity, rate, mark, amount } => {
            moved(out, *asset, *quantity, [("rate", *rate), ("mark", *mark)], *amount);
        }
        Event::Cross { asset, quantity, price, buy, sell } => cross(out, *asset, *quantity, *price, [*buy, *sell]),
        Event::Transfer { from, to, amount } => transfer(out, [*from, *to], *amount),
        Event::MarginCall { equity, maintenance } => {
            amounts(out, [("equity", *equity), ("maintenance", *maintenance)]);
        }
        Event::Bankrupt { equity } => amounts(out, [("equity", *equity)]),
    }
}

fn adjusted(out: &mut Packer, order: u64, quantity: Quantity) {
    out.map(2);
    number(out, "order", order);
    out.text("quantity");
    out.exact(quantity);
}

fn cross(out: &mut Packer, asset: usize, quantity: Quantity, price: Price, [buy, sell]: [u64; 2]) {
    out.map(5);
    number(out, "asset", asset as u64);
    out.text("quantity");
    out.exact(quantity);
    out.text("price");
    out.exact(price);
    number(out, "buy", buy);
    number(out, "sell", sell);
}

fn transfer(out: &mut Packer, [from, to]: [usize; 2], amount: Money) {
    out.map(3);
    number(out, "from", from as u64);
    number(out, "to", to as u64);
    each(out, [("amount", amount)]);
}

/// What came into cash for a position, and the two prices or rates that tell why.
fn moved(out: &mut Packer, asset: usize, quantity: Quantity, told: [(&str, Price); 2], amount: Money) {
    out.map(5);
    number(out, "asset", asset as u64);
    out.text("quantity");
    out.exact(quantity);
    for (name, price) in told {
        out.text(name);
        out.exact(price);
    }
    out.text("amount");
    out.exact(amount);
}

/// What happens to a balance says its currency only where that is not the account's.
fn balance(out: &mut Packer, currency: usize, amount: Money) {
    out.map(if currency == 0 { 1 } else { 2 });
    if currency != 0 {
        number(out, "currency", currency as u64);
    }
    each(out, [("amount", amount)]);
}

fn charged(out: &mut Packer, order: u64, (asset, currency): (usize, usize), amount: Money) {
    out.map(4);
    number(out, "order", order);
    number(out, "asset", asset as u64);
    number(out, "currency", currency as u64);
    each(out, [("amount", amount)]);
}

fn exchange(out: &mut Packer, asset: Option<usize>, currency: usize, [amount, paid]: [Money; 2]) {
    out.map(4);
    out.text("asset");
    match asset {
        Some(asset) => out.count(asset as u64),
        None => out.nil(),
    }
    number(out, "currency", currency as u64);
    each(out, [("amount", amount), ("paid", paid)]);
}

fn each<const N: usize>(out: &mut Packer, named: [(&str, Money); N]) {
    for (name, amount) in named {
        out.text(name);
        out.exact(amount);
    }
}

/// A map of nothing but money.
fn amounts<const N: usize>(out: &mut Packer, named: [(&str, Money); N]) {
    out.map(N);
    each(out, named);
}

fn number(out: &mut Packer, name: &str, value: u64) {
    out.text(name);
    out.count(value);
}

const fn reason_size(why: Reason) -> usize {
    if why.amounts().is_some() { 3 } else { 1 }
}

fn reason(out: &mut Packer, why: Reason) {
    out.text("reason");
    out.text(why.name());
    if let Some((allowed, actual)) = why.amounts() {
        out.text("allowed");
        out.exact(allowed);
        out.text("actual");
        out.exact(actual);
    }
}

fn fill(out: &mut Packer, of: &Fill) {
    out.map(12);
    number(out, "order", of.order);
    number(out, "asset", of.asset as u64);
    out.text("side");
    out.text(of.side.name());
    out.text("quantity");
    out.exact(of.quantity);
    for (name, price) in [("price", of.price), ("reference", of.reference)] {
        out.text(name);
        out.exact(price);
    }
    for (name, money) in [("value", of.value), ("fee", of.fee), ("slippage", of.slippage)] {
        out.text(name);
        out.exact(money);
    }
    out.text("withheld");
    out.exact(of.withheld);
    out.text("moment");
    out.text(of.moment.name());
    out.text("ambiguous");
    out.flag(of.is_ambiguous);
}

fn split(out: &mut Packer, of: &Split) {
    out.map(7);
    number(out, "asset", of.asset as u64);
    for (name, part) in [("numerator", of.numerator), ("denominator", of.denominator)] {
        out.text(name);
        out.integer(part);
    }
    for (name, quantity) in [("before", of.before), ("after", of.after)] {
        out.text(name);
        out.exact(quantity);
    }
    for (name, money) in [("cash", of.cash), ("cost", of.cost)] {
        out.text(name);
        out.exact(money);
    }
}

fn asset_end(out: &mut Packer, of: &AssetEnd) {
    out.map(14);
    number(out, "asset", of.asset as u64);
    out.text("other");
    match of.other {
        Some(other) => out.count(other as u64),
        None => out.nil(),
    }
    for (name, part) in [("numerator", of.numerator), ("denominator", of.denominator)] {
        out.text(name);
        out.integer(part);
    }
    for (name, quantity) in [("before", of.before), ("after", of.after)] {
        out.text(name);
        out.exact(quantity);
    }
    out.text("open");
    out.exact(of.open);
    let money = [("value", of.value), ("taken", of.taken), ("cash", of.cash), ("in_lieu", of.in_lieu)];
    let costs = [("sold", of.sold), ("lieu_cost", of.lieu_cost), ("moved", of.moved)];
    for (name, amount) in money.into_iter().chain(costs) {
        out.text(name);
        out.exact(amount);
    }
}

/// What comes into holdings by an event, or leaves them.
pub fn moves(event: &Event) -> Result<[Option<(usize, Quantity)>; 2]> {
    Ok(match event {
        Event::Filled(of) if of.side == Side::Buy => [Some((of.holding, of.moved()?)), None],
        Event::Filled(of) => [Some((of.holding, of.moved()?.negative())), None],
        Event::Split(of) => [Some((of.asset, of.after.minus(of.before)?)), None],
        Event::AssetEnd(of) => [Some((of.asset, of.before.negative())), of.other.map(|other| (other, of.after))],
        Event::Cross { .. }
        | Event::Transfer { .. }
        | Event::Deposit { .. }
        | Event::Exchange { .. }
        | Event::Fee { .. }
        | Event::Submitted { .. }
        | Event::Accepted { .. }
        | Event::Denied { .. }
        | Event::Triggered { .. }
        | Event::Moved { .. }
        | Event::Reduced { .. }
        | Event::Adjusted { .. }
        | Event::Canceling { .. }
        | Event::Canceled { .. }
        | Event::Expired { .. }
        | Event::Ended { .. }
        | Event::Halted { .. }
        | Event::Dividend { .. }
        | Event::Payment { .. }
        | Event::Borrow { .. }
        | Event::Interest { .. }
        | Event::Variation { .. }
        | Event::Funding { .. }
        | Event::MarginCall { .. }
        | Event::Bankrupt { .. } => [None, None],
    })
}
