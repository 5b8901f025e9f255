//! How a node is named in its run, and where its data lies: by the nodes it is inside of, and the
//! attempts of theirs that it belongs to.

use crate::{NodeIx, Plan, RunState};

/// Longest unique id.
const UNIQUE_ID_LIMIT: usize = 20;
/// Letters of a shortened id; they are also those of names that Kubernetes takes.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz123456";

/// Where a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its id among all nodes of the run: `n0`, or `n0-0-n1` inside of another; shortened to a hash when
    /// that has more than 20 characters.
    pub unique_id: String,
    /// Its folder below the run's, name by name: `n0/data`, or `n0/data/0/n1` inside of another.
    pub folder: Vec<String>,
    /// For an item of an array, where the folders of its attempts lie that have their inputs: `n0/data/7`.
    pub item_folder: Option<Vec<String>>,
}

impl Place {
    /// Where a node of the run's own workflow is.
    pub fn top(id: &str) -> Place {
        let folder = vec![id.to_owned(), "data".to_owned()];
        Place { unique_id: unique_id(&[id]), folder, item_folder: None }
    }

    /// Where a node is inside of one at this place, as part of its attempt.
    pub fn inside(mut self, attempt: u32, id: &str) -> Place {
        let attempt = attempt.to_string();
        self.unique_id = unique_id(&[&self.unique_id, &attempt, id]);
        self.folder.extend([attempt, id.to_owned()]);
        self.item_folder = None;
        self
    }

    /// Where an item is of an array at this place, as part of its attempt: `n0-0-n7` in `n0/data/0/7`.
    pub fn item(self, attempt: u32, item: u32) -> Place {
        let array = self.folder.clone();
        let place = self.inside(attempt, &format!("n{item}"));
        let number = item.to_string();
        let folder = [&array[..], &[attempt.to_string(), number.clone()]].concat();
        Place { folder, item_folder: Some([array, vec![number]].concat()), ..place }
    }
}

/// Where a node is, as things stand: its parents' attempts do not change while it has something to do.
pub fn place(plan: &Plan, state: &RunState, ix: NodeIx) -> Place {
    let mut line = vec![ix];
    while let Some(parent) = plan.node(line[line.len() - 1]).parent {
        line.push(parent);
    }
    let top = Place::top(&plan.node(line[line.len() - 1]).id);
    line.windows(2).rev().fold(top, |place, pair| {
        let (child, parent) = (pair[0], pair[1]);
        let attempt = plan.grown_by(parent).unwrap_or_else(|| state.node(parent).attempt());
        match plan.item(child) {
            Some(item) => place.item(attempt, item),
            None => place.inside(attempt, &plan.node(child).id),
        }
    })
}

/// The name of the execution that a launch plan node's attempt runs: the same each time it is asked for.
pub fn child_execution(execution: &str, place: &Place, attempt: u32) -> String {
    let name = format!("{execution}-{}-{attempt}", place.unique_id);
    if name.len() <= UNIQUE_ID_LIMIT {
        return name;
    }
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    format!("f{}", base32(&hash.to_be_bytes()))
}

fn unique_id(parts: &[&str]) -> String {
    shortened(&parts.join("-"), UNIQUE_ID_LIMIT)
}

/// The name itself if it is short enough, else `f` and its 32-bit FNV-1a hash.
fn shortened(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("f{}", base32(&hash.to_be_bytes()))
}

/// Base 32 without padding.
fn base32(bytes: &[u8]) -> String {
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let bits: Vec<u8> = bits.collect();
    let letter = |five: &[u8]| {
        let value = (0..5).fold(0, |value, bit| value << 1 | five.get(bit).copied().unwrap_or(0));
        char::from(LETTERS[usize::from(value)])
    };
    bits.chunks(5).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_child_executions_are_flytes() {
        let name = child_execution("ac4wb62tpxmkmhlxw2kj", &Place::top("n0"), 0);
        assert_eq!(name, "fpaapt2mxsnxes");
        assert_eq!(child_execution("e", &Place::top("n0"), 1), "e-n0-1");
    }

    #[test]
    fn items_are_where_flyte_has_them() {
        let place = Place::top("n0").item(0, 7);
        assert_eq!((place.unique_id.as_str(), place.folder.join("/")), ("n0-0-n7", "n0/data/0/7".into()));
        assert_eq!(place.item_folder.unwrap().join("/"), "n0/data/7");
    }

    /// Parents' ids, attempts and ids as recorded from Flyte v1.16.8.
    #[test]
    fn long_ids_are_flytes() {
        for (parts, expected) in [
            (["n0", "0", "n1"], "n0-0-n1"),
            (["n0-0-n0-n1", "0", "n0"], "n0-0-n0-n1-0-n0"),
            (["n0-0-n0-n1", "0", "start-node"], "f52erkjq"),
            (["n0-0-n0-n1", "0", "end-node"], "fqghrjsi"),
        ] {
            assert_eq!(unique_id(&parts), expected);
        }
    }
}
