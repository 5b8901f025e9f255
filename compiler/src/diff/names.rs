//! Where a message names nodes, and how one name takes the place of another.
//!
//! Besides fields for ids there are two habits of flytekit: a node inside a branch is called after it,
//! `n4-n0`, and a condition names an output after its node, `n1.o0`.

use super::tree::Tree;

/// Gives every node that the tree names, in its own id or elsewhere, the name that `to` has for it.
pub(super) fn rename(tree: &mut Tree, to: &impl Fn(&str) -> Option<String>) {
    tree.rewrite(&|field, text| {
        let renamed = match field {
            "id" | "node_id" | "upstream_node_ids" => to(text).or_else(|| before(text, '-', to)),
            "var" => before(text, '.', to),
            _ => None,
        };
        if let Some(renamed) = renamed {
            *text = renamed;
        }
    });
}

/// The text with another name before the first separator.
fn before(text: &str, separator: char, to: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let (node, rest) = text.split_once(separator)?;
    Some(format!("{}{separator}{rest}", to(node)?))
}
