//! An identity provider whose tokens can be bent: it says of itself what a test wants, and signs what it is given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aileron_server::{Authentication, External, Secret, Settings};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// For whom its tokens are.
pub(super) const AUDIENCE: &str = "https://aileron.test";
pub(super) const CLIENT: &str = "console";

pub(super) struct Provider {
    pub(super) issuer: String,
    state: Arc<Served>,
}

#[derive(Default)]
struct Served {
    issuer: Mutex<String>,
    /// Its page that ends sessions; empty for none.
    end_session: Mutex<String>,
    keys: Mutex<Vec<(String, Arc<EcdsaKeyPair>)>>,
    /// How often its keys were fetched.
    fetched: Mutex<usize>,
    /// What the token endpoint answers.
    answer: Mutex<Value>,
    /// What the token endpoint was sent.
    asked: Mutex<Option<String>>,
}

impl Provider {
    pub(super) async fn start() -> Provider {
        let state = Arc::new(Served::default());
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(state.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        *state.issuer.lock().unwrap() = issuer.clone();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let provider = Provider { issuer, state };
        provider.add_key("first");
        provider
    }

    /// Adds a key, which signs from now on.
    pub(super) fn add_key(&self, id: &str) {
        self.state.keys.lock().unwrap().insert(0, (id.to_owned(), Arc::new(fresh_key())));
    }

    pub(super) fn key(&self) -> (String, Arc<EcdsaKeyPair>) {
        self.state.keys.lock().unwrap()[0].clone()
    }

    pub(super) fn fetches(&self) -> usize {
        *self.state.fetched.lock().unwrap()
    }

    pub(super) fn say_issuer(&self, issuer: &str) {
        issuer.clone_into(&mut self.state.issuer.lock().unwrap());
    }

    /// From its next discovery on it has a page that ends sessions.
    pub(super) fn end_sessions_at(&self, url: &str) {
        url.clone_into(&mut self.state.end_session.lock().unwrap());
    }

    pub(super) fn answer(&self, answer: Value) {
        *self.state.answer.lock().unwrap() = answer;
    }

    pub(super) fn asked(&self) -> String {
        self.state.asked.lock().unwrap().clone().unwrap_or_default()
    }

    /// A token with these claims, and what every good one has where they do not say otherwise.
    pub(super) fn token(&self, claims: &Value) -> String {
        let (id, key) = self.key();
        let mut all = json!({
            "iss": self.issuer, "aud": AUDIENCE, "sub": "ann", "iat": now(), "exp": now() + 600, "client_id": "cli",
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let head = json!({ "alg": "ES256", "typ": "at+jwt", "kid": id });
        signed(&head.to_string(), &all.to_string(), &key)
    }

    /// What a server is told that asks this provider.
    pub(super) fn settings(&self) -> impl FnOnce(&mut Settings) + use<> {
        let issuer = self.issuer.clone();
        move |settings| {
            settings.max_caller_rate = 0;
            settings.authentication = Authentication::External(Box::new(External {
                issuer,
                audience: vec![AUDIENCE.to_owned()],
                client_id: CLIENT.to_owned(),
                client_secret: Some(Secret::new("of the console")),
                public_client_id: "flytectl".to_owned(),
                scopes: vec!["openid".to_owned()],
                client_audience: String::new(),
                required_scope: String::new(),
                algorithms: ["RS256", "PS256", "ES256", "ES384", "EdDSA"].map(str::to_owned).to_vec(),
                user_claim: "sub".to_owned(),
                groups_claim: "groups".to_owned(),
                least_key_pause: Duration::from_millis(500),
            }));
        }
    }
}

pub(super) fn now() -> i64 {
    i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap()
}

pub(super) fn fresh_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap()
}

/// A token of a head and claims, whatever they are.
pub(super) fn signed(head: &str, claims: &str, key: &EcdsaKeyPair) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn discovery(State(served): State<Arc<Served>>) -> axum::Json<Value> {
    let issuer = served.issuer.lock().unwrap().clone();
    let end_session = served.end_session.lock().unwrap().clone();
    axum::Json(json!({
        "end_session_endpoint": end_session,
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "device_authorization_endpoint": format!("{issuer}/device"), "grant_types_supported": ["authorization_code"],
    }))
}

async fn keys(State(served): State<Arc<Served>>) -> axum::Json<Value> {
    *served.fetched.lock().unwrap() += 1;
    let shown = |(id, key): &(String, Arc<EcdsaKeyPair>)| {
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": id, "x": x, "y": y })
    };
    let mut all: Vec<Value> = served.keys.lock().unwrap().iter().map(shown).collect();
    // What no token may be checked by: a shared secret, a key for something else, one without a name.
    all.push(json!({ "kty": "oct", "kid": "shared", "k": "AAAA", "alg": "HS256" }));
    all.push(json!({ "kty": "EC", "crv": "P-256", "use": "enc", "kid": "enc", "x": all[0]["x"], "y": all[0]["y"] }));
    all.push(json!({ "kty": "EC", "crv": "P-256", "x": all[0]["x"], "y": all[0]["y"] }));
    all.push(json!("no key"));
    axum::Json(json!({ "keys": all }))
}

async fn token(State(served): State<Arc<Served>>, body: String) -> axum::Json<Value> {
    *served.asked.lock().unwrap() = Some(body);
    axum::Json(served.answer.lock().unwrap().clone())
}
