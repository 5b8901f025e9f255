//! What a setting is, and the macro that makes one table the source of the settings' structure, the
//! file's keys, the flags, the environment's variables and the documentation.

use super::value::Value;

/// One setting. Its name is its key in the file; the flag and the variable follow from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// In lower case, with underscores.
    pub(crate) name: &'static str,
    /// The part of the documentation that it stands in.
    pub(crate) heading: &'static str,
    pub(crate) help: &'static str,
    /// What its values are, and in which unit.
    pub(crate) kind: &'static str,
    pub(crate) otherwise: Otherwise,
    /// Least and most.
    pub(crate) limits: Option<(&'static str, &'static str)>,
    /// A value in the form that the file has it, or why it is none.
    pub(crate) normal: fn(&str) -> Result<String, String>,
}

/// What holds when nobody gives a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Otherwise {
    /// This value.
    Preset(&'static str),
    /// Nothing, which means this.
    Unset(&'static str),
    /// Somebody has to.
    Required,
}

impl Key {
    /// `--data-dir`, without the dashes in front.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// `AILERON_DATA_DIR`.
    pub(crate) fn variable(&self) -> String {
        format!("AILERON_{}", self.name.to_uppercase())
    }

    /// Reads a value and holds it against the limits.
    pub(crate) fn read<T: Value>(&self, text: &str) -> Result<T, String> {
        let value = T::parse(text)?;
        let Some((least, most)) = self.limits else { return Ok(value) };
        if (T::parse(least)?..=T::parse(most)?).contains(&value) {
            Ok(value)
        } else {
            Err(format!("`{text}` is not between {least} and {most}"))
        }
    }
}

/// The key of a name that the table has.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    super::KEYS.iter().find(|key| key.name == name)
}

/// Makes of one table the structure `Settings` and its `KEYS`.
macro_rules! settings {
    ($($heading:literal {$(
        $(#[doc = $help:literal])+
        $name:ident: $type:ty = $otherwise:expr $(, $least:literal to $most:literal)?;
    )+})+) => {
        /// What a server is told. The values hold to the limits of their keys.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings {
            $($($(#[doc = $help])+ pub(crate) $name: $type,)+)+
        }

        /// Every setting, in the order of the documentation.
        pub(crate) const KEYS: &[$crate::settings::table::Key] = &[$($($crate::settings::table::Key {
            name: stringify!($name),
            heading: $heading,
            help: concat!($($help),+),
            kind: <$type as $crate::settings::value::Value>::KIND,
            otherwise: $otherwise,
            limits: [$(Some(($least, $most)),)? None][0],
            normal: $crate::settings::value::normal::<$type>,
        },)+)+];

        impl Settings {
            /// Reads every value; all that are wrong are told at once.
            pub(crate) fn read(
                given: &$crate::settings::sources::Given,
            ) -> Result<Settings, $crate::settings::problem::Problems> {
                let mut problems = Vec::new();
                $($(let $name: Option<$type> = given.read(stringify!($name), &mut problems);)+)+
                $($(let Some($name) = $name else { return Err(problems.into()) };)+)+
                if problems.is_empty() { Ok(Settings { $($($name,)+)+ }) } else { Err(problems.into()) }
            }
        }
    };
}
pub(super) use settings;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::KEYS;

    #[test]
    fn every_default_is_a_value_within_its_limits() {
        for key in KEYS {
            if let Otherwise::Preset(text) = key.otherwise {
                (key.normal)(text).unwrap_or_else(|problem| panic!("{}: {problem}", key.name));
            }
        }
    }

    #[test]
    fn a_name_has_three_spellings() {
        let key = key("data_dir").unwrap();
        assert_eq!((key.flag().as_str(), key.variable().as_str()), ("data-dir", "AILERON_DATA_DIR"));
    }
}
