//! Every code has a page in `docs/errors`, and the index lists it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use aileron_compiler::Code;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/errors")
}

fn page(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_code_has_a_page_that_says_what_it_means_and_how_to_mend_it() {
    let index = page("README.md");
    for code in Code::ALL {
        let text = page(&format!("{code}.md"));
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(&*format!("# {code}")));
        let short = lines.find(|line| !line.is_empty()).unwrap();
        assert!(index.contains(&format!("| [{code}]({code}.md) | {short} |")), "{code} is not in the index");
        let is_raised = !short.starts_with("Reserved");
        assert_eq!(text.contains("\n## Example\n\n```"), is_raised, "{code}");
        assert_eq!(text.contains("\n## To mend it\n"), is_raised, "{code}");
    }
}

#[test]
fn every_page_is_of_a_code() {
    let pages = std::fs::read_dir(folder()).unwrap();
    let pages = pages.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<_> = pages.filter(|name| name != "README.md").collect();
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
    assert_eq!(pages, codes);
}

#[test]
fn codes_are_listed_once_in_their_order() {
    assert!(Code::ALL.is_sorted_by(|a, b| a < b));
}
