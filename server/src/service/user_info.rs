//! UserInfo: who the caller is, and which roles they have.

use std::collections::BTreeMap;

use aileron_idl::service::{UserInfoRequest, UserInfoResponse};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};

use crate::access::caller;
use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// The caller by name; `additional_claims` has their groups and their roles, each with its scope.
    pub(crate) async fn user_info(&self, _: UserInfoRequest) -> Result<UserInfoResponse, ServiceError> {
        let Some(caller) = caller::current() else { return Ok(UserInfoResponse::default()) };
        let policy = self.access.policy(&self.store).await;
        let roles = policy.roles(&caller).map(|(role, scope)| format!("{role} in {scope}"));
        let claims = [("roles", texts(roles)), ("groups", texts(caller.groups.iter().cloned()))];
        let fields: BTreeMap<String, Value> =
            claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let plain = caller.who.name();
        let name = if caller.name.is_empty() { plain } else { &caller.name };
        Ok(UserInfoResponse {
            subject: caller.who.to_string(),
            preferred_username: plain.to_owned(),
            name: name.to_owned(),
            email: caller.email.clone(),
            additional_claims: Some(Struct { fields }),
            ..UserInfoResponse::default()
        })
    }
}

fn texts(all: impl Iterator<Item = String>) -> Value {
    let values = all.map(|text| Value { kind: Some(Kind::StringValue(text)) }).collect();
    Value { kind: Some(Kind::ListValue(ListValue { values })) }
}
