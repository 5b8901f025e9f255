//! Tokens that do not count, by class, in `bad_tokens.txt`: none is taken at any door, and each is refused as what it is.

use aileron_idl::admin::GetVersionRequest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use sha2::Sha256;
use tonic::{Code, Request};

use super::provider::{AUDIENCE, Provider, fresh_key, now, signed};
use super::{bearer, get};
use crate::harness::TestServer;

const TOKENS: &str = include_str!("bad_tokens.txt");

/// A text with the provider's names in it.
fn filled(text: &str, provider: &Provider, other: &EcdsaKeyPair) -> String {
    let (x, y) = other.public_key().as_ref()[1..].split_at(32);
    let mut text = text
        .replace("$kid", &provider.key().0)
        .replace("$iss", &provider.issuer)
        .replace("$aud", AUDIENCE)
        .replace("$x", &URL_SAFE_NO_PAD.encode(x))
        .replace("$y", &URL_SAFE_NO_PAD.encode(y));
    while let Some(at) = text.find("$now+") {
        let rest = &text[at + 5..];
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '-').unwrap_or(rest.len());
        let by: i64 = rest[..end].parse().unwrap();
        text.replace_range(at..at + 5 + end, &(now() + by).to_string());
    }
    text
}

fn token(line: &str, provider: &Provider, other: &EcdsaKeyPair) -> String {
    let mut columns = line.split(" | ");
    let (head, claims) = (columns.next().unwrap(), columns.next().unwrap());
    let good = provider.token(&json!({}));
    if head == "raw" {
        return if claims == "long" { "x".repeat(40_000) } else { claims.replace("$good", &good) };
    }
    let kind = columns.next().unwrap();
    let (head, claims) = (filled(head, provider, other), filled(claims, provider, other));
    let key = provider.key().1;
    let whole = signed(&head, &claims, &key);
    let (text, signature) = whole.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |bytes: &[u8]| format!("{text}.{}", URL_SAFE_NO_PAD.encode(bytes));
    let point = key.public_key().as_ref();
    let hmac = |secret: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(text.as_bytes());
        with(&mac.finalize().into_bytes())
    };
    match kind {
        "good" => whole,
        "empty" => with(&[]),
        "other" => signed(&head, &claims, other),
        "flipped" => with(&[&[raw[0] ^ 1][..], &raw[1..]].concat()),
        "truncated" => with(&raw[..63]),
        "longer" => with(&[&raw[..], &[0]].concat()),
        "zero" => with(&[0; 64]),
        "ones" => with(&[[0; 31].as_slice(), &[1], &[0; 31], &[1]].concat()),
        "der" => with(&der(text)),
        "padded" => format!("{whole}=="),
        "plus" => format!("{text}.+/{}", &signature[2..]),
        "of-other-claims" => format!("{text}.{}", good.rsplit_once('.').unwrap().1),
        "of-other-head" => {
            let elsewhere = signed(&format!("{head} "), &claims, &key);
            format!("{text}.{}", elsewhere.rsplit_once('.').unwrap().1)
        }
        "twice" => format!("{text}.{signature}{signature}"),
        "space" => format!("{text} .{signature}"),
        "hmac-point" => hmac(point),
        "hmac-x" => hmac(URL_SAFE_NO_PAD.encode(&point[1..33]).as_bytes()),
        "hmac-shared" => hmac(&[0, 0, 0]),
        other => panic!("{other}"),
    }
}

/// A signature in the form of certificates, by a key of the same kind.
fn der(text: &str) -> Vec<u8> {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &random).unwrap();
    key.sign(&random, text.as_bytes()).unwrap().as_ref().to_vec()
}

#[tokio::test]
async fn a_bad_token_opens_nothing_at_any_door() {
    let provider = Provider::start().await;
    let server = TestServer::start_with(provider.settings(), false).await;
    let other = fresh_key();
    let mut wrong = Vec::new();
    let lines: Vec<&str> = TOKENS.lines().filter(|line| !line.starts_with("# ")).collect();
    for line in &lines {
        let token = token(line, &provider, &other);
        let answer = get(&server, "/api/v1/version", &bearer(&token)).await;
        let mut request = Request::new(GetVersionRequest {});
        request.metadata_mut().insert("flyte-authorization", format!("Bearer {token}").parse().unwrap());
        let over_grpc = server.admin.clone().get_version(request).await.map(drop);
        let code = over_grpc.err().map_or(Code::Ok, |status| status.code());
        if answer.status != 401 || code != Code::Unauthenticated {
            wrong.push(format!("{} {code:?} {}: {line}", answer.status, answer.text()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
    assert!(lines.len() >= 200, "{}", lines.len());
    // And a good one opens.
    let good = provider.token(&json!({}));
    assert_eq!(get(&server, "/api/v1/version", &bearer(&good)).await.status, 200);
}
