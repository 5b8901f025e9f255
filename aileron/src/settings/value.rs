//! The types of settings: how each is read from text and written in the file.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use aileron_server::Database;
use tracing_subscriber::EnvFilter;

/// A type that settings have.
pub(crate) trait Value: PartialOrd + Sized {
    /// What its values are, and in which unit.
    const KIND: &'static str;

    /// Reads it; the error says what is wrong and what would be right.
    fn parse(text: &str) -> Result<Self, String>;

    /// As a value of the file.
    fn show(&self) -> String;

    /// The value when nobody gave one, if that is one.
    fn unset() -> Option<Self> {
        None
    }
}

/// A value in the form that the file has it.
pub(crate) fn normal<T: Value>(text: &str) -> Result<String, String> {
    T::parse(text).map(|value| value.show())
}

/// A size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct Size(pub(crate) u64);

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct Span(pub(crate) Duration);

/// An address of a server, without a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct Url(pub(crate) String);

/// An address of a service that may have a path: Azure's emulators have the account in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct Endpoint(pub(crate) String);

/// Where objects lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct ObjectsUri(pub(crate) String);

/// Where the metadata is kept.
#[derive(Clone, PartialEq, Eq, PartialOrd)]
pub(crate) struct DatabaseUrl(pub(crate) String);

/// Names and values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

/// An amount of a resource, as Kubernetes writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct Quantity(pub(crate) String);

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) struct LogFilter(pub(crate) String);

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What runs tasks in their images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Containers {
    /// Nothing: images are ignored.
    Off,
    Podman,
    Docker,
}

/// How tasks are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum TaskIsolation {
    Off,
    /// With the machine's network.
    SharedNetwork,
    /// With a loopback of their own alone.
    NoNetwork,
}

/// Which tasks are held to what they may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum TaskLimits {
    Off,
    Asked,
    All,
}

/// What a collector of traces speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum OtlpProtocol {
    /// OTLP over gRPC, usually on port 4317.
    Grpc,
    /// OTLP over HTTP with protobuf, usually on port 4318.
    Http,
}

/// Who tells callers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Auth {
    /// Nobody.
    Off,
    /// This server.
    BuiltIn,
    /// An identity provider, by OpenID Connect.
    Oidc,
}

/// Who runs executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Driver {
    /// Child processes of this machine.
    Local,
    /// A propeller in a cluster.
    Kubernetes,
}

