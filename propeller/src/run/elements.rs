//! Where the elements of a large list or map lie, so that one of them is read alone.
//!
//! An offloaded literal is an object of its own, of any size. It is walked as a stream, of which nothing is kept but
//! where each element begins and ends; long stretches are stepped over without being read.

use std::collections::HashMap;
use std::ops::Range;

use aileron_idl::core::Literal;
use aileron_idl::core::promise_attribute::Value as Step;
use aileron_storage::{Part, Storage, StorageError};
use bytes::{Buf, Bytes};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use prost::encoding::WireType;

/// To read on from elsewhere costs about as much as to read as many bytes.
const FAR: u64 = 1 << 20;
/// Longest key of a map, in bytes.
const KEY_LIMIT: u64 = 1 << 20;
/// Fields of a literal, and of what a list and a map have inside.
const COLLECTION: u64 = 2;
const MAP: u64 = 3;
const ELEMENT: u64 = 1;
const KEY: u64 = 1;
const VALUE: u64 = 2;

/// The elements of one object, by where they lie in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elements {
    uri: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    List(Vec<Range<u64>>),
    Map(HashMap<String, Range<u64>>),
}

impl Elements {
    /// Looks through the object; `None` when it is neither a list nor a map.
    pub(crate) async fn find(storage: &Storage, uri: &str) -> Result<Option<Elements>, StorageError> {
        let mut walk = Walk::begin(storage, uri).await?;
        let mut kind = None;
        while walk.at < walk.size {
            let (field, wire) = walk.tag().await?;
            let empty = match (field, wire) {
                (COLLECTION, WireType::LengthDelimited) => Kind::List(Vec::new()),
                (MAP, WireType::LengthDelimited) => Kind::Map(HashMap::new()),
                _ => {
                    walk.pass(wire).await?;
                    continue;
                }
            };
            match (field, kind.get_or_insert(empty)) {
                (COLLECTION, Kind::List(list)) => walk.list(list).await?,
                (MAP, Kind::Map(map)) => walk.map(map).await?,
                _ => return Err(walk.damaged()),
            }
        }
        Ok(kind.map(|kind| Elements { uri: uri.to_owned(), kind }))
    }

    /// How many there are in a list; `None` for a map.
    pub(crate) fn length(&self) -> Option<usize> {
        match &self.kind {
            Kind::List(list) => Some(list.len()),
            Kind::Map(_) => None,
        }
    }

    /// Where the element at a step of a path lies, or why there is none.
    pub(crate) fn at(&self, step: &Step) -> Result<Range<u64>, String> {
        match (&self.kind, step) {
            (Kind::List(list), Step::IntValue(position)) => {
                let found = usize::try_from(*position).ok().and_then(|position| list.get(position));
                found.cloned().ok_or_else(|| format!("a list of {} items", list.len()))
            }
            (Kind::Map(map), Step::StringValue(key)) => {
                map.get(key).cloned().ok_or_else(|| "no such key".into())
            }
            (Kind::List(_), Step::StringValue(_)) => Err("a list has positions, not keys".into()),
            (Kind::Map(_), Step::IntValue(_)) => Err("a map has keys, not positions".into()),
        }
    }

    /// Reads what lies there.
    pub(crate) async fn read(&self, storage: &Storage, range: &Range<u64>) -> Result<Literal, StorageError> {
        if range.is_empty() {
            return Ok(Literal::default());
        }
        let mut object = storage.read(&self.uri, Part::Between(range.start, range.end)).await?;
        let mut bytes = Vec::with_capacity(usize::try_from(range.end - range.start).unwrap_or_default());
        while let Some(chunk) = object.bytes.try_next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Literal::decode(bytes.as_slice())
            .map_err(|source| StorageError::Decode { uri: self.uri.clone(), source })
    }
}

/// A message that is read from its beginning to its end.
struct Walk<'s> {
    storage: &'s Storage,
    uri: &'s str,
    size: u64,
    at: u64,
    /// What was read and is not passed yet; the stream goes on after it.
    chunk: Bytes,
    bytes: BoxStream<'static, Result<Bytes, StorageError>>,
}

