//! Which part of a drawing is seen, and how large: pan, zoom about a point, fit.

use std::fmt;
use std::str::FromStr;

/// Of what the scale is written in whole numbers: reading others takes tables that weigh ten kilobytes.
const FINE: f64 = 100_000.0;
/// Smallest and largest magnification.
const ZOOM: (f64, f64) = (0.000_5, 2.5);
/// Empty space kept around a fitted drawing, in pixels of the screen.
const MARGIN: f64 = 28.0;

/// A mapping from drawing to screen: `screen = drawing * scale + (x, y)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Where the drawing's origin is on the screen, in pixels from the left.
    pub x: f64,
    /// The same, from the top.
    pub y: f64,
    /// Screen pixels per unit of the drawing.
    pub scale: f64,
}

impl Viewport {
    /// All of a drawing centred in a frame, both `(width, height)`. Never larger than life.
    pub fn fit(drawing: (f64, f64), frame: (f64, f64)) -> Self {
        let room = |frame: f64, drawing: f64| (frame - 2.0 * MARGIN).max(1.0) / drawing.max(1.0);
        let scale = room(frame.0, drawing.0).min(room(frame.1, drawing.1)).clamp(ZOOM.0, 1.0);
        let centre = |frame: f64, drawing: f64| (frame - drawing * scale) / 2.0;
        Self { x: centre(frame.0, drawing.0), y: centre(frame.1, drawing.1), scale }
    }

    /// Moved by a distance on the screen.
    pub fn panned(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// Magnified by `factor` such that what is under the screen point `(px, py)` stays there.
    pub fn zoomed(self, factor: f64, (px, py): (f64, f64)) -> Self {
        let scale = (self.scale * factor).clamp(ZOOM.0, ZOOM.1);
        let ratio = scale / self.scale;
        Self { x: px - (px - self.x) * ratio, y: py - (py - self.y) * ratio, scale }
    }

    /// The point of the drawing that is seen at a point of the screen.
    pub fn under(self, (px, py): (f64, f64)) -> (f64, f64) {
        ((px - self.x) / self.scale, (py - self.y) / self.scale)
    }

    /// Moved so that a point of the drawing is in the middle of a frame.
    pub fn centred(self, (x, y): (f64, f64), frame: (f64, f64)) -> Self {
        Self { x: frame.0 / 2.0 - x * self.scale, y: frame.1 / 2.0 - y * self.scale, ..self }
    }

    /// The least movement that brings the rectangle `(x, y, width, height)` of the drawing into a frame.
    pub fn revealing(self, (x, y, width, height): (f64, f64, f64, f64), frame: (f64, f64)) -> Self {
        let shift = |start: f64, length: f64, frame: f64| {
            let (low, high) = (MARGIN - start, frame - MARGIN - start - length);
            if low > 0.0 { low } else { high.min(0.0) }
        };
        let dx = shift(x * self.scale + self.x, width * self.scale, frame.0);
        let dy = shift(y * self.scale + self.y, height * self.scale, frame.1);
        self.panned(dx, dy)
    }
}

/// As in the page's address: `x,y,scale` in whole pixels and hundred-thousandths.
impl fmt::Display for Viewport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |number: f64| number.round() as i64;
        write!(f, "{},{},{}", whole(self.x), whole(self.y), whole(self.scale * FINE))
    }
}

impl FromStr for Viewport {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers: Vec<i32> = text.split(',').map_while(|number| number.parse().ok()).collect();
        let &[x, y, scale] = &numbers[..] else { return Err(()) };
        let scale = f64::from(scale) / FINE;
        let view = Self { x: x.into(), y: y.into(), scale };
        if (ZOOM.0..=ZOOM.1).contains(&scale) { Ok(view) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Viewport;

    #[test]
    fn a_small_drawing_is_centred_at_its_own_size() {
        let view = Viewport::fit((100.0, 50.0), (300.0, 250.0));
        assert_eq!(view, Viewport { x: 100.0, y: 100.0, scale: 1.0 });
    }

    #[test]
    fn a_large_drawing_shrinks_to_its_tighter_side() {
        let view = Viewport::fit((2_000.0, 100.0), (1_056.0, 556.0));
        assert_eq!(view, Viewport { x: 28.0, y: 253.0, scale: 0.5 });
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let view = Viewport { x: 10.0, y: 20.0, scale: 0.5 };
        let point = (110.0, 220.0);
        let of = |v: Viewport| ((point.0 - v.x) / v.scale, (point.1 - v.y) / v.scale);
        assert_eq!(of(view), of(view.zoomed(2.0, point)));
    }

    #[test]
    fn zoom_has_limits() {
        let view = Viewport { x: 0.0, y: 0.0, scale: 1.0 };
        assert_eq!(view.zoomed(1e9, (0.0, 0.0)).scale, 2.5);
        assert_eq!(view.zoomed(1e-9, (0.0, 0.0)).scale, 0.000_5);
    }

    #[test]
    fn a_point_is_brought_into_the_middle() {
        let view = Viewport { x: 10.0, y: 20.0, scale: 0.5 }.centred((500.0, 60.0), (400.0, 300.0));
        assert_eq!(view.under((200.0, 150.0)), (500.0, 60.0));
    }

    #[test]
    fn a_viewport_is_written_and_read_again() {
        let view = Viewport { x: 10.0, y: -20.0, scale: 0.5 };
        assert_eq!(view.to_string().parse(), Ok(view));
        assert_eq!("10,x,1".parse::<Viewport>(), Err(()));
        assert_eq!("1,2,0".parse::<Viewport>(), Err(()), "nothing would be seen");
    }

    #[test]
    fn revealing_moves_only_what_is_out_of_sight() {
        let view = Viewport { x: 0.0, y: 0.0, scale: 1.0 };
        let frame = (400.0, 300.0);
        assert_eq!(view.revealing((50.0, 50.0, 100.0, 50.0), frame), view);
        assert_eq!(view.revealing((500.0, 50.0, 100.0, 50.0), frame), view.panned(-228.0, 0.0));
        assert_eq!(view.revealing((50.0, -90.0, 100.0, 50.0), frame), view.panned(0.0, 118.0));
    }
}
