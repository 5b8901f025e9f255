//! Which rectangles touch a part of the plane: a grid of equal cells.

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Rect {
    /// A square with a middle.
    pub fn around(x: f32, y: f32, reach: f32) -> Self {
        Self { x: x - reach, y: y - reach, width: 2.0 * reach, height: 2.0 * reach }
    }

    /// The least rectangle with two corners.
    pub fn between(from: (f32, f32), to: (f32, f32)) -> Self {
        let (x, y) = (from.0.min(to.0), from.1.min(to.1));
        Self { x, y, width: (from.0 - to.0).abs(), height: (from.1 - to.1).abs() }
    }

    /// Whether they have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.x <= other.right()
            && other.x <= self.right()
            && self.y <= other.bottom()
            && other.y <= self.bottom()
    }

    /// The right edge.
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// The lower edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// The middle.
    pub fn middle(&self) -> (f32, f32) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Moved.
    pub fn moved(self, dx: f32, dy: f32) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }
}

/// No cell is smaller than a few cards.
const SMALLEST: f32 = 512.0;
/// Cells in a row or column at most: a line across everything is in so many.
const MOST: f32 = 96.0;

/// Numbers of rectangles by the cells that they touch.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    cell: f32,
    columns: usize,
    rows: usize,
    /// Where each cell's numbers start in `members`; one more for the end.
    starts: Vec<u32>,
    members: Vec<u32>,
    /// One more than the largest number.
    numbers: usize,
}

impl Grid {
    /// A grid over a plane from the origin. A number may have several rectangles.
    pub fn new(width: f32, height: f32, rects: impl Iterator<Item = (u32, Rect)> + Clone) -> Self {
        let cell = (width.max(height) / MOST).max(SMALLEST);
        let cells = |length: f32| (length / cell) as usize + 1;
        let mut grid = Self { cell, columns: cells(width), rows: cells(height), ..Self::default() };
        let mut counts = vec![0_u32; grid.columns * grid.rows + 1];
        for (number, rect) in rects.clone() {
            grid.numbers = grid.numbers.max(number as usize + 1);
            grid.cells(&rect).for_each(|at| counts[at + 1] += 1);
        }
        for at in 1..counts.len() {
            counts[at] += counts[at - 1];
        }
        grid.members = vec![0; counts.last().map_or(0, |&all| all as usize)];
        let mut next = counts.clone();
        for (number, rect) in rects {
            for at in grid.cells(&rect) {
                grid.members[next[at] as usize] = number;
                next[at] += 1;
            }
        }
        grid.starts = counts;
        grid
    }

    /// The numbers in the cells that a rectangle touches, each once: those that meet it, and some near it.
    pub fn within(&self, rect: &Rect) -> Vec<u32> {
        let mut seen = vec![false; self.numbers];
        let mut found = Vec::new();
        for cell in self.cells(rect) {
            let (from, to) = (self.starts[cell] as usize, self.starts[cell + 1] as usize);
            for &number in &self.members[from..to] {
                if !std::mem::replace(&mut seen[number as usize], true) {
                    found.push(number);
                }
            }
        }
        found
    }

    fn cells(&self, rect: &Rect) -> impl Iterator<Item = usize> + use<> {
        let columns = self.columns;
        let range = |from: f32, to: f32, most: usize| {
            // A float beyond the range becomes its nearest end.
            let at = |place: f32| ((place / self.cell).max(0.0) as usize).min(most.saturating_sub(1));
            if most == 0 || to < 0.0 { 0..0 } else { at(from)..at(to) + 1 }
        };
        let across = range(rect.x, rect.right(), self.columns);
        range(rect.y, rect.bottom(), self.rows)
            .flat_map(move |row| across.clone().map(move |column| row * columns + column))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (0.0..9_000.0_f32, 0.0..9_000.0_f32, 0.0..3_000.0_f32, 0.0..3_000.0_f32)
            .prop_map(|(x, y, width, height)| Rect { x, y, width, height })
    }

    proptest! {
        #[test]
        fn what_meets_a_part_is_found(all in prop::collection::vec(rect(), 0..40), part in rect()) {
            let numbered = (0..).zip(all.iter().copied());
            let grid = Grid::new(12_000.0, 12_000.0, numbered.clone());
            let mut found = grid.within(&part);
            let count = found.len();
            found.sort_unstable();
            found.dedup();
            prop_assert_eq!(found.len(), count, "each once");
            for (number, rect) in numbered.filter(|(_, rect)| rect.meets(&part)) {
                prop_assert!(found.contains(&number), "{number}: {rect:?}");
            }
        }
    }

    #[test]
    fn nothing_is_in_an_empty_grid() {
        assert!(Grid::default().within(&Rect::around(0.0, 0.0, 9.0)).is_empty());
    }
}
