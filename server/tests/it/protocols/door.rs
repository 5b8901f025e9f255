//! The doors of the port, each with its own way to write a request and to read an answer.

use aileron_idl::json::{Style, Unknown};
use aileron_idl::reflect;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use prost_types::Any;
use serde_json::Value;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};

use super::route::{Route, routes};
use crate::harness::{HttpAnswer, TestServer};

/// Each request has a number of its own, which refusals name.
const REQUEST_INFO: &str = "google.rpc.RequestInfo";
/// HTTP's statuses of gRPC's codes.
const STATUSES: [(Code, u16); 6] = [
    (Code::InvalidArgument, 400),
    (Code::FailedPrecondition, 400),
    (Code::NotFound, 404),
    (Code::AlreadyExists, 409),
    (Code::Unimplemented, 501),
    (Code::PermissionDenied, 403),
];

#[derive(Debug)]
pub(super) enum Door {
    Grpc,
    Web { text: bool },
    Rest { route: Route, protobuf: bool },
}

/// What a door answered, in one form for all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Message(Value),
    Refusal { code: Code, message: String, details: Vec<String> },
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

impl Door {
    /// Those at which a call can be made.
    pub(super) fn all(method: &MethodDescriptor, request: &str) -> Vec<Door> {
        let rest = routes(method, &serde_json::from_str(request).unwrap());
        let rest = rest
            .into_iter()
            .flat_map(|route| [false, true].map(|protobuf| Door::Rest { route: route.clone(), protobuf }));
        [Door::Grpc, Door::Web { text: false }, Door::Web { text: true }].into_iter().chain(rest).collect()
    }

    pub(super) async fn call(&self, server: &TestServer, method: &MethodDescriptor, request: &str) -> Answer {
        let message = reflect::read(method.input(), request.as_bytes(), Unknown::Refused).unwrap();
        match self {
            Door::Grpc => Grpc::connect(server).await.call(method, &message).await,
            Door::Web { text } => web(server, method, &message, *text).await,
            Door::Rest { route, protobuf } => {
                let request = serde_json::from_str(request).unwrap();
                let (head, body) = route.request(&request, protobuf.then_some(&message));
                rest(&server.http(&head, &body).await, method, *protobuf)
            }
        }
    }
}

impl Answer {
    fn of(method: &MethodDescriptor, message: &[u8]) -> Answer {
        let message = DynamicMessage::decode(method.output(), message).unwrap();
        Answer::Message(reflect::write(&message, Style::Snake).unwrap())
    }

    fn refusal(code: Code, message: &str, details: Vec<Any>) -> Answer {
        let told = details.into_iter().filter(|detail| !detail.type_url.ends_with(REQUEST_INFO));
        let details = told.map(|detail| format!("{detail:?}")).collect();
        Answer::Refusal { code, message: message.to_owned(), details }
    }

    fn of_status(status: &Status) -> Answer {
        let details = RpcStatus::decode(status.details()).unwrap().details;
        Answer::refusal(status.code(), status.message(), details)
    }

    /// The answer without the name that the door has for itself.
    pub(super) fn without(self, name: &str) -> Answer {
        match self {
            Answer::Message(value) => {
                Answer::Message(serde_json::from_str(&value.to_string().replace(name, "@")).unwrap())
            }
            Answer::Refusal { code, message, details } => {
                Answer::Refusal { code, message: message.replace(name, "@"), details }
            }
        }
    }

    pub(super) fn shape(self) -> Answer {
        match self {
            Answer::Message(value) => Answer::Message(super::shape(&value)),
            refusal @ Answer::Refusal { .. } => refusal,
        }
    }
}

/// gRPC, on one connection.
pub(crate) struct Grpc(tonic::client::Grpc<tonic::transport::Channel>);

impl Grpc {
    pub(crate) async fn connect(server: &TestServer) -> Grpc {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
        Grpc(tonic::client::Grpc::new(endpoint.connect().await.unwrap()))
    }

