//! Which rows of a long list are made: those in sight, and a few around them.

/// Rows made above and below those in sight.
pub const AROUND: usize = 12;

/// The part of the rows that is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The first of them.
    pub first: usize,
    /// The one after the last.
    pub end: usize,
    height: f64,
    count: usize,
}

impl Window {
    /// Of `count` rows, each `height` pixels high, when the first is `scrolled` pixels above the top of a view that is `seen`
    /// pixels high.
    pub fn of(count: usize, height: f64, scrolled: f64, seen: f64) -> Self {
        let (top, bottom) = (scrolled / height, (scrolled + seen) / height);
        let first = (top.max(0.0) as usize).saturating_sub(AROUND).min(count);
        let end = (bottom.max(0.0).ceil() as usize + AROUND).min(count);
        Self { first, end, height, count }
    }

    /// The height of the rows above that are not made, in pixels.
    pub fn above(self) -> f64 {
        self.first as f64 * self.height
    }

    /// The same below.
    pub fn below(self) -> f64 {
        self.count.saturating_sub(self.end) as f64 * self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_thousand_rows_at_most_eighty_are_made_wherever_the_reader_is() {
        for step in 0..1_000 {
            let scrolled = f64::from(step) * 3_500.0;
            let window = Window::of(100_000, 35.0, scrolled, 1_200.0);
            assert!(window.end - window.first <= 80, "{window:?}");
            let whole = window.above() + (window.end - window.first) as f64 * 35.0 + window.below();
            assert_eq!(whole, 3_500_000.0, "nothing moves when rows are made");
            let (top, bottom) = (scrolled / 35.0, (scrolled + 1_200.0) / 35.0);
            assert!(window.first as f64 <= top && window.end as f64 >= bottom.min(100_000.0), "{window:?}");
        }
    }

    #[test]
    fn before_the_reader_scrolls_no_row_above_is_counted() {
        // The list begins 200 pixels below the top.
        let window = Window::of(2_000, 35.0, -200.0, 900.0);
        assert_eq!((window.first, window.end), (0, 20 + AROUND));
    }

    #[test]
    fn a_list_that_is_left_behind_is_empty_and_not_turned_around() {
        let window = Window::of(5, 35.0, 40_000.0, 900.0);
        assert_eq!((window.first, window.end), (5, 5));
        let window = Window::of(2_000, 35.0, -40_000.0, 900.0);
        assert_eq!((window.first, window.end), (0, AROUND));
    }

    #[test]
    fn a_short_list_is_made_whole() {
        let window = Window::of(3, 35.0, -200.0, 900.0);
        assert_eq!((window.first, window.end, window.above(), window.below()), (0, 3, 0.0, 0.0));
    }
}
