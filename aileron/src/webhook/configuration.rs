//! What the API server is told of the webhook.

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::Webhook;

/// Where the API server asks.
pub(super) const PATH: &str = "/mutate--v1-pod";
/// The webhook's own name.
const NAME: &str = "flyte-pod-webhook.flyte.org";

/// Applies the configuration: pods with the label are shown to the webhook, and not created while it is away.
pub(super) async fn apply(client: &Client, asked: &Webhook, trusted: &str) -> Result<()> {
    let (label, value) = aileron_propeller::plugins::secrets::request::LABEL;
    let bundle = BASE64_STANDARD.encode(trusted);
    let reached = match &asked.address {
        Some(address) => json!({ "caBundle": bundle, "url": format!("https://{address}{PATH}") }),
        None => json!({
            "caBundle": bundle,
            "service": { "name": asked.service, "namespace": asked.namespace, "path": PATH, "port": 443 },
        }),
    };
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": { "name": asked.service },
        "webhooks": [{
            "name": NAME,
            "clientConfig": reached,
            "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"] }],
            "objectSelector": { "matchLabels": { label: value } },
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }],
    });
    let api: Api<MutatingWebhookConfiguration> = Api::all(client.clone());
    let params = PatchParams::apply("aileron-webhook").force();
    api.patch(&asked.service, &params, &Patch::Apply(&configuration)).await?;
    Ok(())
}
