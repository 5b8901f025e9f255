//! What files seem to be before they are let go: browsers tell their types then, and no more.

/// Says what is held over the page, by the MIME types of the files.
pub fn guess(types: &[String]) -> String {
    let kind = match types {
        [] => return "Drop it here".to_owned(),
        [one] => word(one).to_owned(),
        many => {
            let first = word(&many[0]);
            let same = many.iter().all(|kind| word(kind) == first);
            return if same {
                format!("{} files, each {first}", many.len())
            } else {
                format!("{} files", many.len())
            };
        }
    };
    capital(&kind)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn word(kind: &str) -> &'static str {
    match kind {
        "application/json" => "JSON: a workflow, values or a custom resource",
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
            "YAML: a custom resource, a workflow or values"
        }
        "application/gzip"
        | "application/x-gzip"
        | "application/x-compressed-tar"
        | "application/x-compressed" => "a package of pyflyte",
        "application/x-tar" => "a package, not compressed",
        "application/zip" | "application/x-zip-compressed" => "a zip archive, which is not read",
        "text/x-python" | "text/x-python-script" => "Python source, which has to be packaged first",
        "text/plain" => "text",
        _ => "a protobuf message, most likely",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_words() {
        let of = |types: &[&str]| guess(&types.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["application/gzip"]), "A package of pyflyte");
        assert_eq!(of(&["", ""]), "2 files, each a protobuf message, most likely");
        assert_eq!(of(&["", "application/json"]), "2 files");
        assert_eq!(of(&[]), "Drop it here");
    }
}
