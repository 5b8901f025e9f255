//! The page's colours, read from its style sheet: themes are made there alone.

use web_sys::{CssStyleDeclaration, Element};

use crate::browser;
use crate::model::phase::Phase;
use crate::model::scene::view::TONES;

/// Colours of what is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Palette {
    pub(super) surface: String,
    pub(super) sunken: String,
    pub(super) line: String,
    pub(super) strong: String,
    pub(super) ink: String,
    pub(super) soft: String,
    pub(super) accent: String,
    pub(super) red: String,
    pub(super) amber: String,
    pub(super) green: String,
    pub(super) font: String,
    /// Strong and soft colour of each tone.
    pub(super) tones: [(String, String); TONES],
}

/// The variables by which a change of theme is noticed.
pub(super) fn sign(style: &CssStyleDeclaration) -> String {
    variable(style, "--surface") + &variable(style, "--ink") + &variable(style, "--line-strong")
}

pub(super) fn style_of(element: &Element) -> Option<CssStyleDeclaration> {
    leptos::prelude::window().get_computed_style(element).ok().flatten()
}

/// A variable; of `light-dark(a, b)`, which a canvas does not know, the one that is seen.
fn variable(style: &CssStyleDeclaration, name: &str) -> String {
    let value = style.get_property_value(name).unwrap_or_default();
    let pair = value.trim().strip_prefix("light-dark(").and_then(|rest| rest.strip_suffix(')'));
    match pair.and_then(|pair| pair.split_once(',')) {
        Some((_, dark)) if is_dark(style) => dark.trim().to_owned(),
        Some((light, _)) => light.trim().to_owned(),
        None => value.trim().to_owned(),
    }
}

fn is_dark(style: &CssStyleDeclaration) -> bool {
    match style.get_property_value("color-scheme").unwrap_or_default().as_str() {
        "dark" => true,
        "light" => false,
        _ => browser::matches("(prefers-color-scheme: dark)"),
    }
}

impl Palette {
    pub(super) fn read(style: &CssStyleDeclaration) -> Self {
        let of = |name: &str| variable(style, name);
        let tone = |name: &str| (of(&format!("--{name}")), of(&format!("--{name}-soft")));
        Self {
            surface: of("--surface"),
            sunken: of("--sunken"),
            line: of("--line"),
            strong: of("--line-strong"),
            ink: of("--ink"),
            soft: of("--ink-soft"),
            accent: of("--accent"),
            red: of("--red"),
            amber: of("--amber"),
            green: of("--green"),
            font: of("--font"),
            tones: ["grey", "blue", "green", "red", "amber", "grey"].map(tone),
        }
    }
}

/// Which tone a phase has.
pub(super) fn tone(phase: Phase) -> usize {
    match phase {
        Phase::Waiting | Phase::NotRun | Phase::Skipped | Phase::Queued => 0,
        Phase::Running | Phase::Succeeding => 1,
        Phase::Succeeded | Phase::Recovered => 2,
        Phase::Failed | Phase::Failing | Phase::TimedOut => 3,
        Phase::Aborted | Phase::Aborting => 4,
    }
}
