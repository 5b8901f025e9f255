//! The inputs of a launch, filled in and judged.

use std::collections::BTreeMap;

use aileron_compiler::{Diagnostic, inputs, values};
use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{Literal, LiteralMap, LiteralType, ParameterMap};
use serde_json::{Map, Value as Json};

use super::draft::Draft;
use super::shape::Shape;
use crate::model::entity::described;
use crate::model::type_name::type_name;

/// An input.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its type.
    pub declared: LiteralType,
    /// Its type in words.
    pub words: String,
    /// What its author says of it.
    pub description: String,
    /// Its fields.
    pub shape: Shape,
    /// Whether it must be given.
    pub is_required: bool,
    /// What is taken when it is not given.
    pub default: Option<Json>,
    /// What is filled in.
    pub draft: Draft,
    /// A literal that is sent as it is as long as the draft says the same: JSON does not carry all of a literal.
    kept: Option<(Draft, Literal)>,
    judged: Option<(Draft, Judgement)>,
}

/// The literal to send, if one is given; or what is wrong with it.
type Judgement = Result<Option<Literal>, Vec<Said>>;

/// What the checks say of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The input; empty for the whole.
    pub input: String,
    /// Where in its value, such as `[2].price`; empty for all of it.
    pub place: String,
    /// The finding's code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

/// The form's inputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    expected: ParameterMap,
    fixed: LiteralMap,
    /// What may be given, by name.
    pub inputs: Vec<Input>,
}

impl Form {
    /// A form for what a launch plan, or a task, expects; `fixed` cannot be given.
    pub fn new(expected: ParameterMap, fixed: LiteralMap) -> Self {
        let mut inputs: Vec<Input> = expected
            .parameters
            .iter()
            .map(|(name, parameter)| {
                let variable = parameter.var.clone().unwrap_or_default();
                let declared = variable.r#type.unwrap_or_default();
                let shape = Shape::of(&declared);
                let default = match &parameter.behavior {
                    Some(Behavior::Default(literal)) => Some(values::to_json(&declared, literal)),
                    _ => None,
                };
                let is_required = matches!(parameter.behavior, Some(Behavior::Required(true)));
                let draft = if is_required { started(&shape) } else { Draft::Absent };
                Input {
                    name: name.clone(),
                    words: type_name(&declared),
                    description: described(name, &variable.description),
                    is_required,
                    default,
                    draft,
                    kept: None,
                    judged: None,
                    declared,
                    shape,
                }
            })
            .collect();
        inputs.sort_by(|a, b| (!a.is_required, &a.name).cmp(&(!b.is_required, &b.name)));
        Self { expected, fixed, inputs }
    }

    /// Fills in what an earlier launch was given. Inputs that there are no more are left out, and named.
    pub fn fill(&mut self, given: &LiteralMap) -> Vec<String> {
        for input in &mut self.inputs {
            input.draft = Draft::Absent;
            input.kept = None;
            if let Some(literal) = given.literals.get(&input.name) {
                input.draft = Draft::of_literal(&input.declared, &input.shape, literal);
                input.kept = Some((input.draft.clone(), literal.clone()));
            }
        }
        let is_known = |name: &&String| {
            self.inputs.iter().any(|input| input.name == **name) || self.fixed.literals.contains_key(*name)
        };
        given.literals.keys().filter(|name| !is_known(name)).cloned().collect()
    }

    /// Fills in an object with a field for each input; what it does not have is not given.
    ///
    /// # Errors
    /// It is no object, or has a field that is no input.
    pub fn fill_json(&mut self, json: &Json) -> Result<(), String> {
        let Json::Object(fields) = json else {
            return Err("an object with a field for each input is wanted, such as {\"name\": 1}".to_owned());
        };
        if let Some(name) = fields.keys().find(|name| !self.inputs.iter().any(|input| input.name == **name)) {
            let known: Vec<_> = self.inputs.iter().map(|input| input.name.as_str()).collect();
            return Err(format!("there is no input `{name}`; there are {}", known.join(", ")));
        }
        for input in &mut self.inputs {
            let draft =
                fields.get(&input.name).map(|value| Draft::of(&input.shape, value)).unwrap_or_default();
            // What says the same is left, so that a literal is kept.
            if draft.json(&input.shape) != input.draft.json(&input.shape) {
                input.draft = draft;
            }
        }
        Ok(())
    }

