//! What was looked at before, and after it was gone back.

/// States that can be gone back to at most.
const LONGEST: usize = 200;

/// A state, those before it, and those that were left by going back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History<T> {
    before: Vec<T>,
    after: Vec<T>,
}

impl<T: Clone + PartialEq> History<T> {
    /// Notes the state that is about to be left.
    pub fn leave(&mut self, state: T) {
        if self.before.last() == Some(&state) {
            return;
        }
        self.after.clear();
        self.before.push(state);
        if self.before.len() > LONGEST {
            self.before.remove(0);
        }
    }

    /// The state before `now`, if there is one.
    pub fn back(&mut self, now: T) -> Option<T> {
        let state = self.before.pop()?;
        self.after.push(now);
        Some(state)
    }

    /// The state after `now`, if it was gone back from.
    pub fn forth(&mut self, now: T) -> Option<T> {
        let state = self.after.pop()?;
        self.before.push(now);
        Some(state)
    }

    /// Whether there is a state before, and one after.
    pub fn reach(&self) -> (bool, bool) {
        (!self.before.is_empty(), !self.after.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_back_and_forth_until_something_new_is_done() {
        let mut history = History::default();
        history.leave(1);
        history.leave(2);
        assert_eq!((history.back(3), history.back(2), history.back(1)), (Some(2), Some(1), None));
        assert_eq!(history.forth(1), Some(2));
        history.leave(2);
        assert_eq!(history.reach(), (true, false));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut history = History::default();
        (0..1_000).for_each(|state| history.leave(state));
        let count = std::iter::from_fn(|| history.back(0)).count();
        assert_eq!(count, LONGEST);
    }
}
