//! Fingerprints: the journal's and the state's, equal wherever the same inputs met the same rules.
//!
//! The encoding is canonical and versioned: text with its length, numbers as 16 little-endian bytes.

use sha2::{Digest, Sha256};
use workbench_market::Result;

use crate::ledger::Leg;
use crate::lots::Lots;
use crate::order::Order;
use crate::state::{Position, State};

const VERSION: &[u8] = b"workbench-state-2";

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn number(hasher: &mut Sha256, value: i128) {
    hasher.update(value.to_le_bytes());
}

/// SHA-256 over every event and every leg, in hexadecimal.
pub fn journal_hash(state: &State) -> String {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(256);
    for record in &state.records {
        bytes.clear();
        record.encode(&mut bytes);
        hasher.update(&bytes);
    }
    for leg in state.ledger.legs() {
        encode_leg(&mut hasher, leg);
    }
    hex(&hasher.finalize())
}

/// Numbers in one piece: a hasher takes a block much faster than its parts.
fn four(hasher: &mut Sha256, numbers: [i128; 4]) {
    let mut block = [0; 64];
    for (place, number) in block.chunks_exact_mut(16).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    hasher.update(block);
}

fn encode_leg(hasher: &mut Sha256, leg: &Leg) {
    let asset = leg.asset.map_or(-1, |asset| asset as i128);
    let account = leg.account as i128 + (i128::from(leg.currency) << 8);
    four(hasher, [i128::from(leg.sequence), account, asset, leg.amount.raw()]);
}

/// SHA-256 over the journal (by its hash), the holdings, the orders and the equity, in hexadecimal.
pub fn state_hash(state: &State, journal_hash: &str) -> Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(VERSION);
    hasher.update(journal_hash);
    for (instrument, position) in state.instruments.iter().zip(&state.positions) {
        number(&mut hasher, instrument.name.len() as i128);
        hasher.update(&instrument.name);
        encode_position(&mut hasher, position);
    }
    state.lots.iter().flat_map(Lots::numbers).for_each(|value| number(&mut hasher, value));
    if let Some(books) = &state.books {
        books.numbers().for_each(|value| number(&mut hasher, value));
    }
    for order in &state.orders {
        encode_order(&mut hasher, order);
    }
    number(&mut hasher, i128::from(state.now_ns));
    number(&mut hasher, state.equity()?.raw());
    if state.rules.margin.is_some() {
        number(&mut hasher, state.accrued_day.map_or(-1, i128::from));
    }
    Ok(hex(&hasher.finalize()))
}

fn encode_position(hasher: &mut Sha256, position: &Position) {
    let last = position.last.map_or(-1, |price| price.raw());
    for value in [position.quantity.raw(), position.cost.raw(), last] {
        number(hasher, value);
    }
}

fn encode_order(hasher: &mut Sha256, order: &Order) {
    four(hasher, [i128::from(order.id), order.status as i128, order.quantity.raw(), order.filled.raw()]);
}