    /// What is filled in, as one object.
    ///
    /// # Errors
    /// The first text that is no JSON where JSON is wanted.
    pub fn json(&self) -> Result<Json, Said> {
        let mut object = Map::new();
        for input in &self.inputs {
            match input.draft.json(&input.shape) {
                Ok(Some(value)) => drop(object.insert(input.name.clone(), plain(&input.declared, value))),
                Ok(None) => {}
                Err(error) => return Err(Said::whole(&input.name, "SyntaxError", error.to_string())),
            }
        }
        Ok(Json::Object(object))
    }

    /// The literals to send, or everything that is wrong, by the server's own checks. Only what has changed since the last
    /// time is looked at again.
    ///
    /// # Errors
    /// What is wrong, in the order of the inputs.
    pub fn judge(&mut self) -> Result<LiteralMap, Vec<Said>> {
        let (mut literals, mut wrong) = (BTreeMap::new(), Vec::new());
        for input in &mut self.inputs {
            match input.judge() {
                Ok(Some(literal)) => drop(literals.insert(input.name.clone(), literal)),
                Ok(None) => {}
                Err(said) => wrong.extend(said),
            }
        }
        let given = LiteralMap { literals: literals.into_iter().collect() };
        if let Err(found) = inputs::resolve(&self.expected, &self.fixed, &given) {
            let is_told = |said: &Said| wrong.iter().any(|other: &Said| other.input == said.input);
            let found: Vec<_> =
                found.iter().map(|one| Said::of("", one)).filter(|said| !is_told(said)).collect();
            wrong.extend(found);
        }
        if wrong.is_empty() { Ok(given) } else { Err(wrong) }
    }
}

/// What a required input begins with: nothing where something must be typed.
fn started(shape: &Shape) -> Draft {
    match shape {
        shape if shape.is_line() => Draft::Absent,
        Shape::Any => Draft::Absent,
        shape => Draft::empty(shape),
    }
}

/// A value without the names of variants that the type finds by itself.
fn plain(declared: &LiteralType, value: Json) -> Json {
    values::from_json(declared, &value).map_or(value, |literal| values::to_json(declared, &literal))
}

impl Input {
    fn judge(&mut self) -> Judgement {
        if let Some((draft, verdict)) = &self.judged
            && *draft == self.draft
        {
            return verdict.clone();
        }
        let verdict = self.verdict();
        self.judged = Some((self.draft.clone(), verdict.clone()));
        verdict
    }

    fn verdict(&self) -> Judgement {
        if let Some((draft, literal)) = &self.kept
            && *draft == self.draft
        {
            return Ok(Some(literal.clone()));
        }
        match self.draft.json(&self.shape) {
            Ok(None) => Ok(None),
            Ok(Some(value)) => values::from_json(&self.declared, &value)
                .map(Some)
                .map_err(|found| found.iter().map(|one| Said::of(&self.name, one)).collect()),
            Err(error) => Err(vec![Said::whole(&self.name, "SyntaxError", error.to_string())]),
        }
    }
}

impl Said {
    fn whole(input: &str, code: &str, message: String) -> Self {
        Self {
            input: input.to_owned(),
            place: String::new(),
            code: code.to_owned(),
            message,
            hint: String::new(),
        }
    }

