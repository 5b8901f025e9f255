//! The trace that work belongs to: spans that are meant for a collector, and the text in which a trace travels.
//!
//! A trace begins with a caller, goes through the request to what that writes, and on to what is done later
//! about it: the text of [`TraceParent`] is kept with an execution and given to its tasks. The form is that of
//! W3C Trace Context.
//!
//! What this crate deliberately does not do: send anything, or decide whether something is recorded. Without a
//! collector its spans are not even made.
//!
//! Start reading at [`span!`] and [`TraceParent`].

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

#[doc(hidden)]
pub use tracing;

/// Target of the spans that are meant for a collector; nothing else has it, and no log shows it.
pub const TARGET: &str = "aileron_trace";

/// A span for a collector: `span!("name", field = value)`. `otel.name` and `otel.kind` are its name and kind
/// there, when they are given.
#[macro_export]
macro_rules! span {
    ($($part:tt)+) => { $crate::tracing::trace_span!(target: "aileron_trace", $($part)+) };
}

/// Which span something is a part of, as text: `00-TRACE-SPAN-FLAGS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(SpanContext);

impl TraceParent {
    /// Name of the header, and of the annotation of an execution, that it stands in.
    pub const NAME: &str = "traceparent";
    /// Name of the header by which a caller is told.
    pub const ANSWER: &str = "traceresponse";

    /// Reads the text; nothing when it is none.
    pub fn parse(text: &str) -> Option<TraceParent> {
        let mut parts = text.split('-');
        let mut hex = |length: usize| {
            let part = parts.next()?;
            let digits = part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            (part.len() == length && digits).then_some(part)
        };
        let (version, trace, span, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        // Later versions may have more to say, this one has not.
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
        let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
        let context = SpanContext::new(trace, span, flags, true, TraceState::default());
        context.is_valid().then_some(TraceParent(context))
    }

    /// That of a span; nothing when nobody records it.
    pub fn of(span: &Span) -> Option<TraceParent> {
        let context = span.context().span().span_context().clone();
        context.is_valid().then_some(TraceParent(context))
    }

    /// That of the span that this code runs in.
    pub fn current() -> Option<TraceParent> {
        TraceParent::of(&Span::current())
    }

    /// Makes a span that has not been entered yet a part of it.
    pub fn adopt(&self, span: &Span) {
        // A span that nobody records has no parent.
        let _ = span.set_parent(Context::new().with_remote_span_context(self.0.clone()));
    }
}

impl std::fmt::Display for TraceParent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let TraceParent(context) = self;
        write!(f, "00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags().to_u8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_text_is_read_and_written() {
        for (flags, written) in [("01", "01"), ("00", "00"), ("03", "01")] {
            let text = format!("00-{TRACE}-00f067aa0ba902b7-{flags}");
            let expected = format!("00-{TRACE}-00f067aa0ba902b7-{written}");
            assert_eq!(TraceParent::parse(&text).unwrap().to_string(), expected);
        }
        let later = format!("cc-{TRACE}-00f067aa0ba902b7-01-more");
        assert!(TraceParent::parse(&later).is_some());
    }

    #[test]
    fn what_is_no_trace_is_none() {
        for text in [
            "",
            "00",
            &format!("00-{TRACE}-00f067aa0ba902b7"),
            &format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            &format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            &format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{TRACE}-00f067aa0ba902bü-01"),
            &format!("00-{TRACE}x-00f067aa0ba902b-01"),
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text}");
        }
    }

    #[test]
    fn without_a_collector_nothing_is_traced() {
        let span = span!("work", value = 1);
        TraceParent::parse(&format!("00-{TRACE}-00f067aa0ba902b7-01")).unwrap().adopt(&span);
        assert!(span.is_disabled() && TraceParent::of(&span).is_none() && TraceParent::current().is_none());
    }
}
