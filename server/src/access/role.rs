//! Roles and rights: what a role allows, for every right there is.

use std::fmt;
use std::str::FromStr;

/// What a request needs to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Right {
    /// Nothing: who is to log in must be able to ask how.
    Public,
    /// To be somebody.
    Known,
    /// Seeing what is registered and what runs.
    View,
    /// Reading inputs, outputs, logs and decks.
    Read,
    /// Sending a program or an input.
    Upload,
    /// Launching.
    Launch,
    /// Answering a gate.
    Signal,
    /// Ending or archiving executions; their own is every launcher's.
    Control,
    /// Registering, describing and activating what can be launched.
    Register,
    /// Deciding for a project: its attributes, its roles, its audit.
    Manage,
    /// Reporting what runs, and keeping results: for propellers alone.
    Report,
}

impl Right {
    /// Every right, from the least.
    #[cfg(test)]
    pub(crate) const ALL: [Right; 11] = [
        Right::Public,
        Right::Known,
        Right::View,
        Right::Read,
        Right::Upload,
        Right::Launch,
        Right::Signal,
        Right::Control,
        Right::Register,
        Right::Manage,
        Right::Report,
    ];

    /// The least role of people that has it, as refusals name it; none for what is not for people.
    pub(crate) fn least(self) -> Option<Role> {
        Role::ALL.into_iter().find(|role| *role != Role::Propeller && role.allows(self))
    }

    /// Whether the audit notes what was allowed; it notes every refusal.
    pub(crate) const fn is_noted(self) -> bool {
        match self {
            Right::Public | Right::Known | Right::View | Right::Report => false,
            Right::Read
            | Right::Upload
            | Right::Launch
            | Right::Signal
            | Right::Control
            | Right::Register
            | Right::Manage => true,
        }
    }
}

/// What somebody is in a project and domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees everything and reads data.
    Viewer,
    /// Launches what others registered, and ends what it launched.
    Launcher,
    /// Registers, and ends what others launched.
    Contributor,
    /// Decides for a project; everywhere, for the server.
    Admin,
    /// Runs executions: a part of the platform, not a person.
    Propeller,
}

impl Role {
    /// Every role; each of people's has all that those before it have.
    pub const ALL: [Role; 5] =
        [Role::Viewer, Role::Launcher, Role::Contributor, Role::Admin, Role::Propeller];

    /// As files, commands and refusals write it.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Launcher => "launcher",
            Role::Contributor => "contributor",
            Role::Admin => "admin",
            Role::Propeller => "propeller",
        }
    }

    /// Whether the role has a right.
    pub(crate) const fn allows(self, right: Right) -> bool {
        use Right::{Control, Known, Launch, Manage, Public, Read, Register, Report, Signal, Upload, View};
        match self {
            Role::Viewer => matches!(right, Public | Known | View | Read),
            Role::Launcher => Role::Viewer.allows(right) || matches!(right, Upload | Launch | Signal),
            Role::Contributor => Role::Launcher.allows(right) || matches!(right, Control | Register),
            Role::Admin => Role::Contributor.allows(right) || matches!(right, Manage),
            Role::Propeller => {
                matches!(right, Public | Known | View | Read | Upload | Launch | Signal | Control | Report)
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Role, String> {
        let found = Role::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| {
            let known = Role::ALL.map(Role::name).join(", ");
            format!("`{text}` is no role; write one of {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_role_allows() {
        let row = |right: Right| {
            let marks = Role::ALL.map(|role| if role.allows(right) { "x" } else { "." });
            format!("{right:?} {}\n", marks.join(" "))
        };
        expect![[r#"
            Public x x x x x
            Known x x x x x
            View x x x x x
            Read x x x x x
            Upload . x x x x
            Launch . x x x x
            Signal . x x x x
            Control . . x x x
            Register . . x x .
            Manage . . . x .
            Report . . . . x
        "#]]
        .assert_eq(&Right::ALL.map(row).concat());
    }

    #[test]
    fn each_role_of_people_has_what_those_before_it_have() {
        for pair in Role::ALL[..4].windows(2) {
            for right in Right::ALL {
                assert!(!pair[0].allows(right) || pair[1].allows(right), "{pair:?} {right:?}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        assert!("Admin".parse::<Role>().unwrap_err().contains("viewer, launcher"));
    }
}
