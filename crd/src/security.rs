//! As whom tasks run and which secrets they get. Plain JSON in snake case, with numbers for enums.

use aileron_idl::core;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The security settings of an execution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityContext {
    /// As whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as: Option<Identity>,
    /// Secrets of every task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Tokens that are asked for; carried, not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Value>,
}

/// As whom a task runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// A role of the cloud.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub iam_role: String,
    /// A service account of the namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub k8s_service_account: String,
    /// Who launched the execution.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub execution_identity: String,
}

/// A secret that a task asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Secret {
    /// The name of what holds it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The version of that.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group_version: String,
    /// Its name in there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// 0 leaves it open, 1 wants a variable of the environment, 2 a file.
    #[serde(skip_serializing_if = "is_zero")]
    pub mount_requirement: i32,
    /// The variable's name, instead of the usual one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub env_var: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl From<&core::SecurityContext> for SecurityContext {
    /// Without tokens, which nobody redeems.
    fn from(context: &core::SecurityContext) -> Self {
        SecurityContext {
            run_as: context.run_as.as_ref().map(Identity::from),
            secrets: context.secrets.iter().map(Secret::from).collect(),
            tokens: Vec::new(),
        }
    }
}

impl From<&core::Identity> for Identity {
    fn from(identity: &core::Identity) -> Self {
        Identity {
            iam_role: identity.iam_role.clone(),
            k8s_service_account: identity.k8s_service_account.clone(),
            execution_identity: identity.execution_identity.clone(),
        }
    }
}

impl From<&core::Secret> for Secret {
    fn from(secret: &core::Secret) -> Self {
        Secret {
            group: secret.group.clone(),
            group_version: secret.group_version.clone(),
            key: secret.key.clone(),
            mount_requirement: secret.mount_requirement,
            env_var: secret.env_var.clone(),
        }
    }
}
