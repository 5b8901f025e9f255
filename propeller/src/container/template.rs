//! Template variables in a task's command and arguments: `{{ .input }}`, `{{ $inputs.x }}` and so on.
//!
//! Names are case-insensitive and spaces inside the braces do not count. What is not a known variable
//! stays as it is. A substituted text is never expanded again.

use aileron_idl::core::{Literal, LiteralMap, Primitive, Scalar, literal, primitive, scalar};

/// How deep a collection may nest before it is refused.
const DEPTH_LIMIT: usize = 32;

/// Why a template cannot be rendered; no further attempt would mend it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The template asks for an input that the task does not have.
    #[error("`{template}` asks for the input `{input}`, which the task does not have; it has {known}")]
    MissingInput {
        /// The whole text.
        template: String,
        /// The name it asks for.
        input: String,
        /// The names there are.
        known: String,
    },
    /// The input's value has no form on a command line.
    #[error("`{template}` asks for the input `{input}`, a {kind}, which has no form on a command line")]
    NoText {
        /// The whole text.
        template: String,
        /// The input's name.
        input: String,
        /// What it holds.
        kind: &'static str,
    },
}

/// What the variables stand for in one attempt, but for its inputs.
#[derive(Clone, Debug)]
pub struct Substitutes {
    /// URI of `inputs.pb`.
    pub input: String,
    /// Where the attempt writes `outputs.pb` or `error.pb`.
    pub output_prefix: String,
    /// Where it puts bulk data.
    pub raw_output_prefix: String,
    /// Where it puts checkpoints.
    pub checkpoint_prefix: String,
    /// Where the attempt before put them; `None` for the first one.
    pub previous_checkpoint_prefix: Option<String>,
    /// `EXECUTION-NODE-ATTEMPT`.
    pub generated_name: String,
    /// URI of the task template's encoding, see [`asks_for_task_template`].
    pub task_template: String,
    /// `PROJECT-DOMAIN`.
    pub namespace: String,
}

/// What the variables stand for, with the resolved inputs.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// All but the inputs.
    pub names: &'a Substitutes,
    /// The inputs.
    pub inputs: &'a LiteralMap,
}

/// Renders one text.
pub fn render(template: &str, values: &Values<'_>) -> Result<String, TemplateError> {
    let mut rendered = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        rendered.push_str(&rest[..start]);
        rest = &rest[start..];
        let replaced = match variable(rest) {
            Some((name, length)) => value(template, name, values)?.map(|text| (text, length)),
            None => None,
        };
        let (text, length) = replaced.unwrap_or_else(|| ("{{".to_owned(), 2));
        rendered.push_str(&text);
        rest = &rest[length..];
    }
    rendered.push_str(rest);
    Ok(rendered)
}

/// Whether any of the texts needs the task template to lie in the object store.
pub fn asks_for_task_template<'a>(mut templates: impl Iterator<Item = &'a String>) -> bool {
    templates.any(|template| {
        template.match_indices("{{").any(|(start, _)| {
            variable(&template[start..])
                .is_some_and(|(name, _)| name.eq_ignore_ascii_case("taskTemplatePath"))
        })
    })
}

/// The variable that a text beginning with `{{` begins with, and its length with the braces.
fn variable(text: &str) -> Option<(&str, usize)> {
    let end = text.find("}}")?;
    let name = text[2..end].trim();
    let name = name.strip_prefix(['.', '$'])?;
    let plain = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '{');
    plain.then_some((name, end + 2))
}

