//! What there is for each node, by its index: one value a node, or one value for all items of an array.

/// Values by index. An array's items share theirs, so that a million of them cost what one costs.
#[derive(Clone, Debug)]
pub(crate) struct Parts<E, I> {
    parts: Vec<Part<E, I>>,
    len: u32,
}

#[derive(Clone, Debug)]
struct Part<E, I> {
    first: u32,
    values: Values<E, I>,
}

#[derive(Clone, Debug)]
enum Values<E, I> {
    Each(Vec<E>),
    Items(I),
}

/// What is found at an index.
#[derive(Debug, PartialEq)]
pub(crate) enum At<E, I> {
    /// The node's own value.
    Each(E),
    /// What the items of an array share, and which of them it is.
    Item(I, u32),
}

impl<E, I> Parts<E, I> {
    pub(crate) fn new() -> Parts<E, I> {
        Parts { parts: Vec::new(), len: 0 }
    }

    /// How many indices there are.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Adds a node's value at the next index.
    pub(crate) fn push(&mut self, value: E) {
        match self.parts.last_mut() {
            Some(Part { values: Values::Each(each), .. }) => each.push(value),
            _ => self.parts.push(Part { first: self.len, values: Values::Each(vec![value]) }),
        }
        self.len = self.len.saturating_add(1);
    }

    /// Adds what so many items share, at as many indices.
    pub(crate) fn push_items(&mut self, count: u32, items: I) {
        if count > 0 {
            self.parts.push(Part { first: self.len, values: Values::Items(items) });
            self.len = self.len.saturating_add(count);
        }
    }

    /// Takes away the nodes from an index on. Items go as a whole, if the first of them does.
    pub(crate) fn truncate(&mut self, len: u32) {
        self.parts.retain_mut(|part| {
            if let Values::Each(each) = &mut part.values {
                each.truncate(len.saturating_sub(part.first) as usize);
            }
            part.first < len
        });
        self.len = self.len.min(len);
    }

    /// Panics on an index that there is not, as slices do.
    pub(crate) fn at(&self, ix: u32) -> At<&E, &I> {
        let part = &self.parts[self.part(ix)];
        let place = ix - part.first;
        match &part.values {
            Values::Each(each) => At::Each(&each[place as usize]),
            Values::Items(items) => At::Item(items, place),
        }
    }

    /// The same, to be changed.
    pub(crate) fn at_mut(&mut self, ix: u32) -> At<&mut E, &mut I> {
        let part = self.part(ix);
        let part = &mut self.parts[part];
        let place = ix - part.first;
        match &mut part.values {
            Values::Each(each) => At::Each(&mut each[place as usize]),
            Values::Items(items) => At::Item(items, place),
        }
    }

    fn part(&self, ix: u32) -> usize {
        // Most plans have one part.
        match self.parts.len() {
            1 => 0,
            _ => self.parts.partition_point(|part| part.first <= ix).saturating_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_run_on_through_nodes_and_items() {
        let mut parts = Parts::new();
        parts.push('a');
        parts.push('b');
        parts.push_items(3, "items");
        parts.push_items(0, "none");
        parts.push('c');
        let found: Vec<_> = (0..parts.len()).map(|ix| parts.at(ix)).collect();
        let items = [At::Item(&"items", 0), At::Item(&"items", 1), At::Item(&"items", 2)];
        assert_eq!(found[..2], [At::Each(&'a'), At::Each(&'b')]);
        assert_eq!(found[2..5], items);
        assert_eq!(found[5..], [At::Each(&'c')]);
        if let At::Each(value) = parts.at_mut(5) {
            *value = 'd';
        }
        assert_eq!(parts.at(5), At::Each(&'d'));
        parts.truncate(5);
        parts.push('e');
        assert_eq!((parts.len(), parts.at(5)), (6, At::Each(&'e')));
    }
}
