//! Who reads the pages, and what they may do where, as the server tells it.

use aileron_idl::service::UserInfoResponse;

use super::route::Place;

/// Somebody whom the server knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    /// What they are called.
    pub name: String,
    /// Each a role and its scope: `viewer in shop/*`.
    pub roles: Vec<String>,
}

/// What somebody may do in a place; each has what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// See what is there, if that.
    Look,
    /// Launch, answer gates, and end what they have launched.
    Launch,
    /// Register and activate, and end what others have launched.
    Change,
}

impl May {
    /// As the page's styles name it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Launch => "launch",
            Self::Change => "change",
        }
    }

    fn of_role(role: &str) -> Self {
        match role {
            "launcher" => Self::Launch,
            "contributor" | "admin" => Self::Change,
            _ => Self::Look,
        }
    }
}

impl Reader {
    /// The reader of an answer.
    pub fn of(answer: UserInfoResponse) -> Self {
        let mut claims = answer.additional_claims.unwrap_or_default().fields;
        let roles = match claims.remove("roles").and_then(|claim| claim.kind) {
            Some(prost_types::value::Kind::ListValue(list)) => list.values,
            _ => Vec::new(),
        };
        let text = |value: prost_types::Value| match value.kind {
            Some(prost_types::value::Kind::StringValue(text)) => Some(text),
            _ => None,
        };
        Self { name: answer.name, roles: roles.into_iter().filter_map(text).collect() }
    }

    /// What they may do in a place: the most of what their roles there allow.
    pub fn may(&self, place: &Place) -> May {
        let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        let of = |text: &String| {
            let (role, scope) = text.split_once(" in ")?;
            let (project, domain) = scope.split_once('/')?;
            (fits(project, &place.project) && fits(domain, &place.domain)).then(|| May::of_role(role))
        };
        self.roles.iter().filter_map(of).max().unwrap_or(May::Look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_add_up_and_count_in_their_scope_alone() {
        let roles =
            ["viewer in */*", "launcher in shop/*", "contributor in shop/development", "propeller in */*"];
        let reader = Reader { name: "ann".into(), roles: roles.map(str::to_owned).to_vec() };
        assert_eq!(reader.may(&Place::new("shop", "development")), May::Change);
        assert_eq!(reader.may(&Place::new("shop", "production")), May::Launch);
        assert_eq!(reader.may(&Place::new("other", "development")), May::Look);
        assert_eq!(Reader::default().may(&Place::new("shop", "development")), May::Look);
    }
}
