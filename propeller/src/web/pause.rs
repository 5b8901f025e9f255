//! When a job is looked at next: soon after something changed, then less and less often.

use std::time::Duration;

/// First and longest pause between two looks at a job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

/// The pauses between the looks at one job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    pace: Pace,
    next: Duration,
}

impl Pauses {
    pub(crate) fn new(pace: Pace) -> Pauses {
        Pauses { pace, next: pace.first }
    }

    /// The pause after a look that saw something new.
    pub(crate) fn after_news(&mut self) -> Duration {
        self.next = self.pace.first;
        self.after_nothing()
    }

    /// The pause after a look that saw nothing new: longer by half than the one before.
    pub(crate) fn after_nothing(&mut self) -> Duration {
        let now = self.next;
        self.next = (self.next * 3 / 2).min(self.pace.longest);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_become_rare_and_frequent_again_after_news() {
        let millis = Duration::from_millis;
        let mut pauses = Pauses::new(Pace { first: millis(100), longest: millis(300) });
        let first: Vec<_> = (0..5).map(|_| pauses.after_nothing().as_millis()).collect();
        assert_eq!(first, [100, 150, 225, 300, 300]);
        assert_eq!((pauses.after_news(), pauses.after_nothing()), (millis(100), millis(150)));
    }
}
