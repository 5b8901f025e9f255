//! A command's template is filled in once: what an input says is never taken for a template again. And any text is an
//! amount of a resource or none.

use aileron_crd::quantity::{billionths, is_quantity};
use aileron_idl::core::{Literal, LiteralMap, Primitive, Scalar, literal, primitive, scalar};
use aileron_propeller::container::template::{Substitutes, Values, asks_for_task_template, render};

/// Stands for what an input says.
const MARK: &str = "\u{1}mark\u{1}";

/// Checks a template, and the value of its input `x` on the lines that follow.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    amount(text);
    let (template, value) = text.split_once('\n').unwrap_or((text, ""));
    if template.contains('\u{1}') {
        return;
    }
    match (filled(template, value), filled(template, MARK)) {
        (Ok(said), Ok(marked)) => assert_eq!(said, marked.replace(MARK, value), "{template:?} {value:?}"),
        (Err(one), Err(other)) => assert_eq!(one, other),
        (one, other) => panic!("{template:?} {value:?}: {one:?}, {other:?}"),
    }
    if !template.contains("{{") {
        assert_eq!(filled(template, value).as_deref(), Ok(template));
        assert!(!asks_for_task_template([template.to_owned()].iter()));
    }
}

fn filled(template: &str, value: &str) -> Result<String, String> {
    let value = primitive::Value::StringValue(value.to_owned());
    let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value: Some(value) })) };
    let literal = Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Literal::default() };
    let inputs = LiteralMap { literals: [("x".to_owned(), literal)].into() };
    let [input, output_prefix, raw_output_prefix, checkpoint_prefix, task_template] =
        ["i/inputs.pb", "o", "r", "c", "t"].map(|name| format!("s3://b/{name}"));
    let names = Substitutes {
        input,
        output_prefix,
        raw_output_prefix,
        checkpoint_prefix,
        previous_checkpoint_prefix: None,
        generated_name: "e-n0-0".to_owned(),
        task_template,
        namespace: "p-d".to_owned(),
    };
    render(template, &Values { names: &names, inputs: &inputs }).map_err(|error| error.to_string())
}

fn amount(text: &str) {
    let Some(amount) = billionths(text) else { return assert!(!is_quantity(text)) };
    assert_eq!(is_quantity(text), amount >= 0, "{text:?}");
    assert!(text.bytes().any(|byte| byte.is_ascii_digit()), "{text:?} is no number");
}
