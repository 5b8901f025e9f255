//! One question of the API server, an `AdmissionReview` in JSON, and its answer.

use std::collections::BTreeMap;

use aileron_propeller::plugins::secrets;
use axum::Json;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::PodSpec;
use serde_json::{Value, json};

/// Answers with what is to be changed of a pod, or with why it cannot be created.
pub(super) async fn review(Json(review): Json<Value>) -> Json<Value> {
    let request = &review["request"];
    let mut response = json!({ "uid": request["uid"], "allowed": true });
    match changed(&request["object"]) {
        Ok(Some(spec)) => {
            let patch = json!([{ "op": "replace", "path": "/spec", "value": spec }]).to_string();
            response["patchType"] = "JSONPatch".into();
            response["patch"] = BASE64_STANDARD.encode(patch).into();
        }
        Ok(None) => {}
        Err(why) => {
            response["allowed"] = false.into();
            response["status"] = json!({ "code": 422, "reason": "Invalid", "message": why });
        }
    }
    Json(json!({ "apiVersion": review["apiVersion"], "kind": review["kind"], "response": response }))
}

/// The pod's specification with the secrets that it asks for, if it does.
fn changed(pod: &Value) -> Result<Option<PodSpec>, String> {
    let annotations: BTreeMap<String, String> =
        serde_json::from_value(pod["metadata"]["annotations"].clone()).unwrap_or_default();
    let asked = secrets::request::asked(&annotations).map_err(|error| error.to_string())?;
    if asked.is_empty() {
        return Ok(None);
    }
    let mut spec: PodSpec = serde_json::from_value(pod["spec"].clone()).map_err(|error| error.to_string())?;
    secrets::inject(&mut spec, &asked).map_err(|error| error.to_string())?;
    Ok(Some(spec))
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::Secret;

    use super::*;

    async fn asked(annotations: Value) -> Value {
        let pod = json!({"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "c"}]}});
        let question = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": "u", "object": pod}});
        review(Json(question)).await.0["response"].clone()
    }

    #[tokio::test]
    async fn a_pod_gets_the_secrets_that_it_asks_for() {
        let secret = Secret { group: "g".into(), key: "k".into(), ..Default::default() };
        let answer = asked(json!(secrets::request::annotations(&[secret]))).await;
        assert_eq!((&answer["uid"], &answer["allowed"]), (&json!("u"), &json!(true)));
        let patch = BASE64_STANDARD.decode(answer["patch"].as_str().unwrap()).unwrap();
        let patch: Value = serde_json::from_slice(&patch).unwrap();
        assert_eq!(
            patch[0]["value"]["containers"][0]["volumeMounts"][0]["mountPath"],
            "/etc/flyte/secrets/g"
        );
    }

    #[tokio::test]
    async fn a_pod_that_asks_for_none_stays_and_one_that_asks_wrongly_is_refused() {
        assert_eq!(asked(json!({})).await, json!({"uid": "u", "allowed": true}));
        let refused = asked(json!({"flyte.secrets/s0": "!"})).await;
        assert_eq!(refused["allowed"], false);
        assert!(refused["status"]["message"].as_str().unwrap().contains("names no secret"));
    }
}
