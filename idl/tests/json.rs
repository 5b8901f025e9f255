//! Our JSON held against prost-reflect's, which is another's reading of the same rules: any message is written alike,
//! and any JSON, however broken, is read alike or refused by both.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};

use aileron_idl::json::{self, Style, Unknown};
use aileron_idl::reflect;
use aileron_idl::wire::Shapes;
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{
    DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage,
    SerializeOptions, Value as Held,
};
use serde_json::{Value, json};

const TEXTS: [&str; 6] = ["", "a", "plain text", "\"quoted\"\n", "ü€😀", "null"];
const WHOLE: [i64; 8] = [0, 1, -1, 7, i32::MAX as i64, i32::MIN as i64, i64::MAX, i64::MIN];
const BROKEN: [f64; 6] = [0.0, 1.5, -2.25, 1e-7, 3e8, -0.0];
/// What a leaf of JSON is replaced by.
const LEAVES: [&str; 16] = [
    "null",
    "true",
    "0",
    "1",
    "-1",
    "1.5",
    "4294967296",
    "\"\"",
    "\"7\"",
    "\"a\"",
    "\"NaN\"",
    "[]",
    "{}",
    "[null]",
    "{\"a\": null}",
    "\"2025-01-31T12:00:00.5Z\"",
];

/// A seeded source of choices.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    fn of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())]
    }
}

/// A message of any kind, a few levels deep.
fn message(dice: &mut Dice, of: &MessageDescriptor, levels: usize) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    match of.full_name() {
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
            let is_time = of.name() == "Timestamp";
            let seconds =
                if is_time { [0, 1, -62_135_596_800, 253_402_300_799] } else { [0, 1, -3, 315_576_000_000] };
            let seconds = dice.of(&seconds);
            let nanos = if is_time || seconds > 0 { dice.of(&[0, 500_000_000, 1, 999_999_999]) } else { 0 };
            message.set_field_by_name("seconds", Held::I64(seconds));
            message.set_field_by_name("nanos", Held::I32(nanos));
            return message;
        }
        "google.protobuf.Any" => {
            let literal = reflect::descriptor("flyteidl.core.Literal").unwrap();
            let within = self::message(dice, &literal, levels.saturating_sub(1));
            let url = "type.googleapis.com/flyteidl.core.Literal".to_owned();
            message.set_field_by_name("type_url", Held::String(url));
            message.set_field_by_name("value", Held::Bytes(within.encode_to_vec().into()));
            return message;
        }
        _ => {}
    }
    // Free data must hold something to be JSON.
    let whole = of.full_name() == "google.protobuf.Value";
    for oneof in of.oneofs() {
        let arms: Vec<FieldDescriptor> = oneof.fields().collect();
        if whole || dice.below(3) > 0 {
            let arm = &arms[dice.below(if levels == 0 && whole { 4 } else { arms.len() })];
            set(dice, &mut message, arm, levels);
        }
    }
    for field in of.fields().filter(|field| field.containing_oneof().is_none()) {
        if dice.below(2) == 0 {
            set(dice, &mut message, &field, levels);
        }
    }
    message
}

