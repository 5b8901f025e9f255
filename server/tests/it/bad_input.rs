//! Whatever stands in a field, the caller is told what is wrong with it: no request makes the server fail.
//! The requests are those of the table of calls, with one field at a time set to what it may not hold.

use aileron_idl::json::Unknown;
use aileron_idl::reflect;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};
use tonic::Code;

use crate::harness::TestServer;
use crate::protocols::{Answer, Grpc, calls, prepared};

/// What a refusal of a caller's fault may be.
const REFUSALS: [Code; 8] = [
    Code::InvalidArgument,
    Code::NotFound,
    Code::AlreadyExists,
    Code::FailedPrecondition,
    Code::ResourceExhausted,
    Code::PermissionDenied,
    Code::Unimplemented,
    Code::Aborted,
];
const UNKNOWN_NUMBER: i32 = 99_999;

/// Where a field is, by the names that lead to it.
type Path = Vec<FieldDescriptor>;

/// Each single field of a message and of those in it, set or not.
fn fields(message: &DynamicMessage, before: &Path, found: &mut Vec<Path>) {
    for field in message.descriptor().fields().filter(|field| !field.is_list() && !field.is_map()) {
        let path: Path = before.iter().cloned().chain([field.clone()]).collect();
        if let (true, Value::Message(inner)) = (message.has_field(&field), &*message.get_field(&field)) {
            fields(inner, &path, found);
        }
        found.push(path);
    }
}

/// What a field of its kind should not hold: too much, too little, what breaks out of SQL and of paths.
fn bad_values(kind: &Kind) -> Vec<Value> {
    let texts = [
        "x".repeat(300),
        "x".repeat(70_000),
        "\0".into(),
        "../../x".into(),
        "x'; DROP TABLE tasks; --".into(),
    ];
    match kind {
        Kind::String => texts.into_iter().map(Value::String).collect(),
        Kind::Bytes => vec![Value::Bytes(vec![255; 70_000].into())],
        Kind::Enum(_) => vec![Value::EnumNumber(UNKNOWN_NUMBER), Value::EnumNumber(-1)],
        Kind::Int32 => vec![Value::I32(i32::MIN), Value::I32(i32::MAX)],
        Kind::Int64 => vec![Value::I64(i64::MIN), Value::I64(i64::MAX)],
        Kind::Uint32 => vec![Value::U32(u32::MAX)],
        Kind::Uint64 => vec![Value::U64(u64::MAX)],
        Kind::Float => vec![Value::F32(f32::NAN)],
        Kind::Double => vec![Value::F64(f64::NAN)],
        Kind::Message(message) => vec![Value::Message(DynamicMessage::new(message.clone()))],
        _ => Vec::new(),
    }
}

fn set(message: &mut DynamicMessage, path: &[FieldDescriptor], value: Value) {
    match path {
        [field] => message.set_field(field, value),
        [field, rest @ ..] => match message.get_field_mut(field) {
            Value::Message(inner) => set(inner, rest, value),
            other => panic!("{other:?} is no message"),
        },
        [] => {}
    }
}

fn shown(path: &[FieldDescriptor]) -> String {
    path.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".")
}

/// The requests of the table with one bad field each, and which field that is.
fn bad_requests(request: &DynamicMessage) -> Vec<(String, Value, DynamicMessage)> {
    let mut found = Vec::new();
    fields(request, &Path::new(), &mut found);
    let mut requests = Vec::new();
    for path in found {
        for value in bad_values(&path[path.len() - 1].kind()) {
            let mut bad = request.clone();
            set(&mut bad, &path, value.clone());
            requests.push((shown(&path), value, bad));
        }
    }
    requests
}

async fn each_bad_request(server: &TestServer, mut look: impl FnMut(&str, &str, &Value, &Answer)) -> usize {
    let mut client = Grpc::connect(server).await;
    let mut count = 0;
    for call in calls(&server.storage.uri(&["data", "out"])) {
        let Some(request) = call.requests[0].as_ref().or(call.requests[1].as_ref()) else { continue };
        let request =
            reflect::read(call.method.input(), request.replace('@', "bad").as_bytes(), Unknown::Refused);
        for (field, value, bad) in bad_requests(&request.unwrap()) {
            look(call.method.name(), &field, &value, &client.call(&call.method, &bad).await);
            count += 1;
        }
    }
    count
}

#[tokio::test]
async fn no_field_of_any_request_makes_the_server_fail() {
    let server = prepared().await;
    let mut wrong = Vec::new();
    let count = each_bad_request(&server, |rpc, field, value, answer| {
        if let Answer::Refusal { code, message, .. } = answer
            && (!REFUSALS.contains(code) || message.is_empty())
        {
            wrong.push(format!("{rpc} with {field} = {:.60}: {code:?} {message:.200}", format!("{value:?}")));
        }
        // Which kind an id is of follows from the RPC; what an id says of it is passed over.
        if let (Answer::Message(_), Value::EnumNumber(_)) = (answer, value)
            && !field.ends_with("resource_type")
        {
            wrong.push(format!("{rpc} takes {field} = {value:?}"));
        }
    })
    .await;
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 2000, "{count}");
}

/// GetProject with an id that is no UTF-8.
const NO_TEXT: [u8; 4] = [10, 2, 255, 254];

#[tokio::test]
async fn text_that_is_no_utf8_is_the_callers_fault() {
    let server = TestServer::start().await;
    let frame = [&[0, 0, 0, 0, 4][..], &NO_TEXT].concat();
    let head = "POST /flyteidl.service.AdminService/GetProject HTTP/1.1\r\n\
                Content-Type: application/grpc-web+proto\r\nContent-Length: 9";
    let answer = server.http(head, &frame).await;
    let whole = format!("{}{}", answer.head, answer.text()).replace(": ", ":");
    assert!(whole.contains("grpc-status:3"), "{whole}");

    let post = |kind: &str, length: usize| {
        format!("POST /api/v1/projects HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}")
    };
    let json = b"{\"project\":{\"id\":\"\xff\xfe\"}}";
    for (kind, body) in [("application/octet-stream", &NO_TEXT[..]), ("application/json", &json[..])] {
        assert_eq!(server.http(&post(kind, body.len()), body).await.status, 400, "{kind}");
    }
    assert_eq!(server.get("/api/v1/projects/%FF%FE", "*/*").await.status, 404);
}

#[tokio::test]
async fn hundreds_of_filters_are_refused_before_the_store_sees_them() {
    let server = TestServer::start().await;
    for filter in ["eq(name,x)".to_owned(), "eq(nothing,x)".into(), "eq(name,x') OR 1=1 --)".into()] {
        let filters = vec![filter.replace(' ', "%20"); 500].join("%2B");
        let path = format!("/api/v1/tasks/flytesnacks/development?limit=5&filters={filters}");
        let answer = server.get(&path, "*/*").await;
        assert_eq!((answer.status, answer.json()["code"].as_i64()), (400, Some(3)), "{filter}");
    }
}