    pub(crate) async fn call(&mut self, method: &MethodDescriptor, message: &DynamicMessage) -> Answer {
        self.0.ready().await.unwrap();
        let request = tonic::Request::new(message.encode_to_vec());
        match self.0.unary(request, path(method).parse().unwrap(), Raw).await {
            Ok(answer) => Answer::of(method, answer.get_ref()),
            Err(status) => Answer::of_status(&status),
        }
    }
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

async fn web(server: &TestServer, method: &MethodDescriptor, message: &DynamicMessage, text: bool) -> Answer {
    let mut body = framed(&message.encode_to_vec());
    let mut kind = "application/grpc-web+proto";
    if text {
        (body, kind) = (STANDARD.encode(body).into_bytes(), "application/grpc-web-text+proto");
    }
    let head = format!(
        "POST {} HTTP/1.1\r\nContent-Type: {kind}\r\nAccept: {kind}\r\nX-Grpc-Web: 1\r\nContent-Length: {}",
        path(method),
        body.len()
    );
    let answer = server.http(&head, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let bytes = if text { untexted(&answer.body) } else { answer.body.clone() };
    let (message, trailers) = unframed(&bytes);
    // A refusal may have its status among the headers and no body.
    let trailers = trailers.unwrap_or_else(|| answer.head.clone());
    let mut headers = http::HeaderMap::new();
    for (name, value) in trailers.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim().parse().unwrap();
        headers.insert(http::HeaderName::from_bytes(name.trim().as_bytes()).unwrap(), value);
    }
    let status = Status::from_header_map(&headers).expect("a status");
    match (status.code(), message) {
        (Code::Ok, Some(message)) => Answer::of(method, &message),
        _ => Answer::of_status(&status),
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat()
}

/// The message and the trailers of a body.
fn unframed(mut body: &[u8]) -> (Option<Vec<u8>>, Option<String>) {
    let (mut message, mut trailers) = (None, None);
    while let [flag, a, b, c, d, rest @ ..] = body {
        let (frame, next) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        match flag {
            0 => message = Some(frame.to_vec()),
            _ => trailers = Some(String::from_utf8(frame.to_vec()).unwrap()),
        }
        body = next;
    }
    (message, trailers)
}

/// Each frame may be padded on its own.
fn untexted(body: &[u8]) -> Vec<u8> {
    let padless =
        |letters: &[u8]| letters.iter().copied().filter(|letter| *letter != b'=').collect::<Vec<_>>();
    body.chunks(4).flat_map(|letters| STANDARD_NO_PAD.decode(padless(letters)).unwrap()).collect()
}

fn rest(answer: &HttpAnswer, method: &MethodDescriptor, protobuf: bool) -> Answer {
    if answer.status == 200 {
        return if protobuf { Answer::of(method, &answer.body) } else { Answer::Message(answer.json()) };
    }
    let status = if protobuf {
        RpcStatus::decode(&*answer.body).unwrap()
    } else {
        let told = answer.json();
        let details = told["details"].as_array().unwrap().iter().map(detail).collect();
        RpcStatus {
            code: told["code"].as_i64().unwrap().try_into().unwrap(),
            message: told["message"].as_str().unwrap().to_owned(),
            details,
        }
    };
    let code = Code::from_i32(status.code);
    assert!(STATUSES.contains(&(code, answer.status)), "{} {}", answer.status, answer.text());
    Answer::refusal(code, &status.message, status.details)
}

fn detail(told: &Value) -> Any {
    let type_url = told["@type"].as_str().unwrap().to_owned();
    let name = type_url.rsplit('/').next().unwrap();
    let mut fields = told.clone();
    fields.as_object_mut().unwrap().remove("@type");
    let value = reflect::descriptor(name).map_or_else(
        |_| Vec::new(),
        |known| {
            reflect::read(known, fields.to_string().as_bytes(), Unknown::Refused).unwrap().encode_to_vec()
        },
    );
    Any { type_url, value }
}

/// Messages as they are.
pub(crate) struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        use bytes::Buf as _;
        let mut item = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut item);
        Ok(Some(item))
    }
}
