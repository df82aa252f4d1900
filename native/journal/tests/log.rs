//! Logs on a real disk: written, read, cut short and changed at every fifth byte.

use std::path::PathBuf;

use workbench_engine::event::{Event, Record};
use workbench_engine::ledger::{Account, Leg};
use workbench_journal::blocks::{Block, CHAIN, HEAD, Head, Open};
use workbench_journal::compare::Comparison;
use workbench_journal::encoder::{Batch, Encoder};
use workbench_journal::header;
use workbench_journal::pack::Value;
use workbench_journal::reader::Reader;
use workbench_journal::records::{Ending, Kind, Packed};
use workbench_journal::writer::{Sync, Writer};
use workbench_market::Error;
use workbench_market::number::Money;

const EVENTS: u64 = 60;

fn money(units: i128) -> Money {
    Money::from_raw(units * Money::ONE.raw())
}

/// Deposits of 1, 2, 3, ...; one a second.
fn deposits(count: u64) -> Batch {
    let records = (1..=count).map(|n| Record {
        sequence: n,
        time_ns: n as i64 * 1_000_000_000,
        cause: 0,
        event: Event::Deposit { currency: 0, amount: money(n.into()) },
    });
    let leg = |n: u64, account, amount| Leg { sequence: n, account, currency: 0, asset: None, amount };
    let legs = (1..=count)
        .flat_map(|n| [leg(n, Account::Cash, money(n.into())), leg(n, Account::Deposits, money(n.into()).negative())]);
    Batch { records: records.collect(), legs: legs.collect(), ..Batch::default() }
}

fn ending() -> Ending {
    Ending {
        time_ns: EVENTS as i64 * 1_000_000_000,
        slices: 3,
        journal_hash: "a".into(),
        state_hash: "b".into(),
        equity: money(9),
    }
}

/// A path that no other test uses.
fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("workbench-{}-{name}", std::process::id()))
}

fn written(name: &str) -> (PathBuf, Vec<u8>) {
    let path = place(name);
    let head = header::bytes(&Value::Map(vec![("a".into(), Value::Text("text".into()))]));
    let mut writer = Writer::create(&path, &head, Sync::Never).unwrap();
    let mut encoder = Encoder::new(10);
    encoder.take(&deposits(EVENTS), &mut writer).unwrap();
    encoder.end(&ending(), &mut writer).unwrap();
    writer.finish().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

#[test]
fn records_and_books_come_back() {
    let (path, _) = written("back");
    let reader = Reader::open(&path).unwrap();
    // A snapshot follows every ten records, and the end is one more.
    assert_eq!(reader.records(), EVENTS + 6 + 1);
    assert_eq!(reader.lost(), None);
    assert_eq!(reader.verify().unwrap().records, reader.records());
    let (mut deposited, mut kinds) = (0, Vec::new());
    for sequence in 1..=reader.records() {
        let (entry, books) = reader.seek(sequence).unwrap().unwrap();
        assert_eq!((entry.sequence, entry.arrival_ns), (sequence, None));
        if entry.kind == Some(Kind::Event) {
            deposited += i128::from(entry.values[3].count().unwrap());
        }
        assert_eq!(books.balances()[0], ("cash".into(), money(deposited)), "{sequence}");
        kinds.push(entry.kind);
    }
    assert_eq!(kinds.iter().filter(|kind| **kind == Some(Kind::Snapshot)).count(), 6);
    assert_eq!(kinds.last(), Some(&Some(Kind::End)));
    for (second, found) in [(0, None), (1, Some(1)), (9, Some(9)), (10, Some(11)), (11, Some(12)), (99, Some(67))] {
        let entry = reader.seek_time(second * 1_000_000_000).unwrap().map(|(entry, _)| entry.sequence);
        assert_eq!(entry, found, "{second} s");
    }
    assert!(reader.seek(0).unwrap().is_none() && reader.seek(68).unwrap().is_none());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_log_cut_anywhere_is_whole_up_to_there() {
    let (path, bytes) = written("cut");
    let head = Reader::open(&path).unwrap().header().len();
    let mut before = 0;
    for size in (head..bytes.len()).step_by(5) {
        std::fs::write(&path, &bytes[..size]).unwrap();
        let reader = Reader::open(&path).unwrap();
        let lost = reader.lost().unwrap();
        assert_eq!(lost.offset + lost.bytes, size as u64);
        assert!(reader.records() >= before);
        before = reader.records();
        assert_eq!(reader.verify().unwrap().records, before);
    }
    for size in 0..head {
        std::fs::write(&path, &bytes[..size]).unwrap();
        assert!(matches!(Reader::open(&path), Err(Error::Journal(_))));
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_changed_byte_is_never_read() {
    let (path, bytes) = written("changed");
    let index = bytes.windows(4).rposition(|four| four == b"WBIX").unwrap();
    for at in (0..bytes.len()).step_by(5) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        std::fs::write(&path, &changed).unwrap();
        match Reader::open(&path).and_then(|reader| reader.verify().map(|_| reader.lost().cloned())) {
            Err(Error::Journal(_)) => {}
            Ok(Some(lost)) => assert!(at >= index && !lost.has_records, "byte {at}"),
            other => panic!("byte {at}: {other:?}"),
        }
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_run_given_again_must_be_the_same() {
    let (path, _) = written("again");
    let reader = Reader::open(&path).unwrap();
    let again = |batch: &Batch, ends: bool| {
        let (mut encoder, mut comparison) = (Encoder::new(10), Comparison::new(&reader));
        encoder.take(batch, &mut comparison)?;
        if ends {
            encoder.end(&ending(), &mut comparison)?;
        }
        comparison.complete()
    };
    again(&deposits(EVENTS), true).unwrap();
    let mut other = deposits(EVENTS);
    other.records[30].event = Event::Deposit { currency: 0, amount: money(32) };
    let told = |result: Result<(), Error>| result.unwrap_err().message().to_owned();
    assert!(told(again(&other, true)).contains("first at record 34 (deposit): logged amount 31, rebuilt amount 32"));
    assert!(told(again(&deposits(EVENTS), false)).contains("ends before record 67 (end)"));
    assert!(told(again(&deposits(20), true)).contains("first at record 23 (deposit)"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn when_a_record_arrived_is_kept_and_no_part_of_the_chain() {
    let block = |envelope: &[u8]| {
        let mut record = Packed::default();
        record.begin(1, Kind::Event, 5, 0);
        let mut open = Open::after(&[1, 2, 3]);
        open.push(&record, envelope);
        let (head, bytes) = open.close(100);
        let chain = bytes[bytes.len() - CHAIN..].to_vec();
        assert_eq!(Head::read(&bytes, 100), Some(head));
        (Block::read(head, &bytes[HEAD..]).unwrap(), chain)
    };
    let ((without, one), (with, other)) = (block(&[0xc0]), block(&[0xcd, 0x01, 0x00]));
    assert_eq!(one, other);
    assert_eq!(with.chained(&[1, 2, 3]).unwrap().to_vec(), one);
    assert_ne!(with.chained(&[1, 2]).unwrap().to_vec(), one);
    let envelope = |block: &Block| block.frames().next().unwrap().unwrap().envelope.to_vec();
    assert_eq!((envelope(&without), envelope(&with)), (vec![0xc0], vec![0xcd, 0x01, 0x00]));
}
