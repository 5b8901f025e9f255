//! One value: numbers, texts, times, and data that lies elsewhere.

use super::*;

#[test]
fn integers_keep_every_digit() {
    check(
        &int(),
        &[
            "9223372036854775807",
            "-9223372036854775808",
            "1.0",
            "1e3",
            "9223372036854775808",
            "1e300",
            "1.5",
            "\"12\"",
            "true",
            "null",
        ],
        expect![[r#"
            9223372036854775807 => 9223372036854775807
            -9223372036854775808 => -9223372036854775808
            1.0 => 1
            1e3 => 1000
            9223372036854775808 => InvalidValue: the integer is out of range, or is written as a float that may have lost digits (an integer lies between -9223372036854775808 and 9223372036854775807, written without point and exponent)
            1e300 => InvalidValue: the integer is out of range, or is written as a float that may have lost digits (an integer lies between -9223372036854775808 and 9223372036854775807, written without point and exponent)
            1.5 => MismatchingTypes: expected an integer, but got 1.5 (round it)
            "12" => MismatchingTypes: expected an integer, but got "12" (write the number without quotes)
            true => MismatchingTypes: expected an integer, but got true (give a number)
            null => MismatchingTypes: expected an integer, but got null (give a number)"#]],
    );
}

#[test]
fn floats_take_integers_and_the_names_of_what_json_has_no_number_for() {
    check(
        &float(),
        &["1", "1.5e-3", "\"NaN\"", "\"-Infinity\"", "\"1.5\"", "[]"],
        expect![[r#"
            1 => 1.0
            1.5e-3 => 0.0015
            "NaN" => "NaN"
            "-Infinity" => "-Infinity"
            "1.5" => MismatchingTypes: expected a float, but got "1.5" (give a number, or one of "NaN", "Infinity" and "-Infinity")
            [] => MismatchingTypes: expected a float, but got an empty list (give a number, or one of "NaN", "Infinity" and "-Infinity")"#]],
    );
}

#[test]
fn strings_and_booleans_take_their_own() {
    check(
        &text(),
        &["\"a\"", "\"\"", "1"],
        expect![[r#"
        "a" => "a"
        "" => ""
        1 => MismatchingTypes: expected a text, but got 1 (put it in quotes)"#]],
    );
    check(
        &simple(SimpleType::Boolean),
        &["true", "\"true\"", "1"],
        expect![[r#"
        true => true
        "true" => MismatchingTypes: expected a boolean, but got "true" (write true or false, without quotes)
        1 => MismatchingTypes: expected a boolean, but got 1 (write true or false, without quotes)"#]],
    );
    check(
        &none(),
        &["null", "0"],
        expect![[r#"
            null => null
            0 => MismatchingTypes: expected null, but got 0 (the type has no other value)"#]],
    );
}

#[test]
fn enums_take_their_values() {
    check(
        &choice(&["red", "blue"]),
        &["\"red\"", "\"RED\"", "1"],
        expect![[r#"
        "red" => "red"
        "RED" => IllegalEnumValue: "RED" is not one of the values (its values are "red", "blue")
        1 => MismatchingTypes: expected a text, but got 1 (put it in quotes)"#]],
    );
    let values = structure(&json!({"literal_values": ["a", "b"]}));
    let annotation = Some(TypeAnnotation { annotations: Some(values) });
    check(
        &LiteralType { annotation, ..text() },
        &["\"b\"", "\"c\""],
        expect![[r#"
        "b" => "b"
        "c" => IllegalEnumValue: "c" is not one of the values (its values are "a", "b")"#]],
    );
}

#[test]
fn datetimes_are_instants() {
    check(
        &simple(SimpleType::Datetime),
        &[
            "\"2024-02-29T12:30:00.123456789Z\"",
            "\"2024-02-29\"",
            "\"2024-02-29 12:30\"",
            "\"2024-02-29t12:30:05,5+0530\"",
            "\"2024-02-29T00:00:00-08\"",
            "\"0001-01-01T00:00:00Z\"",
            "\"9999-12-31T23:59:59.999999999Z\"",
            "\"9999-12-31T23:59:59-01:00\"",
            "\"0001-01-01T00:00:00+01:00\"",
            "\"2023-02-29\"",
            "\"2024-01-01T24:00:00Z\"",
            "\"2024-01-01T00:00:60Z\"",
            "\"2024-01-01T00:00:00.1234567890Z\"",
            "\"now\"",
            "\"\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}-01\"",
            "1700000000",
        ],
        expect![[r#"
            "2024-02-29T12:30:00.123456789Z" => "2024-02-29T12:30:00.123456789Z"
            "2024-02-29" => "2024-02-29T00:00:00Z"
            "2024-02-29 12:30" => "2024-02-29T12:30:00Z"
            "2024-02-29t12:30:05,5+0530" => "2024-02-29T07:00:05.5Z"
            "2024-02-29T00:00:00-08" => "2024-02-29T08:00:00Z"
            "0001-01-01T00:00:00Z" => "0001-01-01T00:00:00Z"
            "9999-12-31T23:59:59.999999999Z" => "9999-12-31T23:59:59.999999999Z"
            "9999-12-31T23:59:59-01:00" => InvalidValue: in UTC, the datetime is not in the years 1 to 9999 (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)
            "0001-01-01T00:00:00+01:00" => InvalidValue: in UTC, the datetime is not in the years 1 to 9999 (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)
            "2023-02-29" => SyntaxError: "2023-02-29" is not a datetime (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)
            "2024-01-01T24:00:00Z" => SyntaxError: "2024-01-01T24:00:00Z" is not a datetime (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)
            "2024-01-01T00:00:60Z" => SyntaxError: "2024-01-01T00:00:60Z" is not a datetime (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)
            "2024-01-01T00:00:00.1234567890Z" => SyntaxError: "2024-01-01T00:00:00.1234567890Z" is not a datetime (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)
            "now" => SyntaxError: "now" is not a datetime (write out the datetime that is meant)
            "ééééé-01" => SyntaxError: "ééééé-01" is not a datetime (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)
            1700000000 => MismatchingTypes: expected a datetime, but got 1700000000 (write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00)"#]],
    );
}

#[test]
fn durations_are_exact_in_words_iso_clocks_and_seconds() {
    check(
        &simple(SimpleType::Duration),
        &[
            "\"1h30m\"",
            "\"1 hour, 30 minutes\"",
            "\"1.5h\"",
            "\"-90s\"",
            "\"P1DT2H\"",
            "\"PT5M\"",
            "\"P2W\"",
            "\"PT0.000000001S\"",
            "\"1:24\"",
            "\":22\"",
            "\"2:04:13:02.5\"",
            "\"2 days, 4:13:02\"",
            "\"10 days\"",
            "\"1ms\"",
            "\"315576000000s\"",
            "90",
            "-0.25",
            "1e-9",
        ],
        expect![[r#"
            "1h30m" => "5400s"
            "1 hour, 30 minutes" => "5400s"
            "1.5h" => "5400s"
            "-90s" => "-90s"
            "P1DT2H" => "93600s"
            "PT5M" => "300s"
            "P2W" => "1209600s"
            "PT0.000000001S" => "0.000000001s"
            "1:24" => "84s"
            ":22" => "22s"
            "2:04:13:02.5" => "187982.5s"
            "2 days, 4:13:02" => "187982s"
            "10 days" => "864000s"
            "1ms" => "0.001s"
            "315576000000s" => "315576000000s"
            90 => "90s"
            -0.25 => "-0.25s"
            1e-9 => "0.000000001s""#]],
    );
}

#[test]
fn what_is_no_duration_or_too_long_is_refused() {
    check(
        &simple(SimpleType::Duration),
        &[
            "\"315576000001s\"",
            "1e300",
            "\"99999999999999999999999999999999999999999999 weeks\"",
            "\"P1Y\"",
            "\"-1 day, 23:00:00\"",
            "\"1m1h\"",
            "\"1:2:3:4:5\"",
            "\"P\"",
            "\"\"",
            "\"soon\"",
            "true",
        ],
        expect![[r#"
            "315576000001s" => InvalidValue: the duration is too long (a duration has at most 315576000000 seconds)
            1e300 => InvalidValue: the duration is too long (a duration has at most 315576000000 seconds)
            "99999999999999999999999999999999999999999999 weeks" => InvalidValue: the duration is too long (a duration has at most 315576000000 seconds)
            "P1Y" => SyntaxError: "P1Y" is not a duration (years and months differ in length: write days, as in P30D)
            "-1 day, 23:00:00" => SyntaxError: "-1 day, 23:00:00" is not a duration (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)
            "1m1h" => SyntaxError: "1m1h" is not a duration (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)
            "1:2:3:4:5" => SyntaxError: "1:2:3:4:5" is not a duration (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)
            "P" => SyntaxError: "P" is not a duration (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)
            "" => SyntaxError: "" is not a duration (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)
            "soon" => SyntaxError: "soon" is not a duration (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)
            true => MismatchingTypes: expected a duration, but got true (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)"#]],
    );
}

#[test]
fn stored_data_is_given_by_its_uri() {
    check(
        &blob("csv", 0),
        &[
            "\"s3://b/x.csv\"",
            "\"/data/x.csv\"",
            r#"{"uri": "s3://b/x.csv", "format": "csv", "dimensionality": "single"}"#,
            "\"x.csv\"",
            r#"{"uri": "x.csv"}"#,
            r#"{"uri": "s3://b/x", "format": "parquet"}"#,
            r#"{"uri": "s3://b/x", "dimensionality": "MULTIPART"}"#,
            r#"{"format": "csv"}"#,
            r#"{"url": "s3://b/x"}"#,
            "1",
        ],
        expect![[r#"
            "s3://b/x.csv" => "s3://b/x.csv"
            "/data/x.csv" => "/data/x.csv"
            {"uri": "s3://b/x.csv", "format": "csv", "dimensionality": "single"} => "s3://b/x.csv"
            "x.csv" => SyntaxError: "x.csv" is not a URI (write it with its scheme, such as s3://bucket/key, or as an absolute path)
            {"uri": "x.csv"} => SyntaxError at .uri: "x.csv" is not a URI (write it with its scheme, such as s3://bucket/key, or as an absolute path)
            {"uri": "s3://b/x", "format": "parquet"} => MismatchingTypes at .format: the format is 'parquet', where 'csv' is declared (leave it out, or give data of the declared format)
            {"uri": "s3://b/x", "dimensionality": "MULTIPART"} => MismatchingTypes at .dimensionality: the dimensionality is 'MULTIPART', where SINGLE is declared (SINGLE is one file, MULTIPART a folder of them)
            {"format": "csv"} => ValueRequired at .uri: the field 'uri' is missing (add it)
            {"url": "s3://b/x"} => FieldNotFound at .url: there is no field of this name (its fields are "uri", "format", "dimensionality")
            1 => MismatchingTypes: expected a URI, but got 1 (give the URI as a text, or an object with the fields uri, format, dimensionality)"#]],
    );
    let dataset = of(Type::StructuredDatasetType(StructuredDatasetType::default()));
    check(
        &dataset,
        &["\"s3://b/x\"", r#"{"uri": "s3://b/x", "format": "parquet"}"#, "null"],
        expect![[r#"
            "s3://b/x" => "s3://b/x"
            {"uri": "s3://b/x", "format": "parquet"} => {"format":"parquet","uri":"s3://b/x"}
            null => MismatchingTypes: expected a URI, but got null (give the URI as a text, or an object with the fields uri, format)"#]],
    );
    check(
        &of(Type::Schema(SchemaType::default())),
        &["\"s3://b/x\"", "[]"],
        expect![[r#"
            "s3://b/x" => "s3://b/x"
            [] => MismatchingTypes: expected a URI, but got an empty list (give the URI as a text, or an object with the fields uri)"#]],
    );
}

#[test]
fn bytes_are_base64_and_errors_have_a_message() {
    check(
        &simple(SimpleType::Binary),
        &[
            "\"YWI=\"",
            "\"YWI\"",
            r#"{"value": "YWI=", "tag": "pickle"}"#,
            "\"a b\"",
            "{}",
            r#"{"value": "YWI=", "tag": "msgpack"}"#,
        ],
        expect![[r#"
            "YWI=" => "YWI="
            "YWI" => "YWI="
            {"value": "YWI=", "tag": "pickle"} => {"tag":"pickle","value":"YWI="}
            "a b" => SyntaxError: "a b" is not base64 (it has letters, digits, + and / alone)
            {} => ValueRequired at .value: the field 'value' is missing (add it)
            {"value": "YWI=", "tag": "msgpack"} => MismatchingTypes at .tag: bytes with the tag msgpack are a value of a dataclass or dict (leave the tag out, or give them another)"#]],
    );
    check(
        &simple(SimpleType::Error),
        &["\"boom\"", r#"{"message": "boom", "failed_node_id": "n0"}"#, r#"{"failed_node_id": "n0"}"#],
        expect![[r#"
            "boom" => "boom"
            {"message": "boom", "failed_node_id": "n0"} => {"failed_node_id":"n0","message":"boom"}
            {"failed_node_id": "n0"} => ValueRequired at .message: the field 'message' is missing (add it)"#]],
    );
}

#[test]
fn types_that_are_not_known_take_nothing() {
    check(
        &LiteralType::default(),
        &["1"],
        expect![
            "1 => UnrecognizedValue: no value can be given for no type: the type is not known (the client that declared the type may be newer: upgrade what reads it)"
        ],
    );
    check(
        &of(Type::Simple(99)),
        &["1"],
        expect![
            "1 => UnrecognizedValue: no value can be given for simple:UNKNOWN: the type is not known (the client that declared the type may be newer: upgrade what reads it)"
        ],
    );
}

#[test]
fn what_lies_elsewhere_is_written_but_not_read() {
    let elsewhere = aileron_idl::core::LiteralOffloadedMetadata {
        uri: "s3://b/x".to_owned(),
        size_bytes: u64::MAX,
        inferred_type: Some(int()),
    };
    let value = Some(aileron_idl::core::literal::Value::OffloadedMetadata(Box::new(elsewhere)));
    let written = to_json(&int(), &Literal { value, ..Literal::default() });
    expect![[r#"{"offloaded":"s3://b/x","size_bytes":18446744073709551615}"#]]
        .assert_eq(&written.to_string());
    expect![[r#"MismatchingTypes: expected an integer, but got an object with "offloaded", "size_bytes" (give a number)"#]]
        .assert_eq(&outcome(&int(), from_json(&int(), &written)));
}