    fn of(input: &str, found: &Diagnostic) -> Self {
        use std::fmt::Write;
        let mut place = String::new();
        for step in &found.location.path {
            // Writing to a text cannot fail.
            let _ = match step {
                aileron_compiler::PathStep::Index(at) => write!(place, "[{at}]"),
                aileron_compiler::PathStep::Key(key) => write!(place, ".{key}"),
            };
        }
        Self {
            input: found.location.variable.clone().unwrap_or_else(|| input.to_owned()),
            place: place.trim_start_matches(".value").trim_start_matches('.').to_owned(),
            code: format!("{:?}", found.code),
            message: found.message.clone(),
            hint: found.hint.clone().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{Parameter, SimpleType, Variable};
    use serde_json::json;

    use super::super::shape::tests::{dataclass, simple, union};
    use super::*;

    fn parameter(declared: LiteralType, default: Option<Literal>) -> Parameter {
        let behavior = default.map_or(Behavior::Required(true), Behavior::Default);
        Parameter {
            var: Some(Variable { r#type: Some(declared), ..Default::default() }),
            behavior: Some(behavior),
        }
    }

    fn form(entries: Vec<(&str, Parameter)>) -> Form {
        let parameters = entries.into_iter().map(|(name, one)| (name.to_owned(), one)).collect();
        Form::new(ParameterMap { parameters }, LiteralMap::default())
    }

    fn literal(declared: &LiteralType, json: &Json) -> Literal {
        values::from_json(declared, json).expect("it fits")
    }

    fn wrong(form: &mut Form) -> Vec<String> {
        let said = form.judge().err().unwrap_or_default();
        said.into_iter().map(|said| format!("{}{}: {}", said.input, said.place, said.code)).collect()
    }

    #[test]
    fn every_kind_of_type_is_filled_in_and_judged() {
        let int = || simple(SimpleType::Integer);
        let order = dataclass(
            &json!({"title": "Order", "type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}),
        );
        let cases: Vec<(LiteralType, Json)> = vec![
            (int(), json!(3)),
            (simple(SimpleType::Float), json!(2.5)),
            (simple(SimpleType::String), json!("")),
            (simple(SimpleType::Boolean), json!(true)),
            (simple(SimpleType::Datetime), json!("2026-01-02T03:04:05Z")),
            (simple(SimpleType::Duration), json!("1h30m")),
            (simple(SimpleType::None), Json::Null),
            (simple(SimpleType::Binary), json!("YWJj")),
            (simple(SimpleType::Struct), json!({"a": [1, 2]})),
            (order.clone(), json!({"n": 1})),
            (union(vec![int(), simple(SimpleType::None)]), Json::Null),
            (union(vec![simple(SimpleType::String), order.clone()]), json!({"n": 4})),
            (
                LiteralType {
                    r#type: Some(aileron_idl::core::literal_type::Type::CollectionType(Box::new(order))),
                    ..Default::default()
                },
                json!([{"n": 1}, {"n": 2}]),
            ),
        ];
        for (declared, json) in cases {
            let expect = literal(&declared, &json);
            let mut form = form(vec![("x", parameter(declared, None))]);
            form.fill_json(&json!({"x": json})).expect("an object");
            let given = form.judge().unwrap_or_else(|said| panic!("{json}: {said:?}"));
            assert_eq!(given.literals.get("x"), Some(&expect), "{json}");
        }
    }

    #[test]
    fn what_is_missing_wrong_or_no_json_is_said_at_its_place() {
        let list = LiteralType {
            r#type: Some(aileron_idl::core::literal_type::Type::CollectionType(Box::new(simple(
                SimpleType::Integer,
            )))),
            ..Default::default()
        };
        let mut form = form(vec![
            ("a", parameter(simple(SimpleType::Integer), None)),
            ("b", parameter(list, None)),
            ("c", parameter(simple(SimpleType::Struct), None)),
        ]);
        form.inputs[1].draft = Draft::List(vec![Draft::Text("1".into()), Draft::Text("x".into())]);
        form.inputs[2].draft = Draft::Text("{".into());
        assert_eq!(wrong(&mut form), ["b[1]: MismatchingTypes", "c: SyntaxError", "a: ParameterNotBound"]);
    }

    #[test]
    fn a_default_is_taken_when_nothing_is_given() {
        let default = literal(&simple(SimpleType::Integer), &json!(7));
        let mut form = form(vec![("a", parameter(simple(SimpleType::Integer), Some(default)))]);
        assert_eq!(form.inputs[0].default, Some(json!(7)));
        assert_eq!(form.judge(), Ok(LiteralMap::default()));
    }

    #[test]
    fn an_earlier_launch_is_repeated_to_the_byte_until_something_is_changed() {
        let declared = simple(SimpleType::Integer);
        // A hash is what JSON has no word for.
        let before = Literal { hash: "abc".into(), ..literal(&declared, &json!(7)) };
        let given = LiteralMap {
            literals: [("a".to_owned(), before.clone()), ("gone".to_owned(), before.clone())]
                .into_iter()
                .collect(),
        };
        let mut form = form(vec![("a", parameter(declared, None))]);
        assert_eq!(form.fill(&given), ["gone"]);
        assert_eq!(form.judge().expect("it fits").literals.get("a"), Some(&before));
        form.fill_json(&json!({"a": 7})).expect("an object");
        assert_eq!(form.judge().expect("it fits").literals.get("a"), Some(&before));
        form.inputs[0].draft = Draft::Text("8".into());
        assert_eq!(form.judge().expect("it fits").literals.get("a").map(|it| it.hash.as_str()), Some(""));
    }

    #[test]
    fn the_views_are_of_one_model() {
        let mut form = form(vec![(
            "a",
            parameter(union(vec![simple(SimpleType::Integer), simple(SimpleType::String)]), None),
        )]);
        form.fill_json(&json!({"a": 5})).expect("an object");
        assert_eq!(form.json(), Ok(json!({"a": 5})));
        assert!(form.fill_json(&json!({"b": 5})).is_err_and(|error| error.contains("there are a")));
        assert!(form.fill_json(&json!([5])).is_err());
    }
}
