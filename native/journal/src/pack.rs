//! MessagePack in one canonical form: shortest integers, maps in the order they are written, exact numbers as extensions.
//!
//! An exact number is extension type 8, 12 or 20, which is its scale, and its raw integer as the fewest big-endian bytes
//! in two's complement; so any MessagePack reader gets every digit.

use std::fmt;

use rmp::Marker;
use rmp::decode::{RmpRead, read_marker};
use rmp::encode as write;
use workbench_market::decimal;
use workbench_market::number::Fixed;

/// One value, as it is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Flag(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    Exact { scale: u32, raw: i128 },
}

/// Nesting deeper than this is no record of ours.
const DEEPEST: usize = 32;
const WHOLE: &str = "a vector takes every byte";

/// Bytes in the making.
#[derive(Clone, Debug, Default)]
pub struct Packer(pub Vec<u8>);

impl Packer {
    pub fn nil(&mut self) {
        write::write_nil(&mut self.0).expect(WHOLE);
    }

    pub fn flag(&mut self, value: bool) {
        write::write_bool(&mut self.0, value).expect(WHOLE);
    }

    pub fn integer(&mut self, value: i64) {
        write::write_sint(&mut self.0, value).expect(WHOLE);
    }

    /// Counts and sequence numbers, which stay far below 2^63.
    pub fn count(&mut self, value: u64) {
        write::write_uint(&mut self.0, value).expect(WHOLE);
    }

    pub fn float(&mut self, value: f64) {
        write::write_f64(&mut self.0, value).expect(WHOLE);
    }

    pub fn text(&mut self, value: &str) {
        write::write_str(&mut self.0, value).expect(WHOLE);
    }

    pub fn bytes(&mut self, value: &[u8]) {
        write::write_bin(&mut self.0, value).expect(WHOLE);
    }

    pub fn list(&mut self, length: usize) {
        write::write_array_len(&mut self.0, length as u32).expect(WHOLE);
    }

    pub fn map(&mut self, length: usize) {
        write::write_map_len(&mut self.0, length as u32).expect(WHOLE);
    }

    pub fn exact<const SCALE: u32>(&mut self, value: Fixed<SCALE>) {
        self.raw(SCALE, value.raw());
    }

    fn raw(&mut self, scale: u32, raw: i128) {
        let bytes = raw.to_be_bytes();
        let sign = if raw < 0 { 0xff } else { 0 };
        let spare = |&at: &usize| bytes[at] == sign && (bytes[at + 1] ^ sign) < 0x80;
        let from = (0..15).take_while(spare).count();
        write::write_ext_meta(&mut self.0, (16 - from) as u32, scale as i8).expect(WHOLE);
        self.0.extend(&bytes[from..]);
    }

    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Nil => self.nil(),
            Value::Flag(flag) => self.flag(*flag),
            Value::Integer(number) => self.integer(*number),
            Value::Float(number) => self.float(*number),
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::Exact { scale, raw } => self.raw(*scale, *raw),
            Value::List(values) => {
                self.list(values.len());
                values.iter().for_each(|each| self.value(each));
            }
            Value::Map(pairs) => {
                self.map(pairs.len());
                for (name, each) in pairs {
                    self.text(name);
                    self.value(each);
                }
            }
        }
    }
}

impl Value {
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub fn list(&self) -> Option<&[Self]> {
        if let Self::List(values) = self { Some(values) } else { None }
    }

    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub const fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    pub fn count(&self) -> Option<u64> {
        self.integer().and_then(|number| u64::try_from(number).ok())
    }

    /// The exact number, if its scale is this one.
    pub const fn exact<const SCALE: u32>(&self) -> Option<Fixed<SCALE>> {
        match self {
            Self::Exact { scale, raw } if *scale == SCALE => Some(Fixed::from_raw(*raw)),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("nothing"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::List(values) => write!(f, "{} values", values.len()),
            Self::Map(pairs) => write!(f, "{} named values", pairs.len()),
            Self::Exact { scale, raw } => f.write_str(&decimal::text(*raw, *scale)),
        }
    }
}

/// Reads one value from the front and leaves the rest; None where the bytes are none of ours.
pub fn read(bytes: &mut &[u8]) -> Option<Value> {
    read_at(bytes, 0)
}

/// Reads one value that must fill the bytes.
pub fn read_all(mut bytes: &[u8]) -> Option<Value> {
    read(&mut bytes).filter(|_| bytes.is_empty())
}

fn read_at(bytes: &mut &[u8], depth: usize) -> Option<Value> {
    let marker = read_marker(bytes).ok()?;
    match marker {
        Marker::Null => Some(Value::Nil),
        Marker::True | Marker::False => Some(Value::Flag(marker == Marker::True)),
        Marker::F64 => bytes.read_data_f64().ok().map(Value::Float),
        Marker::FixPos(n) => Some(Value::Integer(i64::from(n))),
        Marker::FixNeg(n) => Some(Value::Integer(i64::from(n))),
        Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => unsigned(marker, bytes).map(Value::Integer),
        Marker::I8 | Marker::I16 | Marker::I32 | Marker::I64 => signed(marker, bytes).map(Value::Integer),
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
            let length = length(marker, bytes)?;
            std::str::from_utf8(take(bytes, length)?).ok().map(|text| Value::Text(text.to_owned()))
        }
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
            let length = length(marker, bytes)?;
            take(bytes, length).map(|part| Value::Bytes(part.to_vec()))
        }
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => list(length(marker, bytes)?, bytes, depth),
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => map(length(marker, bytes)?, bytes, depth),
        _ => exact(marker, bytes),
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}