fn set(dice: &mut Dice, message: &mut DynamicMessage, field: &FieldDescriptor, levels: usize) {
    let is_message = matches!(field.kind(), Kind::Message(_));
    if is_message && levels == 0 {
        return;
    }
    let value = if field.is_map() {
        let entry = field.kind();
        let entry = entry.as_message().unwrap();
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        if matches!(value.kind(), Kind::Message(_)) && levels < 2 {
            return;
        }
        let pairs = (0..dice.below(3)).map(|_| {
            let key = match one(dice, &key.kind(), 0) {
                Held::String(text) => MapKey::String(text),
                Held::I32(number) => MapKey::I32(number),
                Held::I64(number) => MapKey::I64(number),
                Held::U32(number) => MapKey::U32(number),
                Held::U64(number) => MapKey::U64(number),
                Held::Bool(truth) => MapKey::Bool(truth),
                other => panic!("{other:?} is no key"),
            };
            (key, one(dice, &value.kind(), levels - usize::from(levels > 0)))
        });
        Held::Map(pairs.collect())
    } else if field.is_list() {
        Held::List((0..dice.below(3)).map(|_| one(dice, &field.kind(), levels.saturating_sub(1))).collect())
    } else {
        one(dice, &field.kind(), levels.saturating_sub(1))
    };
    message.set_field(field, value);
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any number will do")]
fn one(dice: &mut Dice, kind: &Kind, levels: usize) -> Held {
    let whole = dice.of(&WHOLE);
    match kind {
        Kind::Bool => Held::Bool(dice.below(2) == 0),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Held::I32(whole as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Held::I64(whole),
        Kind::Uint32 | Kind::Fixed32 => Held::U32(whole as u32),
        Kind::Uint64 | Kind::Fixed64 => Held::U64(whole as u64),
        Kind::Float => Held::F32(dice.of(&BROKEN) as f32),
        Kind::Double => Held::F64(dice.of(&BROKEN)),
        Kind::String => Held::String(dice.of(&TEXTS).to_owned()),
        Kind::Bytes => Held::Bytes(dice.of(&TEXTS).as_bytes().into()),
        Kind::Enum(values) => {
            let known: Vec<i32> = values.values().map(|value| value.number()).collect();
            Held::EnumNumber(if dice.below(8) == 0 && known.len() > 1 { 1_234 } else { dice.of(&known) })
        }
        Kind::Message(of) => Held::Message(message(dice, of, levels)),
    }
}

fn theirs(message: &DynamicMessage, style: Style) -> Value {
    let options = SerializeOptions::new()
        .use_proto_field_name(style == Style::Snake)
        .skip_default_fields(style == Style::Compact);
    message.serialize_with_options(serde_json::value::Serializer, &options).unwrap()
}

fn their_reading(of: MessageDescriptor, json: &Value, unknown: Unknown) -> Result<DynamicMessage, String> {
    let options = DeserializeOptions::new().deny_unknown_fields(unknown == Unknown::Refused);
    DynamicMessage::deserialize_with_options(of, json, &options).map_err(|error| error.to_string())
}

fn our_reading(of: MessageDescriptor, json: &Value, unknown: Unknown) -> Result<DynamicMessage, String> {
    reflect::read(of, json.to_string().as_bytes(), unknown).map_err(|error| error.to_string())
}

/// Whether two messages are equal, where one that is packed into an `Any` is what it holds: theirs are encoded in any order of
/// maps, which changes the bytes and nothing else.
fn same(ours: &DynamicMessage, theirs: &DynamicMessage) -> bool {
    let fields = |of: &DynamicMessage| of.fields().map(|(field, _)| field.number()).collect::<BTreeSet<_>>();
    if let (Some((of, ours)), Some((of_theirs, theirs))) = (unpacked(ours), unpacked(theirs)) {
        return of == of_theirs && same(&ours, &theirs);
    }
    ours.unknown_fields().eq(theirs.unknown_fields())
        && fields(ours) == fields(theirs)
        && ours.fields().all(|(field, value)| same_value(value, &theirs.get_field(&field)))
}

fn same_value(ours: &Held, theirs: &Held) -> bool {
    match (ours, theirs) {
        (Held::Message(ours), Held::Message(theirs)) => same(ours, theirs),
        (Held::List(ours), Held::List(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(ours, theirs)| same_value(ours, theirs))
        }
        (Held::Map(ours), Held::Map(theirs)) => {
            let in_theirs = |(key, ours): (&MapKey, &Held)| {
                theirs.get(key).is_some_and(|theirs| same_value(ours, theirs))
            };
            ours.len() == theirs.len() && ours.iter().all(in_theirs)
        }
        // NaN is not equal to itself.
        (Held::F32(ours), Held::F32(theirs)) => ours == theirs || (ours.is_nan() && theirs.is_nan()),
        (Held::F64(ours), Held::F64(theirs)) => ours == theirs || (ours.is_nan() && theirs.is_nan()),
        (ours, theirs) => ours == theirs,
    }
}

/// What an `Any` holds, and how it names its type, if that is a message of ours.
fn unpacked(message: &DynamicMessage) -> Option<(String, DynamicMessage)> {
    if message.descriptor().full_name() != "google.protobuf.Any" {
        return None;
    }
    let (r#type, bytes) = (message.get_field_by_name("type_url")?, message.get_field_by_name("value")?);
    let r#type = r#type.as_str()?;
    let (_, name) = r#type.rsplit_once('/')?;
    let of = reflect::pool().get_message_by_name(name)?;
    Some((r#type.to_owned(), DynamicMessage::decode(of, bytes.as_bytes()?.clone()).ok()?))
}

/// Gateways write null for a message that is not set, which prost-reflect leaves out.
fn without_nulls(json: Value) -> Value {
    match json {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, json)| !json.is_null());
            Value::Object(kept.map(|(name, json)| (name, without_nulls(json))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(without_nulls).collect()),
        leaf => leaf,
    }
}

/// Puts something else where a leaf is.
fn spoilt(dice: &mut Dice, json: &mut Value) {
    let inner = match json {
        Value::Object(fields) if !fields.is_empty() => {
            let place = dice.below(fields.len());
            fields.values_mut().nth(place)
        }
        Value::Array(elements) if !elements.is_empty() => {
            let place = dice.below(elements.len());
            elements.get_mut(place)
        }
        _ => None,
    };
    match inner {
        Some(inner) if dice.below(6) > 0 => spoilt(dice, inner),
        _ => *json = serde_json::from_str(dice.of(&LEAVES)).unwrap(),
    }
}

fn any_message(seed: u64) -> (Dice, DynamicMessage) {
    let mut dice = Dice(seed);
    let kinds: Vec<MessageDescriptor> = reflect::pool()
        .all_messages()
        .filter(|of| of.package_name().starts_with("flyteidl") && !of.is_map_entry())
        .collect();
    let of = &kinds[dice.below(kinds.len())];
    let message = message(&mut dice, of, 5);
    (dice, message)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_message_is_written_alike_and_comes_back(seed: u64) {
        let (_, message) = any_message(seed);
        prop_assert_eq!(reflect::write(&message, Style::Compact).unwrap(), theirs(&message, Style::Compact));
        for style in [Style::Camel, Style::Snake] {
            let ours = reflect::write(&message, style).unwrap();
            prop_assert_eq!(without_nulls(ours.clone()), without_nulls(theirs(&message, style)));
            let again = our_reading(message.descriptor(), &ours, Unknown::Refused).unwrap();
            // A field that was set to what it is anyway is the same as one that was not.
            prop_assert_eq!(reflect::write(&again, style).unwrap(), ours);
        }
    }

    #[test]
    fn any_json_is_read_alike_or_refused_by_both(seed: u64) {
        let (mut dice, message) = any_message(seed);
        let mut json = theirs(&message, Style::Camel);
        for unknown in [Unknown::Refused, Unknown::Ignored] {
            for _ in 0..3 {
                spoilt(&mut dice, &mut json);
                let theirs = their_reading(message.descriptor(), &json, unknown);
                let ours = our_reading(message.descriptor(), &json, unknown);
                match (&ours, &theirs) {
                    // Theirs keeps maps that are empty.
                    (Ok(ours), Ok(theirs)) => {
                        let theirs = DynamicMessage::decode(ours.descriptor(), &*theirs.encode_to_vec()).unwrap();
                        prop_assert!(same(ours, &theirs), "{json}: {ours}, {theirs}");
                    }
                    (Err(_), Err(_)) => {}
                    (Ok(ours), Err(theirs)) => prop_assert!(false, "{json}: {ours}, {theirs}"),
                    (Err(ours), Ok(theirs)) => prop_assert!(false, "{json}: {ours}, {theirs}"),
                }
            }
        }
    }
}

#[test]
fn an_any_is_what_it_holds_whatever_the_order_of_its_maps() {
    let of = reflect::pool().get_message_by_name("flyteidl.admin.LaunchPlanMetadata").unwrap();
    let many: BTreeMap<String, String> = (0..20).map(|key| (key.to_string(), String::new())).collect();
    let literal = json!({ "@type": "type.googleapis.com/flyteidl.core.Literal", "metadata": many });
    let json = json!({ "launchConditions": literal });
    let ours = our_reading(of.clone(), &json, Unknown::Refused).unwrap();
    assert!(same(&ours, &their_reading(of.clone(), &json, Unknown::Refused).unwrap()));
    let mut other = json;
    other["launchConditions"]["metadata"]["7"] = "another".into();
    assert!(!same(&ours, &their_reading(of, &other, Unknown::Refused).unwrap()));
}

#[test]
fn what_is_no_number_is_read_alike() {
    let of = reflect::pool().get_message_by_name("flyteidl.core.Primitive").unwrap();
    let read = |number: &str| {
        let json = json!({ "floatValue": number });
        let ours = our_reading(of.clone(), &json, Unknown::Refused).unwrap();
        (ours, their_reading(of.clone(), &json, Unknown::Refused).unwrap())
    };
    let ((ours, theirs), (_, other)) = (read("NaN"), read("Infinity"));
    assert!(same(&ours, &theirs) && !same(&ours, &other));
}

#[test]
fn every_message_has_a_shape() {
    for of in reflect::pool().all_messages() {
        let shape = Shapes::all().at(json::shape(of.full_name()).unwrap());
        let theirs: Vec<_> = of.fields().filter(|field| !field.is_group()).collect();
        assert_eq!(shape.fields.len(), theirs.len(), "{}", of.full_name());
        for (ours, theirs) in shape.fields.iter().zip(&theirs) {
            assert_eq!(
                (ours.number, ours.name.as_str(), ours.json_name.as_str(), ours.has_presence),
                (theirs.number(), theirs.name(), theirs.json_name(), theirs.supports_presence()),
                "{}",
                theirs.full_name()
            );
        }
    }
}

#[test]
fn a_message_that_comes_in_parts_is_one() {
    // Two halves of an identifier in one field, as a decoder merges them.
    let halves = [[0x0a, 3, 0x12, 1, b'p'].as_slice(), &[0x0a, 3, 0x22, 1, b'n']].concat();
    let task =
        json::write(Shapes::all(), json::shape("flyteidl.admin.Task").unwrap(), &halves, Style::Compact);
    assert_eq!(task.unwrap(), json!({"id": {"project": "p", "name": "n"}}));
}

#[test]
fn of_a_choice_the_last_counts() {
    // A primitive that is 7, then text.
    let shape = json::shape("flyteidl.core.Primitive").unwrap();
    let value = json::write(Shapes::all(), shape, &[0x08, 7, 0x1a, 1, b'x'], Style::Compact);
    assert_eq!(value.unwrap(), json!({"stringValue": "x"}));
}

#[test]
fn bytes_of_no_message_and_depth_without_end_are_refused() {
    let literal = json::shape("flyteidl.core.Literal").unwrap();
    let refused =
        |bytes: &[u8]| json::write(Shapes::all(), literal, bytes, Style::Compact).unwrap_err().to_string();
    assert!(refused(&[0x0a, 9, 1]).contains("ends within a field"));
    assert!(refused(&[0x08, 1]).contains("field 1 is of another type"));
    let list = json!({"collection": {"literals": []}});
    let deep = (0..60).fold(list, |inner, _| json!({"collection": {"literals": [inner]}}));
    let error = json::read(Shapes::all(), literal, &deep, Unknown::Refused).unwrap_err().to_string();
    assert!(error.contains("deeper"), "{error}");
}