fn value(template: &str, name: &str, values: &Values<'_>) -> Result<Option<String>, TemplateError> {
    let names = values.names;
    let text = match name.to_ascii_lowercase().as_str() {
        "input" => names.input.clone(),
        "inputprefix" => names.input.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
        "outputprefix" => names.output_prefix.clone(),
        "rawoutputdataprefix" => names.raw_output_prefix.clone(),
        "checkpointoutputprefix" => names.checkpoint_prefix.clone(),
        // Two quote characters, which flytekit strips; an empty argument would be read as none.
        "prevcheckpointprefix" => {
            names.previous_checkpoint_prefix.clone().unwrap_or_else(|| "\"\"".to_owned())
        }
        "perretryuniquekey" => identifier(&names.generated_name),
        "tasktemplatepath" => names.task_template.clone(),
        "namespace" => names.namespace.clone(),
        lower if lower.starts_with("inputs.") => return input(template, &name[7..], values.inputs).map(Some),
        _ => return Ok(None),
    };
    Ok(Some(text))
}

fn input(template: &str, name: &str, inputs: &LiteralMap) -> Result<String, TemplateError> {
    let Some(literal) = inputs.literals.get(name) else {
        let mut known: Vec<_> = inputs.literals.keys().map(String::as_str).collect();
        known.sort_unstable();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(TemplateError::MissingInput {
            template: template.to_owned(),
            input: name.to_owned(),
            known,
        });
    };
    text(literal, DEPTH_LIMIT).map_err(|kind| TemplateError::NoText {
        template: template.to_owned(),
        input: name.to_owned(),
        kind,
    })
}

/// The literal as text, or what kind of thing it is when it has none.
fn text(literal: &Literal, depth: usize) -> Result<String, &'static str> {
    match &literal.value {
        Some(literal::Value::Scalar(scalar)) => scalar_text(scalar),
        Some(literal::Value::Collection(items)) => {
            let depth = depth.checked_sub(1).ok_or("collection nested too deep")?;
            let items: Result<Vec<_>, _> = items.literals.iter().map(|item| text(item, depth)).collect();
            Ok(format!("[{}]", items?.join(",")))
        }
        Some(literal::Value::Map(_)) => Err("map"),
        Some(literal::Value::OffloadedMetadata(_)) => Err("value that lies elsewhere because of its size"),
        None => Err("value that is not set"),
    }
}

fn scalar_text(scalar: &Scalar) -> Result<String, &'static str> {
    match scalar.value.as_ref().ok_or("value that is not set")? {
        scalar::Value::Primitive(primitive) => primitive_text(primitive).ok_or("value that is not set"),
        scalar::Value::Blob(blob) => Ok(blob.uri.clone()),
        scalar::Value::Schema(schema) => Ok(schema.uri.clone()),
        scalar::Value::NoneType(_) => Err("none"),
        scalar::Value::Error(_) => Err("error"),
        scalar::Value::Generic(_) => Err("structure"),
        scalar::Value::StructuredDataset(_) => Err("structured dataset"),
        scalar::Value::Union(_) => Err("union"),
        scalar::Value::Binary(_) => Err("packed structure"),
    }
}

fn primitive_text(primitive: &Primitive) -> Option<String> {
    Some(match primitive.value.as_ref()? {
        primitive::Value::Integer(value) => value.to_string(),
        primitive::Value::FloatValue(value) => float(*value),
        primitive::Value::StringValue(value) => value.clone(),
        primitive::Value::Boolean(value) => value.to_string(),
        primitive::Value::Datetime(value) => {
            jiff::Timestamp::new(value.seconds, value.nanos).ok()?.to_string()
        }
        primitive::Value::Duration(value) => duration(*value),
    })
}

