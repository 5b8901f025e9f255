//! Objects with a fixed set of texts as fields: `{"uri": ..., "format": ...}`.

use serde_json::{Map, Value as Json};

use super::primitive::string;
use super::reader::{Read, Reader, Step, all, listed};
use crate::diagnostic::Code;

/// The text of each of `names`, if the object has it.
///
/// # Errors
/// A field of another name, and one that is no text.
pub(super) fn texts<'a, const N: usize>(
    reader: &Reader<'_>,
    names: [&str; N],
    fields: &'a Map<String, Json>,
) -> Read<[Option<&'a str>; N]> {
    all(fields.keys().map(|key| known(reader, &names, key)))?;
    let texts = all(names.iter().map(|name| {
        let field = fields.get(*name).filter(|value| !value.is_null());
        field.map(|value| string(&reader.inside(Step::Key(name)), value)).transpose()
    }))?;
    let mut texts = texts.into_iter();
    Ok(std::array::from_fn(|_| texts.next().flatten()))
}

fn known(reader: &Reader<'_>, names: &[&str], key: &str) -> Read<()> {
    if names.contains(&key) {
        return Ok(());
    }
    let reader = reader.inside(Step::Key(key));
    let finding = reader.finding(Code::FieldNotFound, "there is no field of this name").got(key);
    Err(vec![finding.hint(format!("its fields are {}", listed(names.iter().copied())))])
}

/// A field that must be there.
pub(super) fn required<'a>(reader: &Reader<'_>, name: &str, text: Option<&'a str>) -> Read<&'a str> {
    text.ok_or_else(|| {
        let reader = reader.inside(Step::Key(name));
        vec![reader.finding(Code::ValueRequired, format!("the field '{name}' is missing")).hint("add it")]
    })
}
