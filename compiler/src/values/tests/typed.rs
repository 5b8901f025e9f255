//! What users type: for one input, as YAML, and for a whole launch.

use super::*;

#[test]
fn numbers_are_typed_bare() {
    check_text(
        &int(),
        &["12", " -3 ", "1.0", "99999999999999999999", "a", ""],
        expect![[r#"
        12 => 12
         -3  => -3
        1.0 => SyntaxError: "1.0" is not an integer (write digits alone, such as 12 or -3)
        99999999999999999999 => InvalidValue: "99999999999999999999" is out of range (an integer lies between -9223372036854775808 and 9223372036854775807)
        a => SyntaxError: "a" is not an integer (write digits alone, such as 12 or -3)
         => SyntaxError: "" is not an integer (write digits alone, such as 12 or -3)"#]],
    );
    check_text(
        &float(),
        &["1", "1e3", ".5", "nan", "-inf", "1e999", "a"],
        expect![[r#"
        1 => 1.0
        1e3 => 1000.0
        .5 => 0.5
        nan => "NaN"
        -inf => "-Infinity"
        1e999 => MismatchingTypes: expected a float, but got "1e999" (give a number, or one of "NaN", "Infinity" and "-Infinity")
        a => MismatchingTypes: expected a float, but got "a" (give a number, or one of "NaN", "Infinity" and "-Infinity")"#]],
    );
}

#[test]
fn booleans_texts_and_names_are_typed_bare() {
    check_text(
        &simple(SimpleType::Boolean),
        &["true", "Yes", "0", "off", "maybe"],
        expect![[r#"
        true => true
        Yes => true
        0 => false
        off => false
        maybe => SyntaxError: "maybe" is not a boolean (write true or false)"#]],
    );
    check_text(
        &text(),
        &["", " a \"b\" ", "1"],
        expect![[r#"
         => ""
         a "b"  => " a \"b\" "
        1 => "1""#]],
    );
    check_text(
        &none(),
        &["none", "", "null", "0"],
        expect![[r#"
        none => null
         => null
        null => null
        0 => SyntaxError: "0" is not none (write none)"#]],
    );
    check_text(
        &choice(&["red"]),
        &["red", "\"red\""],
        expect![[r#"
        red => "red"
        "red" => IllegalEnumValue: ""red"" is not one of the values (its values are "red")"#]],
    );
}

#[test]
fn times_are_typed_bare() {
    check_text(
        &simple(SimpleType::Datetime),
        &["2024-01-31", " 2024-01-31T00:00Z "],
        expect![[r#"
        2024-01-31 => "2024-01-31T00:00:00Z"
         2024-01-31T00:00Z  => "2024-01-31T00:00:00Z""#]],
    );
    check_text(
        &simple(SimpleType::Duration),
        &["90", "1h30m", "PT5M", "1:24"],
        expect![[r#"
        90 => "90s"
        1h30m => "5400s"
        PT5M => "300s"
        1:24 => "84s""#]],
    );
}

#[test]
fn other_values_are_typed_as_json() {
    check_text(
        &list(int()),
        &["[1, 2]", "1, 2", "[1] 2"],
        expect![[r#"
        [1, 2] => [1,2]
        1, 2 => SyntaxError: the text is not JSON: trailing characters at line 1 column 2 (texts and names stand in double quotes, such as {"name": [1, "a"]})
        [1] 2 => SyntaxError: the text is not JSON: trailing characters at line 1 column 5 (texts and names stand in double quotes, such as {"name": [1, "a"]})"#]],
    );
    check_text(
        &point(),
        &[r#"{"x": 1}"#, r#"{"x": 1, "x": 2}"#],
        expect![[r#"
        {"x": 1} => {"x":1,"y":1.5}
        {"x": 1, "x": 2} => SyntaxError: the text is not JSON: the name "x" is given twice at line 1 column 12 (texts and names stand in double quotes, such as {"name": [1, "a"]})"#]],
    );
    check_text(
        &blob("", 0),
        &["s3://b/x", r#"{"uri": "s3://b/x", "format": "csv"}"#],
        expect![[r#"
        s3://b/x => "s3://b/x"
        {"uri": "s3://b/x", "format": "csv"} => {"dimensionality":"SINGLE","format":"csv","uri":"s3://b/x"}"#]],
    );
}

#[test]
fn a_text_is_a_string_only_where_no_other_variant_takes_it() {
    let declared = union([text(), int(), blob("", 0), none()]);
    check_text(
        &declared,
        &["12", "1.5", "s3://b/x", "none", "hello", r#"{"type": "str", "value": "12"}"#],
        expect![[r#"
            12 => 12
            1.5 => "1.5"
            s3://b/x => {"type":"blob","value":"s3://b/x"}
            none => null
            hello => "hello"
            {"type": "str", "value": "12"} => "12""#]],
    );
    check_text(
        &union([int(), none()]),
        &["x", ""],
        expect![[r#"
        x => SyntaxError: "x" is not an integer (write digits alone, such as 12 or -3)
         => null"#]],
    );
    check_text(
        &union([float(), int()]),
        &["1", "1.0"],
        expect![[r#"
        1 => 1
        1.0 => 1.0"#]],
    );
}

#[test]
fn yaml_is_taken_for_whole_documents() {
    let lines = |declared: &LiteralType, text: &str| outcome(declared, from_yaml(declared, text));
    let numbers = map(float());
    expect![[r#"{"1":2.0,"a":"NaN","b":"-Infinity","c":1000.0}"#]]
        .assert_eq(&lines(&numbers, "a: .nan\n1: 2\nb: -.inf\nc: 1e3"));
    expect![[r#"["2024-01-01","yes","1","two\nlines"]"#]]
        .assert_eq(&lines(&list(text()), "- 2024-01-01\n- 'yes'\n- \"1\"\n- |\n  two\n  lines"));
    expect![[r#"SyntaxError: the text is not YAML: duplicate entry with key "a" (write `name: value` lines, lists as `- item` lines, and texts with : or # in quotes)"#]].assert_eq(&lines(&numbers, "a: 1\na: 2"));
    expect!["SyntaxError: the tag !mine says nothing here (write `name: value` lines, lists as `- item` lines, and texts with : or # in quotes)"].assert_eq(&lines(&numbers, "a: !mine x"));
    expect!["SyntaxError: a key is neither a text nor a number (write `name: value` lines, lists as `- item` lines, and texts with : or # in quotes)"].assert_eq(&lines(&numbers, "? [1]\n: 2"));
    expect!["SyntaxError: the text is not YAML: did not find expected ',' or ']' at line 2 column 1, while parsing a flow sequence at line 1 column 4 (write `name: value` lines, lists as `- item` lines, and texts with : or # in quotes)"].assert_eq(&lines(&numbers, "a: [1"));
}

fn declared() -> VariableMap {
    let variables = [("n", int()), ("points", list(point())), ("wait", simple(SimpleType::Duration))];
    VariableMap {
        variables: variables.into_iter().map(|(name, one)| (name.to_owned(), variable(one))).collect(),
    }
}

#[test]
fn whole_inputs_collect_every_finding() {
    let declared = declared();
    let given = json!({"n": "1", "points": [{"x": 1}, {"x": 2}, {}, {"x": null}], "m": 1});
    let findings = inputs_from_json(&declared, &given).unwrap_err();
    expect![[r#"
        VariableNameNotFound at m: invalid input m (the inputs that can be given: 'n', 'points', 'wait')
            MismatchingTypes at n: expected an integer, but got "1" (write the number without quotes)
            ValueRequired at points[2].x: the field 'x' is missing (add it: it has no default)
            MismatchingTypes at points[3].x: expected an integer, but got null (give a number)"#]]
    .assert_eq(&lines(&findings));
    expect![[r#"MismatchingTypes: expected an object with a field for each input, but got an empty list (write it in braces: {"name": value})"#]].assert_eq(&lines(&inputs_from_json(&declared, &json!([])).unwrap_err()));
    let typed = inputs_from_text(&declared, [("n", "x"), ("points", "[{}]"), ("wait", "soon")]);
    expect![[r#"
        SyntaxError at n: "x" is not an integer (write digits alone, such as 12 or -3)
            ValueRequired at points[0].x: the field 'x' is missing (add it: it has no default)
            SyntaxError at wait: "soon" is not a duration (write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds)"#]].assert_eq(&lines(&typed.unwrap_err()));
}

#[test]
fn whole_inputs_are_the_same_from_json_yaml_and_text() {
    let declared = declared();
    let given = json!({"n": 1, "points": [{"x": 1}], "wait": "1h"});
    let literals = inputs_from_json(&declared, &given).unwrap();
    assert_eq!(inputs_from_yaml(&declared, "n: 1\npoints:\n- x: 1\nwait: 1h").unwrap(), literals);
    let typed = [("n", "1"), ("points", r#"[{"x": 1}]"#), ("wait", "1h")];
    assert_eq!(inputs_from_text(&declared, typed).unwrap(), literals);
    let written = inputs_to_json(&declared, &literals);
    expect![[r#"{"n":1,"points":[{"x":1,"y":1.5}],"wait":"3600s"}"#]].assert_eq(&written.to_string());
    assert_eq!(inputs_from_json(&declared, &written).unwrap(), literals);
}

#[test]
fn texts_are_shown_for_editing_as_people_write_them() {
    let shown = |declared: &LiteralType, typed: &str| to_text(declared, &from_text(declared, typed).unwrap());
    let duration = simple(SimpleType::Duration);
    for (typed, expected) in [("5400", "1h30m"), ("-1 day", "-1d"), ("0", "0s"), ("PT61.5S", "1m1.5s")] {
        assert_eq!(shown(&duration, typed), expected);
    }
    assert_eq!(shown(&list(int()), "[1,  2]"), "[1,2]");
    assert_eq!(shown(&union([int(), none()]), ""), "none");
    let is_null = |value: &prost_types::Value| matches!(value.kind, Some(Kind::NullValue(_)));
    assert!(structure(&json!({"a": null})).fields.values().all(is_null));
}