/// Units and how many of the smallest each is, the largest first.
type Units = [(&'static str, u64)];
const SIZES: &Units = &[("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
const TIMES: &Units = &[("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a whole number and its unit.
fn measured(text: &str, units: &Units, plain: u64) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" => plain,
        unit => units.iter().find(|(name, _)| *name == unit)?.1,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// Writes it in the largest unit that needs no fraction.
fn in_units(value: u64, units: &Units) -> String {
    let whole = units.iter().find(|(_, factor)| value != 0 && value.is_multiple_of(*factor));
    let (name, factor) = whole.or(units.last()).copied().unwrap_or(("", 1));
    quoted(&format!("{} {name}", value / factor))
}

fn quoted(text: &str) -> String {
    // The escapes of JSON are escapes of TOML too.
    serde_json::Value::from(text).to_string()
}

impl Value for Size {
    const KIND: &'static str = "size: bytes, or with KiB, MiB or GiB";

    fn parse(text: &str) -> Result<Self, String> {
        let bytes = measured(text, SIZES, 1);
        bytes
            .map(Size)
            .ok_or_else(|| format!("`{text}` is no size; write a whole number of bytes, or `64 MiB`"))
    }

    fn show(&self) -> String {
        in_units(self.0, SIZES)
    }
}

impl Value for Span {
    const KIND: &'static str = "time: seconds, or with ms, s, min or h";

    fn parse(text: &str) -> Result<Self, String> {
        let millis = measured(text, TIMES, 1000);
        millis
            .map(|millis| Span(Duration::from_millis(millis)))
            .ok_or_else(|| format!("`{text}` is no time; write a whole number of seconds, or `500 ms`"))
    }

    fn show(&self) -> String {
        in_units(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), TIMES)
    }
}

impl Value for Url {
    const KIND: &'static str = "http:// or https:// address without a path";

    fn parse(text: &str) -> Result<Self, String> {
        let problem = || format!("`{text}` is no address; write one like `http://host:30080`");
        let url: http::Uri = text.parse().map_err(|_| problem())?;
        let known = matches!(url.scheme_str(), Some("http" | "https"));
        let plain = url.authority().is_some() && url.path().trim_matches('/').is_empty();
        if known && plain { Ok(Url(text.trim_end_matches('/').to_owned())) } else { Err(problem()) }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Value for Endpoint {
    const KIND: &'static str = "http:// or https:// address";

    fn parse(text: &str) -> Result<Self, String> {
        let url: Option<http::Uri> = text.parse().ok();
        let whole =
            |url: &http::Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.query().is_none();
        match url.filter(whole) {
            Some(_) => Ok(Endpoint(text.trim_end_matches('/').to_owned())),
            None => Err(format!("`{text}` is no address; write one like `http://host:10000`")),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Value for ObjectsUri {
    const KIND: &'static str = "absolute folder, or URI of one or of a bucket";

    fn parse(text: &str) -> Result<Self, String> {
        match aileron_storage::Target::new(text).check_uri() {
            Ok(()) => Ok(ObjectsUri(text.to_owned())),
            Err(error) => Err(error.to_string()),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Value for DatabaseUrl {
    const KIND: &'static str = "sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE";

    fn parse(text: &str) -> Result<Self, String> {
        match text.parse::<Database>() {
            Ok(_) => Ok(DatabaseUrl(text.to_owned())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Without the password.
    fn show(&self) -> String {
        quoted(&self.0.parse::<Database>().map_or_else(|error| error.to_string(), |url| url.to_string()))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for Quantity {
    const KIND: &'static str = "quantity of Kubernetes, `500m` or `1Gi`";

    fn parse(text: &str) -> Result<Self, String> {
        if aileron_crd::quantity::is_quantity(text) {
            Ok(Quantity(text.to_owned()))
        } else {
            Err(format!("`{text}` is no quantity; write a number with a unit, `500m` or `1Gi`"))
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Value for LogFilter {
    const KIND: &'static str = "level (error, warn, info, debug, trace), or target=level pairs";

    fn parse(text: &str) -> Result<Self, String> {
        match EnvFilter::try_new(text) {
            Ok(_) => Ok(LogFilter(text.to_owned())),
            Err(error) => Err(format!("`{text}` is no filter: {error}; write `info`, or `info,sqlx=warn`")),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Value for LogFormat {
    const KIND: &'static str = "`text` or `json`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => Err(format!("`{other}` is no format; write `text` or `json`")),
        }
    }

    fn show(&self) -> String {
        quoted(match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        })
    }
}

impl Value for Containers {
    const KIND: &'static str = "`off`, `podman` or `docker`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Containers::Off),
            "podman" => Ok(Containers::Podman),
            "docker" => Ok(Containers::Docker),
            other => Err(format!("`{other}` runs no containers; write `off`, `podman` or `docker`")),
        }
    }

    fn show(&self) -> String {
        quoted(match self {
            Containers::Off => "off",
            Containers::Podman => "podman",
            Containers::Docker => "docker",
        })
    }
}

impl Value for TaskIsolation {
    const KIND: &'static str = "`off`, `shared-network` or `no-network`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(TaskIsolation::Off),
            "shared-network" => Ok(TaskIsolation::SharedNetwork),
            "no-network" => Ok(TaskIsolation::NoNetwork),
            other => {
                Err(format!("`{other}` keeps nothing apart; write `off`, `shared-network` or `no-network`"))
            }
        }
    }

    fn show(&self) -> String {
        quoted(match self {
            TaskIsolation::Off => "off",
            TaskIsolation::SharedNetwork => "shared-network",
            TaskIsolation::NoNetwork => "no-network",
        })
    }
}

impl Value for TaskLimits {
    const KIND: &'static str =
        "`off`, `asked` (those that ask) or `all` (others to `task_memory` and `task_cpu`)";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(TaskLimits::Off),
            "asked" => Ok(TaskLimits::Asked),
            "all" => Ok(TaskLimits::All),
            other => Err(format!("`{other}` is no choice of tasks; write `off`, `asked` or `all`")),
        }
    }

    fn show(&self) -> String {
        quoted(match self {
            TaskLimits::Off => "off",
            TaskLimits::Asked => "asked",
            TaskLimits::All => "all",
        })
    }
}

impl Value for OtlpProtocol {
    const KIND: &'static str = "`grpc` or `http`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "grpc" => Ok(OtlpProtocol::Grpc),
            "http" => Ok(OtlpProtocol::Http),
            other => Err(format!("`{other}` is no protocol of collectors; write `grpc` or `http`")),
        }
    }

    fn show(&self) -> String {
        quoted(match self {
            OtlpProtocol::Grpc => "grpc",
            OtlpProtocol::Http => "http",
        })
    }
}

impl Value for Auth {
    const KIND: &'static str = "`off`, `builtin` or `oidc`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Auth::Off),
            "builtin" => Ok(Auth::BuiltIn),
            "oidc" => Ok(Auth::Oidc),
            other => Err(format!("`{other}` tells nobody apart; write `off`, `builtin` or `oidc`")),
        }
    }

    fn show(&self) -> String {
        quoted(match self {
            Auth::Off => "off",
            Auth::BuiltIn => "builtin",
            Auth::Oidc => "oidc",
        })
    }
}

impl Value for Driver {
    const KIND: &'static str = "`local` or `kubernetes`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "local" => Ok(Driver::Local),
            "kubernetes" => Ok(Driver::Kubernetes),
            other => Err(format!("`{other}` is no driver; write `local` or `kubernetes`")),
        }
    }

    fn show(&self) -> String {
        quoted(match self {
            Driver::Local => "local",
            Driver::Kubernetes => "kubernetes",
        })
    }
}

impl Value for SocketAddr {
    const KIND: &'static str = "IP address and port";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("`{text}` is no address; write an IP address and a port, `127.0.0.1:30080`"))
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for PathBuf {
    const KIND: &'static str = "path, from the working directory when relative";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("the path is empty".to_owned()) } else { Ok(PathBuf::from(text)) }
    }

    fn show(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Value for String {
    const KIND: &'static str = "text";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("the text is empty".to_owned()) } else { Ok(text.to_owned()) }
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

impl Value for bool {
    const KIND: &'static str = "`true` or `false`";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is neither `true` nor `false`"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Vec<String> {
    const KIND: &'static str = "list of texts; with commas between in a flag or variable";

    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Ok(parts.map(str::to_owned).collect())
    }

    fn show(&self) -> String {
        serde_json::Value::from(self.clone()).to_string()
    }
}

impl Value for Pairs {
    const KIND: &'static str = "list of NAME=VALUE; with commas between in a flag or variable";

    fn parse(text: &str) -> Result<Self, String> {
        let parts = Vec::<String>::parse(text)?.into_iter().map(|part| match part.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok((name.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err(format!("`{part}` is no pair; write NAME=VALUE")),
        });
        parts.collect::<Result<_, _>>().map(Pairs)
    }

    fn show(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().show()
    }
}

/// Whole numbers differ in their type only.
macro_rules! whole_numbers {
    ($($type:ty),+) => {$(
        impl Value for $type {
            const KIND: &'static str = "whole number";

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error| format!("`{text}` is no number for this: {error}"))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}
whole_numbers!(u32, usize, NonZeroUsize);

/// A value that may be missing.
impl<T: Value> Value for Option<T> {
    const KIND: &'static str = T::KIND;

    fn parse(text: &str) -> Result<Self, String> {
        T::parse(text).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }

    fn unset() -> Option<Self> {
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Value>(text: &str, expected: Result<&str, &str>) {
        let read = normal::<T>(text);
        assert_eq!(read.as_deref().map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn values_are_read_and_written_in_their_units() {
        check::<Size>("65536", Ok(r#""64 KiB""#));
        check::<Size>("4GiB", Ok(r#""4 GiB""#));
        check::<Size>("1000", Ok(r#""1000 B""#));
        check::<Span>("90", Ok(r#""90 s""#));
        check::<Span>("120 s", Ok(r#""2 min""#));
        check::<Span>("0", Ok(r#""0 ms""#));
        check::<Url>("http://host:1/", Ok(r#""http://host:1""#));
        check::<Endpoint>("http://host:1/account/", Ok(r#""http://host:1/account""#));
        check::<ObjectsUri>("s3://b/p", Ok(r#""s3://b/p""#));
        check::<DatabaseUrl>("postgres://me:secret@h/d", Ok(r#""postgres://me@h:5432/d""#));
        check::<bool>("true", Ok("true"));
        check::<Vec<String>>("a, b,", Ok(r#"["a","b"]"#));
        check::<Pairs>("team=red, tier=,", Ok(r#"["team=red","tier="]"#));
        check::<Option<u32>>("7", Ok("7"));
        check::<SocketAddr>("[::1]:80", Ok(r#""[::1]:80""#));
    }

    #[test]
    fn what_is_no_value_is_told_with_what_would_be() {
        check::<Size>("4 GB", Err("`4 GB` is no size; write a whole number of bytes, or `64 MiB`"));
        check::<Size>(
            "99999999999 GiB",
            Err("`99999999999 GiB` is no size; write a whole number of bytes, or `64 MiB`"),
        );
        check::<Span>("1.5 s", Err("`1.5 s` is no time; write a whole number of seconds, or `500 ms`"));
        check::<Url>("host:1", Err("`host:1` is no address; write one like `http://host:30080`"));
        check::<Endpoint>("host:1/a", Err("`host:1/a` is no address; write one like `http://host:10000`"));
        check::<LogFormat>("xml", Err("`xml` is no format; write `text` or `json`"));
        check::<TaskLimits>("yes", Err("`yes` is no choice of tasks; write `off`, `asked` or `all`"));
        check::<Pairs>("team", Err("`team` is no pair; write NAME=VALUE"));
        check::<bool>("yes", Err("`yes` is neither `true` nor `false`"));
        check::<u32>("-1", Err("`-1` is no number for this: invalid digit found in string"));
    }
}