fn unsigned(marker: Marker, bytes: &mut &[u8]) -> Option<i64> {
    match marker {
        Marker::U8 => bytes.read_data_u8().ok().map(i64::from),
        Marker::U16 => bytes.read_data_u16().ok().map(i64::from),
        Marker::U32 => bytes.read_data_u32().ok().map(i64::from),
        _ => bytes.read_data_u64().ok().and_then(|number| i64::try_from(number).ok()),
    }
}

fn signed(marker: Marker, bytes: &mut &[u8]) -> Option<i64> {
    match marker {
        Marker::I8 => bytes.read_data_i8().ok().map(i64::from),
        Marker::I16 => bytes.read_data_i16().ok().map(i64::from),
        Marker::I32 => bytes.read_data_i32().ok().map(i64::from),
        _ => bytes.read_data_i64().ok(),
    }
}

fn length(marker: Marker, bytes: &mut &[u8]) -> Option<usize> {
    match marker {
        Marker::FixStr(n) | Marker::FixArray(n) | Marker::FixMap(n) => Some(usize::from(n)),
        Marker::Str8 | Marker::Bin8 | Marker::Ext8 => bytes.read_data_u8().ok().map(usize::from),
        Marker::Str16 | Marker::Bin16 | Marker::Array16 | Marker::Map16 => bytes.read_data_u16().ok().map(usize::from),
        _ => bytes.read_data_u32().ok().map(|number| number as usize),
    }
}

/// A length is believed only as far as there are bytes for it.
fn list(length: usize, bytes: &mut &[u8], depth: usize) -> Option<Value> {
    if depth > DEEPEST || length > bytes.len() {
        return None;
    }
    (0..length).map(|_| read_at(bytes, depth + 1)).collect::<Option<_>>().map(Value::List)
}

fn map(length: usize, bytes: &mut &[u8], depth: usize) -> Option<Value> {
    if depth > DEEPEST || length > bytes.len() {
        return None;
    }
    let mut pair = || match read_at(bytes, depth + 1)? {
        Value::Text(name) => read_at(bytes, depth + 1).map(|value| (name, value)),
        _ => None,
    };
    (0..length).map(|_| pair()).collect::<Option<_>>().map(Value::Map)
}

fn exact(marker: Marker, bytes: &mut &[u8]) -> Option<Value> {
    let size = match marker {
        Marker::FixExt1 => 1,
        Marker::FixExt2 => 2,
        Marker::FixExt4 => 4,
        Marker::FixExt8 => 8,
        Marker::FixExt16 => 16,
        Marker::Ext8 => length(marker, bytes)?,
        _ => return None,
    };
    let scale = bytes.read_data_i8().ok().and_then(|kind| u32::try_from(kind).ok())?;
    let digits = take(bytes, size).filter(|digits| (1..=16).contains(&digits.len()))?;
    let mut wide = [if digits[0] < 0x80 { 0 } else { 0xff }; 16];
    wide[16 - digits.len()..].copy_from_slice(digits);
    Some(Value::Exact { scale, raw: i128::from_be_bytes(wide) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench_market::number::{MAX, Money, Price, Quantity};

    fn packed(fill: impl FnOnce(&mut Packer)) -> Vec<u8> {
        let mut packer = Packer::default();
        fill(&mut packer);
        packer.0
    }

    #[test]
    fn exact_numbers_come_back_from_the_fewest_bytes() {
        let table = [(0, 1), (1, 1), (-1, 1), (127, 1), (128, 2), (-128, 1), (-129, 2), (MAX, 16), (-MAX, 16)];
        for (raw, size) in table {
            let bytes = packed(|p| p.exact(Money::from_raw(raw)));
            assert_eq!(read_all(&bytes), Some(Value::Exact { scale: 20, raw }), "{raw}");
            let head = if [1, 2, 4, 8, 16].contains(&size) { 2 } else { 3 };
            assert_eq!(bytes.len(), head + size, "{raw}");
        }
        // Ten thousand at scale 12 is 10^16, seven bytes: ext8, length, type 12, big-endian.
        let bytes = packed(|p| p.exact(Price::parse("10000").unwrap()));
        assert_eq!(bytes, [0xc7, 7, 12, 0x23, 0x86, 0xf2, 0x6f, 0xc1, 0, 0]);
        assert_eq!(read_all(&bytes).unwrap().exact::<8>(), None);
        assert_eq!(read_all(&packed(|p| p.exact(Quantity::ONE))).unwrap().exact(), Some(Quantity::ONE));
    }

    #[test]
    fn every_value_comes_back() {
        let inner = Value::Map(vec![("a".into(), Value::Nil), ("b".into(), Value::Flag(true))]);
        let long = Value::Text("x".repeat(70_000));
        for number in [0, 1, 127, 128, 255, 65_535, 65_536, 1 << 32, i64::MAX, -1, -32, -33, -129, i64::MIN] {
            assert_eq!(read_all(&packed(|p| p.integer(number))), Some(Value::Integer(number)));
        }
        let many = Value::List((0..70_000).map(Value::Integer).collect());
        for value in [inner, long, many, Value::Float(0.1), Value::Bytes(vec![1; 300]), Value::Flag(false)] {
            assert_eq!(read_all(&packed(|p| p.value(&value))).as_ref(), Some(&value));
        }
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_nothing() {
        let bytes =
            packed(|p| p.value(&Value::List(vec![Value::Text("abc".into()), Value::Exact { scale: 8, raw: 300 }])));
        assert!((0..bytes.len()).all(|cut| read_all(&bytes[..cut]).is_none()));
        assert_eq!(read_all(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(read_all(&[0xdd, 0xff, 0xff, 0xff, 0xff]), None); // four billion values in no bytes
        assert_eq!(read_all(&[0x91; 100]), None); // a hundred lists in each other
    }
}
