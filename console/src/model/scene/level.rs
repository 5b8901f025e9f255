//! How much of a node is shown: less, the smaller it is on the screen.

/// A level of detail, by the height that a card has on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Under 3 pixels: columns as stacked bars of phases.
    Bars,
    /// 3 to 10: coloured boxes, thin lines.
    Boxes,
    /// 10 to 24: boxes with a name, lines with arrows.
    Labels,
    /// 24 and more: cards that can be read, as elements of the page.
    Cards,
}

impl Level {
    /// The level at which a card of a height is seen at a scale.
    pub fn of(height: f32, scale: f64) -> Self {
        match f64::from(height) * scale {
            seen if seen < 3.0 => Self::Bars,
            seen if seen < 10.0 => Self::Boxes,
            seen if seen < 24.0 => Self::Labels,
            _ => Self::Cards,
        }
    }

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Boxes => "boxes",
            Self::Labels => "labels",
            Self::Cards => "cards",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_falls_with_the_size_on_the_screen() {
        let at = |seen: f64| Level::of(50.0, seen / 50.0);
        assert_eq!([at(2.9), at(3.0), at(9.9)], [Level::Bars, Level::Boxes, Level::Boxes]);
        assert_eq!([at(10.0), at(23.9), at(24.0)], [Level::Labels, Level::Labels, Level::Cards]);
    }
}