impl<'s> Walk<'s> {
    async fn begin(storage: &'s Storage, uri: &'s str) -> Result<Walk<'s>, StorageError> {
        let object = storage.read(uri, Part::Whole).await?;
        Ok(Walk { storage, uri, size: object.entry.size, at: 0, chunk: Bytes::new(), bytes: object.bytes })
    }

    fn damaged(&self) -> StorageError {
        StorageError::Damaged { uri: self.uri.to_owned(), at: self.at }
    }

    async fn list(&mut self, list: &mut Vec<Range<u64>>) -> Result<(), StorageError> {
        let end = self.inside(self.size).await?;
        while self.at < end {
            match self.tag().await? {
                (ELEMENT, WireType::LengthDelimited) => list.push(self.stretch(end).await?),
                (_, wire) => self.pass(wire).await?,
            }
        }
        self.ends_at(end)
    }

    async fn map(&mut self, map: &mut HashMap<String, Range<u64>>) -> Result<(), StorageError> {
        let end = self.inside(self.size).await?;
        while self.at < end {
            match self.tag().await? {
                (ELEMENT, WireType::LengthDelimited) => {
                    let entry = self.inside(end).await?;
                    let (key, value) = self.entry(entry).await?;
                    map.insert(key, value);
                }
                (_, wire) => self.pass(wire).await?,
            }
        }
        self.ends_at(end)
    }

    /// A key, and where its value lies.
    async fn entry(&mut self, end: u64) -> Result<(String, Range<u64>), StorageError> {
        let (mut key, mut value) = (String::new(), self.at..self.at);
        while self.at < end {
            match self.tag().await? {
                (KEY, WireType::LengthDelimited) => key = self.text(end).await?,
                (VALUE, WireType::LengthDelimited) => value = self.stretch(end).await?,
                (_, wire) => self.pass(wire).await?,
            }
        }
        self.ends_at(end)?;
        Ok((key, value))
    }

    fn ends_at(&self, end: u64) -> Result<(), StorageError> {
        if self.at == end { Ok(()) } else { Err(self.damaged()) }
    }

    /// Reads a length; where that many bytes end.
    async fn inside(&mut self, limit: u64) -> Result<u64, StorageError> {
        let length = self.varint().await?;
        let end = self.at.checked_add(length).filter(|end| *end <= limit);
        end.ok_or_else(|| self.damaged())
    }

    /// Passes bytes that have their length before them; where they lie.
    async fn stretch(&mut self, limit: u64) -> Result<Range<u64>, StorageError> {
        let end = self.inside(limit).await?;
        let start = self.at;
        self.skip(end - start).await?;
        Ok(start..end)
    }

    async fn text(&mut self, limit: u64) -> Result<String, StorageError> {
        let end = self.inside(limit).await?;
        let length =
            Some(end - self.at).filter(|length| *length <= KEY_LIMIT).ok_or_else(|| self.damaged())?;
        let mut bytes = Vec::new();
        for _ in 0..length {
            bytes.push(self.byte().await?);
        }
        String::from_utf8(bytes).map_err(|_| self.damaged())
    }

    /// The number of a field, and how its value is encoded.
    async fn tag(&mut self) -> Result<(u64, WireType), StorageError> {
        let tag = self.varint().await?;
        let wire = WireType::try_from(tag & 7).map_err(|_| self.damaged())?;
        Ok((tag >> 3, wire))
    }

    /// Passes a value that says nothing here.
    async fn pass(&mut self, wire: WireType) -> Result<(), StorageError> {
        match wire {
            WireType::Varint => self.varint().await.map(drop),
            WireType::LengthDelimited => self.stretch(self.size).await.map(drop),
            WireType::ThirtyTwoBit => self.skip(4).await,
            WireType::SixtyFourBit => self.skip(8).await,
            WireType::StartGroup | WireType::EndGroup => Err(self.damaged()),
        }
    }

    async fn varint(&mut self) -> Result<u64, StorageError> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte().await?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.damaged())
    }

    async fn byte(&mut self) -> Result<u8, StorageError> {
        self.fill().await?;
        self.at += 1;
        Ok(self.chunk.get_u8())
    }

    /// Makes sure that there is something to read.
    async fn fill(&mut self) -> Result<(), StorageError> {
        while self.chunk.is_empty() {
            self.chunk = self.bytes.try_next().await?.ok_or_else(|| self.damaged())?;
        }
        Ok(())
    }

    async fn skip(&mut self, length: u64) -> Result<(), StorageError> {
        let end =
            self.at.checked_add(length).filter(|end| *end <= self.size).ok_or_else(|| self.damaged())?;
        if end - self.at > FAR {
            return self.jump(end).await;
        }
        while self.at < end {
            self.fill().await?;
            let rest = usize::try_from(end - self.at).unwrap_or(usize::MAX);
            let passed = rest.min(self.chunk.len());
            self.chunk.advance(passed);
            self.at += passed as u64;
        }
        Ok(())
    }

    async fn jump(&mut self, to: u64) -> Result<(), StorageError> {
        self.chunk = Bytes::new();
        self.bytes = match to < self.size {
            true => self.storage.read(self.uri, Part::From(to)).await?.bytes,
            false => stream::empty().boxed(),
        };
        self.at = to;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{LiteralCollection, LiteralMap, Primitive, Scalar, literal, primitive, scalar};
    use aileron_storage::Target;

    use super::*;

    fn text(text: &str) -> Literal {
        let value = Some(primitive::Value::StringValue(text.to_owned()));
        let value = Some(scalar::Value::Primitive(Primitive { value }));
        literal(literal::Value::Scalar(Box::new(Scalar { value })))
    }

    fn literal(value: literal::Value) -> Literal {
        let metadata = [("m".to_owned(), "of the whole".to_owned())].into();
        Literal { value: Some(value), hash: "hash".into(), metadata }
    }

    fn list(literals: Vec<Literal>) -> Literal {
        literal(literal::Value::Collection(LiteralCollection { literals }))
    }

    /// A store that has the bytes, and their address.
    async fn stored(bytes: Vec<u8>) -> (Storage, String) {
        let storage = Target::new("memory://").open().unwrap();
        let uri = storage.uri(&["value"]);
        storage.put(&uri, bytes).await.unwrap();
        (storage, uri)
    }

    #[tokio::test]
    async fn each_element_is_read_alone() {
        let long = "x".repeat(3 << 20);
        let parts = vec![text("a"), Literal::default(), text(&long), list(vec![text("b")]), text(&long)];
        let (storage, uri) = stored(list(parts.clone()).encode_to_vec()).await;
        let elements = Elements::find(&storage, &uri).await.unwrap().unwrap();
        assert_eq!(elements.length(), Some(5));
        for (position, expected) in (0..).zip(&parts) {
            let range = elements.at(&Step::IntValue(position)).unwrap();
            assert_eq!(&elements.read(&storage, &range).await.unwrap(), expected, "{position}");
        }
        assert_eq!(elements.at(&Step::IntValue(5)), Err("a list of 5 items".to_owned()));
        assert_eq!(elements.at(&Step::IntValue(-1)), Err("a list of 5 items".to_owned()));
        assert_eq!(elements.at(&Step::StringValue("a".into())), Err("a list has positions, not keys".into()));
    }

    #[tokio::test]
    async fn a_map_is_read_by_its_keys() {
        let literals = [("a", text("1")), ("", Literal::default()), ("long", text(&"y".repeat(2 << 20)))];
        let literals = literals.map(|(key, value)| (key.to_owned(), value));
        let map = literal(literal::Value::Map(LiteralMap { literals: literals.clone().into() }));
        let (storage, uri) = stored(map.encode_to_vec()).await;
        let elements = Elements::find(&storage, &uri).await.unwrap().unwrap();
        for (key, expected) in literals {
            let range = elements.at(&Step::StringValue(key)).unwrap();
            assert_eq!(elements.read(&storage, &range).await.unwrap(), expected);
        }
        assert_eq!(elements.at(&Step::StringValue("b".into())), Err("no such key".to_owned()));
    }

    #[tokio::test]
    async fn a_value_without_elements_has_none() {
        for value in [text("a"), Literal::default()] {
            let (storage, uri) = stored(value.encode_to_vec()).await;
            assert_eq!(Elements::find(&storage, &uri).await.unwrap(), None);
        }
        let (storage, uri) = stored(list(Vec::new()).encode_to_vec()).await;
        assert_eq!(Elements::find(&storage, &uri).await.unwrap().unwrap().length(), Some(0));
    }

    /// Wherever a list is cut off, that is told, or what is left of it decodes as well.
    #[tokio::test]
    async fn what_is_cut_off_is_damaged() {
        let whole = list(vec![text("a"), text("bc"), list(vec![text("d")])]).encode_to_vec();
        let mut told = 0;
        for cut in 0..whole.len() {
            let (storage, uri) = stored(whole[..cut].to_vec()).await;
            let found = Elements::find(&storage, &uri).await;
            assert_eq!(found.is_err(), Literal::decode(&whole[..cut]).is_err(), "{cut}: {found:?}");
            told += usize::from(matches!(found, Err(StorageError::Damaged { .. })));
        }
        assert!(told > 10, "{told}");
    }
}