/// Shortest form that reads back; an exponent below 1e-4 and from 1e21 on, at least two digits of it.
fn float(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if size == 0.0 || (1e-4..1e21).contains(&size) {
        return format!("{value}");
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// The text form of the protobuf message, which is what tasks have been given so far.
fn duration(value: prost_types::Duration) -> String {
    let fields = [("seconds", value.seconds), ("nanos", i64::from(value.nanos))];
    let set: Vec<_> = fields
        .iter()
        .filter(|(_, number)| *number != 0)
        .map(|(name, number)| format!("{name}:{number}"))
        .collect();
    set.join(" ")
}

/// The name as an identifier: a leading run outside `[A-Za-z_]` becomes `a`, any other run outside
/// `[A-Za-z0-9_]` becomes `_`.
fn identifier(name: &str) -> String {
    let rest = name.trim_start_matches(|c: char| !(c.is_ascii_alphabetic() || c == '_'));
    let mut made = if rest.len() < name.len() { "a".to_owned() } else { String::new() };
    let mut in_run = false;
    for c in rest.chars() {
        let fits = c.is_ascii_alphanumeric() || c == '_';
        if fits {
            made.push(c);
        } else if !in_run {
            made.push('_');
        }
        in_run = !fits;
    }
    made
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{Blob, LiteralCollection};

    use super::*;

    fn literal(value: primitive::Value) -> Literal {
        let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value: Some(value) })) };
        Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
    }

    fn inputs() -> LiteralMap {
        let number = |value| literal(primitive::Value::Integer(value));
        let list = LiteralCollection { literals: vec![number(1), number(2)] };
        let nested = Literal { value: Some(literal::Value::Collection(list)), ..Default::default() };
        let list_of_lists = LiteralCollection { literals: vec![nested.clone(), nested] };
        let blob = Scalar {
            value: Some(scalar::Value::Blob(Blob { uri: "file:///b".into(), ..Default::default() })),
        };
        let moment = prost_types::Timestamp { seconds: 1_700_000_000, nanos: 500_000_000 };
        let literals = [
            ("x", number(7)),
            ("F", literal(primitive::Value::FloatValue(1e21))),
            ("half", literal(primitive::Value::FloatValue(0.5))),
            ("tiny", literal(primitive::Value::FloatValue(-0.00001))),
            ("s", literal(primitive::Value::StringValue("{{ .input }} $1".into()))),
            ("yes", literal(primitive::Value::Boolean(true))),
            ("when", literal(primitive::Value::Datetime(moment))),
            ("long", literal(primitive::Value::Duration(prost_types::Duration { seconds: 5, nanos: 7 }))),
            (
                "list",
                Literal { value: Some(literal::Value::Collection(list_of_lists)), ..Default::default() },
            ),
            ("blob", Literal { value: Some(literal::Value::Scalar(Box::new(blob))), ..Default::default() }),
            (
                "map",
                Literal { value: Some(literal::Value::Map(LiteralMap::default())), ..Default::default() },
            ),
        ];
        LiteralMap { literals: literals.map(|(name, value)| (name.to_owned(), value)).into() }
    }

    fn rendered(template: &str) -> Result<String, TemplateError> {
        let inputs = inputs();
        let names = Substitutes {
            input: "file:///m/n0/data/inputs.pb".into(),
            output_prefix: "file:///m/n0/data/0".into(),
            raw_output_prefix: "file:///d/co/e-n0-0".into(),
            checkpoint_prefix: "file:///d/co/e-n0-0/_flytecheckpoints".into(),
            previous_checkpoint_prefix: None,
            generated_name: "0e--n0-0".into(),
            task_template: "file:///m/n0/data/task.pb".into(),
            namespace: "p-d".into(),
        };
        render(template, &Values { names: &names, inputs: &inputs })
    }

    #[test]
    fn variables_are_replaced() {
        for (template, expected) in [
            ("plain", "plain"),
            ("{{.input}}", "file:///m/n0/data/inputs.pb"),
            ("{{ $INPUT }}", "file:///m/n0/data/inputs.pb"),
            ("{{\t.inputPrefix }}/x", "file:///m/n0/data/x"),
            ("a{{ .outputPrefix }}b{{.namespace}}c", "afile:///m/n0/data/0bp-dc"),
            ("{{.rawOutputDataPrefix}}", "file:///d/co/e-n0-0"),
            ("{{.checkpointOutputPrefix}}", "file:///d/co/e-n0-0/_flytecheckpoints"),
            ("{{.prevCheckpointPrefix}}", "\"\""),
            ("{{.perRetryUniqueKey}}", "ae_n0_0"),
            ("{{.taskTemplatePath}}", "file:///m/n0/data/task.pb"),
            ("{{ .Inputs.x }}", "7"),
            ("{{.inputs.F}} {{.inputs.half}} {{.inputs.tiny}}", "1e+21 0.5 -1e-05"),
            ("{{.inputs.yes}} {{.inputs.when}}", "true 2023-11-14T22:13:20.5Z"),
            ("{{.inputs.long}}", "seconds:5 nanos:7"),
            ("{{.inputs.list}}", "[[1,2],[1,2]]"),
            ("{{.inputs.blob}}", "file:///b"),
        ] {
            assert_eq!(rendered(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[derive(serde::Deserialize)]
    struct Recorded {
        execution: String,
        node: String,
        attempt: u32,
        templates: Vec<String>,
        arguments: Vec<String>,
    }

    #[test]
    fn arguments_are_as_recorded() {
        let recorded: Vec<Recorded> =
            serde_json::from_str(include_str!("../../tests/golden/arguments.json")).unwrap();
        for Recorded { execution, node, attempt, templates, arguments } in recorded {
            let data =
                format!("s3://flyte/metadata/propeller/flytesnacks-development-{execution}/{node}/data");
            let name = |attempt: u32| format!("{execution}-{node}-{attempt}");
            let raw = |attempt| aileron_storage::layout::raw_output("s3://flyte/data", &name(attempt));
            let checkpoint = |attempt| format!("{}/_flytecheckpoints", raw(attempt));
            let previous = attempt.checked_sub(1).map(checkpoint);
            let names = Substitutes {
                input: format!("{data}/inputs.pb"),
                output_prefix: format!("{data}/{attempt}"),
                raw_output_prefix: raw(attempt),
                checkpoint_prefix: checkpoint(attempt),
                previous_checkpoint_prefix: previous,
                generated_name: name(attempt),
                task_template: String::new(),
                namespace: "flytesnacks-development".to_owned(),
            };
            let values = Values { names: &names, inputs: &LiteralMap::default() };
            let rendered: Vec<_> = templates.iter().map(|text| render(text, &values).unwrap()).collect();
            assert_eq!(rendered, arguments);
        }
    }

    #[test]
    fn what_is_no_variable_stays() {
        for text in
            ["{{", "}}", "{{ .nothing }}", "{{ input }}", "{{ . }}", "{{{{ x", "{{ .a b }}", "{ .input }"]
        {
            assert_eq!(rendered(text).as_deref(), Ok(text));
        }
        assert_eq!(rendered("{{ {{ .namespace }}").as_deref(), Ok("{{ p-d"));
    }

    #[test]
    fn a_substituted_text_is_not_expanded_again() {
        assert_eq!(rendered("{{.inputs.s}}").as_deref(), Ok("{{ .input }} $1"));
    }

    #[test]
    fn an_input_without_a_text_is_named() {
        let missing = rendered("--y={{.inputs.Y}}").unwrap_err().to_string();
        assert!(
            missing.starts_with("`--y={{.inputs.Y}}` asks for the input `Y`, which the task does not have")
        );
        assert!(missing.ends_with("when, x, yes"), "{missing}");
        let map = rendered("{{.inputs.map}}").unwrap_err().to_string();
        assert_eq!(
            map,
            "`{{.inputs.map}}` asks for the input `map`, a map, which has no form on a command line"
        );
    }

    #[test]
    fn the_task_template_is_uploaded_only_when_asked_for() {
        let asks = |text: &str| asks_for_task_template([text.to_owned()].iter());
        assert!(asks("x {{ .TaskTemplatePath }}"));
        assert!(!asks("{{ .input }} taskTemplatePath"));
    }
}
