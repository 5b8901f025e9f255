//! How the inputs of a launch are shown: one model, four ways.

/// A way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputsView {
    /// A field for each.
    #[default]
    Fields,
    /// One text.
    Json,
    /// One text.
    Yaml,
    /// What launches the same from a terminal.
    Commands,
}

impl InputsView {
    /// Every way, in the order of the tabs.
    pub const ALL: [Self; 4] = [Self::Fields, Self::Json, Self::Yaml, Self::Commands];

    /// Its word in an address.
    pub fn key(self) -> &'static str {
        match self {
            Self::Fields => "fields",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Commands => "commands",
        }
    }

    /// Its tab.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fields => "Fields",
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Commands => "Commands",
        }
    }
}
