//! Every setting as a flag and as a variable of the environment.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::table::{Key, Otherwise};
use super::{KEYS, Origin};

/// What flags and variables give.
#[derive(Debug, Default)]
pub(crate) struct Flags(pub(super) Vec<(&'static Key, String, Origin)>);

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        KEYS.iter().fold(command, |command, key| command.arg(argument(key)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args(command)
    }
}

fn argument(key: &'static Key) -> Arg {
    let help = match key.otherwise {
        Otherwise::Preset(default) => format!("{} [default: {default}]", key.help.trim()),
        Otherwise::Unset(meaning) => format!("{} [default: {meaning}]", key.help.trim()),
        Otherwise::Required => key.help.trim().to_owned(),
    };
    Arg::new(key.name)
        .long(key.flag())
        .env(key.variable())
        .hide_env_values(true)
        .value_name("VALUE")
        .allow_hyphen_values(true)
        .help(help)
        .help_heading(key.heading)
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |key: &'static Key| {
            let text = matches.get_one::<String>(key.name)?.clone();
            let origin = match matches.value_source(key.name)? {
                ValueSource::EnvVariable => Origin::Variable(key.variable()),
                _ => Origin::Flag(key.flag()),
            };
            Some((key, text, origin))
        };
        Ok(Flags(KEYS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Flags::from_arg_matches(matches)?;
        Ok(())
    }
}
