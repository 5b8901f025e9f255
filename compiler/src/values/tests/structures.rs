//! Values made of values: collections, maps, unions, dataclasses; and how deep and large they may be.

use super::*;

#[test]
fn collections_and_maps_report_every_finding_with_its_path() {
    check(
        &list(int()),
        &["[1, 2]", "[]", "[1, \"a\", 1.5]", "{}"],
        expect![[r#"
            [1, 2] => [1,2]
            [] => []
            [1, "a", 1.5] => MismatchingTypes at [1]: expected an integer, but got "a" (give a number)
                MismatchingTypes at [2]: expected an integer, but got 1.5 (round it)
            {} => MismatchingTypes: expected a list, but got an empty object (write it in brackets: [1, 2])"#]],
    );
    check(
        &map(list(int())),
        &[r#"{"a": [1]}"#, "{}", r#"{"a": [1, null], "b": 2}"#, "[]"],
        expect![[r#"
            {"a": [1]} => {"a":[1]}
            {} => {}
            {"a": [1, null], "b": 2} => MismatchingTypes at .a[1]: expected an integer, but got null (give a number)
                MismatchingTypes at .b: expected a list, but got 2 (write it in brackets: [1, 2])
            [] => MismatchingTypes: expected a map, but got an empty list (write it in braces: {"key": 1})"#]],
    );
}

#[test]
fn unions_take_what_one_variant_takes() {
    let number = union([tagged(int(), "int"), tagged(float(), "float"), none()]);
    check(
        &number,
        &["1", "1.0", "null", "\"1\"", r#"{"type": "float", "value": 1}"#],
        expect![[r#"
        1 => 1
        1.0 => 1.0
        null => null
        "1" => MismatchingTypes: expected one of "int", "float", "none", but got "1" (give a value of one of the variants, or say which is meant: {"type": ..., "value": ...})
        {"type": "float", "value": 1} => 1.0"#]],
    );
    check(
        &union([int(), none()]),
        &["1.5", "\"a\""],
        expect![[r#"
        1.5 => MismatchingTypes: expected an integer, but got 1.5 (round it)
        "a" => MismatchingTypes: expected an integer, but got "a" (give a number)"#]],
    );
    check(
        &union([list(int()), list(text())]),
        &["[1]", "[]", r##"{"type": "#2", "value": []}"##, r##"{"type": "#3", "value": []}"##],
        expect![[r##"
            [1] => [1]
            [] => AmbiguousBindingUnionValue: an empty list fits more than one variant of the union: "list[int]", "list[str]" (say which is meant, such as {"type": "list[int]", "value": ...})
            {"type": "#2", "value": []} => {"type":"list[str]","value":[]}
            {"type": "#3", "value": []} => MismatchingTypes: expected one of "list[int]", "list[str]", but got an object with "type", "value" (give a value of one of the variants, or say which is meant: {"type": ..., "value": ...})"##]],
    );
    check(
        &list(union([int(), text()])),
        &[r#"[1, "a", 1.5]"#],
        expect![[
            r#"[1, "a", 1.5] => MismatchingTypes at [2]: expected one of "int", "str", but got 1.5 (give a value of one of the variants, or say which is meant: {"type": ..., "value": ...})"#
        ]],
    );
}

#[test]
fn variants_of_one_kind_are_told_apart_by_fit_and_by_name() {
    let other = described(&json!({
        "type": "object", "title": "Other", "required": ["x"], "additionalProperties": false,
        "properties": {"x": {"type": "integer"}, "z": {"type": "string"}}
    }));
    check(
        &union([tagged(point(), "dataclass"), tagged(other, "dataclass")]),
        &[
            r#"{"x": 1, "z": "a"}"#,
            r#"{"x": 1}"#,
            r#"{"type": "Point", "value": {"x": 1}}"#,
            r#"{"type": "Point", "value": {"x": "a"}}"#,
            r#"{"w": 1}"#,
        ],
        expect![[r#"
            {"x": 1, "z": "a"} => {"x":1,"z":"a"}
            {"x": 1} => AmbiguousBindingUnionValue: an object with "x" fits more than one variant of the union: "Point", "Other" (say which is meant, such as {"type": "Point", "value": ...})
            {"type": "Point", "value": {"x": 1}} => {"x":1,"y":1.5}
            {"type": "Point", "value": {"x": "a"}} => MismatchingTypes at .value.x: expected an integer, but got "a" (give a number)
            {"w": 1} => MismatchingTypes: expected one of "Point", "Other", but got an object with "w" (give a value of one of the variants, or say which is meant: {"type": ..., "value": ...})"#]],
    );
}

#[test]
fn dataclasses_are_judged_by_their_schema() {
    check(
        &point(),
        &[
            r#"{"x": 1}"#,
            r#"{"x": 1, "y": 2}"#,
            r#"{"y": 2}"#,
            r#"{"x": "1", "y": null, "z": 0}"#,
            "[1, 2]",
            "null",
        ],
        expect![[r#"
            {"x": 1} => {"x":1,"y":1.5}
            {"x": 1, "y": 2} => {"x":1,"y":2.0}
            {"y": 2} => ValueRequired at .x: the field 'x' is missing (add it: it has no default)
            {"x": "1", "y": null, "z": 0} => MismatchingTypes at .x: expected an integer, but got "1" (write the number without quotes)
                MismatchingTypes at .y: expected a float, but got null (give a number, or one of "NaN", "Infinity" and "-Infinity")
                FieldNotFound at .z: there is no field 'z' (its fields are "x", "y")
            [1, 2] => MismatchingTypes: expected an object, but got a list of 2 (write it in braces: {"field": 1})
            null => MismatchingTypes: expected an object, but got null (write it in braces: {"field": 1})"#]],
    );
}

#[test]
fn schemas_with_definitions_types_and_formats_are_understood() {
    let declared = described(&json!({
        "$ref": "#/definitions/Shape",
        "definitions": {"Shape": {
            "type": "object", "required": ["points"],
            "properties": {
                "points": {"type": "array", "items": {"$ref": "#/definitions/Point"}},
                "size": {"type": ["number", "null"]},
                "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}],
                         "minItems": 2, "maxItems": 2},
                "color": {"enum": ["red", "blue"]},
                "when": {"type": "string", "format": "date-time"},
                "wait": {"type": "number", "format": "time-delta"},
                "names": {"type": "object", "propertyNames": {"type": "integer"},
                          "additionalProperties": {"type": "string"}},
                "id": {"anyOf": [{"type": "integer"}, {"type": "string"}]}
            }},
            "Point": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}}
    }));
    check(
        &declared,
        &[
            r#"{"points": [{"x": 1}, {"x": 2, "more": 3}]}"#,
            r#"{"points": [{"x": 1}, {"x": 1.5}, {}]}"#,
            r#"{"points": [], "size": 1, "pair": [1, "a"], "color": "red", "names": {"1": "a"}, "id": "7"}"#,
            r#"{"points": [], "when": "2024-01-01 00:00", "wait": "1m"}"#,
            r#"{"points": [], "when": "2024-01-01T01:02:03.5Z", "wait": 1}"#,
            r#"{"points": [], "size": "1", "pair": [1], "color": "green", "names": {"a": "a"}, "id": 1.5}"#,
        ],
        expect![[r#"
            {"points": [{"x": 1}, {"x": 2, "more": 3}]} => {"points":[{"x":1},{"more":3,"x":2}]}
            {"points": [{"x": 1}, {"x": 1.5}, {}]} => MismatchingTypes at .points[1].x: expected an integer, but got 1.5 (round it)
                ValueRequired at .points[2].x: the field 'x' is missing (add it: it has no default)
            {"points": [], "size": 1, "pair": [1, "a"], "color": "red", "names": {"1": "a"}, "id": "7"} => {"color":"red","id":"7","names":{"1":"a"},"pair":[1,"a"],"points":[],"size":1.0}
            {"points": [], "when": "2024-01-01 00:00", "wait": "1m"} => {"points":[],"wait":60.0,"when":"2024-01-01T00:00:00"}
            {"points": [], "when": "2024-01-01T01:02:03.5Z", "wait": 1} => {"points":[],"wait":1.0,"when":"2024-01-01T01:02:03.500000+00:00"}
            {"points": [], "size": "1", "pair": [1], "color": "green", "names": {"a": "a"}, "id": 1.5} => IllegalEnumValue at .color: "green" is not one of the values (its values are "red", "blue")
                MismatchingTypes at .id: expected one of "integer", "string", but got 1.5 (give a value of one of these types)
                SyntaxError at .names.a: "a" is not a key of type integer (write a number)
                InvalidValue at .pair: the list has 1 elements (it takes at least 2, at most 2)
                MismatchingTypes at .size: expected a float, but got "1" (give a number, or one of "NaN", "Infinity" and "-Infinity")"#]],
    );
}

#[test]
fn a_schema_that_leads_nowhere_is_refused() {
    check(
        &described(&json!({"$ref": "#/definitions/Gone"})),
        &["{}"],
        expect![
            "{} => UnrecognizedValue: the type's JSON schema refers to a part that it does not have (register the task again with a newer flytekit)"
        ],
    );
    check(
        &described(&json!({"$ref": "#"})),
        &["{}"],
        expect![
            "{} => UnrecognizedValue: the type's JSON schema refers to a part that it does not have (register the task again with a newer flytekit)"
        ],
    );
    let circle = json!({"$ref": "#/a", "a": {"anyOf": [{"$ref": "#/a"}, {"$ref": "#/a"}]}});
    check(
        &described(&circle),
        &["{}"],
        expect![
            "{} => InvalidValue: the input has more than 1000000 values, or its unions take as many tries (store it as a file, and give the file's URI)"
        ],
    );
}

#[test]
fn dicts_take_any_object() {
    check(
        &simple(SimpleType::Struct),
        &[r#"{"b": [1, 2.0, null, {"c": true}], "a": 18446744073709551615}"#, "[]"],
        expect![[r#"
            {"b": [1, 2.0, null, {"c": true}], "a": 18446744073709551615} => {"a":18446744073709551615,"b":[1,2.0,null,{"c":true}]}
            [] => MismatchingTypes: expected an object, but got an empty list (write it in braces: {"field": 1})"#]],
    );
}

#[test]
fn nesting_and_size_are_limited() {
    let nest = |levels: usize| (0..levels).fold(int(), |inner, _| list(inner));
    let value = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert!(from_json(&nest(DEPTH_LIMIT - 1), &value(DEPTH_LIMIT - 1)).is_ok());
    let deep = nest(DEPTH_LIMIT);
    expect![
        "NestingTooDeep at [0][0][0]: the value is nested more than 100 levels deep (use a flatter structure)"
    ]
    .assert_eq(&outcome(&deep, from_json(&deep, &value(DEPTH_LIMIT))));
    expect![
        "NestingTooDeep at .a[0][0]: the value is nested more than 100 levels deep (use a flatter structure)"
    ]
    .assert_eq(&outcome(
        &simple(SimpleType::Struct),
        from_json(&simple(SimpleType::Struct), &json!({"a": value(DEPTH_LIMIT)})),
    ));
    let many = Json::Array(vec![json!(1); VALUES_LIMIT]);
    expect!["InvalidValue: the input has more than 1000000 values, or its unions take as many tries (store it as a file, and give the file's URI)"].assert_eq(&outcome(&list(int()), from_json(&list(int()), &many)));
    let more = Json::Array(vec![json!(1); VALUES_LIMIT + 50]);
    assert_eq!(from_json(&list(int()), &more).unwrap_err().len(), 1);
    let wrong = Json::Array(vec![Json::Null; 1_000]);
    assert_eq!(from_json(&list(int()), &wrong).unwrap_err().len(), 100);
    let long = " ".repeat(TEXT_LIMIT + 1);
    expect!["InvalidValue: the text has 16777217 bytes: more than 16777216 (store it as a file, and give the file's URI)"].assert_eq(&outcome(&list(int()), from_text(&list(int()), &long)));
}
