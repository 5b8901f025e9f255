//! What the program tells of itself: its log, and traces when there is a collector.

use std::time::Duration;

use aileron_telemetry::TARGET;
use anyhow::{Context, Result};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::runtime::Tokio;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use opentelemetry_sdk::trace::{BatchConfigBuilder, Sampler, SdkTracerProvider};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::settings::{LogFormat, OtlpProtocol, Settings};

/// How long a batch of spans may take to its collector, with the way there and all tries.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long all that is left at the end may take, so that no collector holds up the end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What has to be ended with the program.
#[derive(Debug)]
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

/// Begins to write the log to standard error, and to send traces if there is somebody to send them to. To
/// be called inside of the runtime that is to send them.
pub(crate) fn start(settings: &Settings) -> Result<Telemetry> {
    // A line that cannot be written is dropped: complaining about it on the same standard error, which
    // may be a file on a full disk, panics in whatever was going on.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let lines = lines.with_filter(EnvFilter::try_new(&settings.log.0)?);
    let traces = settings.otlp_endpoint.as_ref().map(|url| provider(&url.0, settings)).transpose()?;
    let spans = traces.as_ref().map(|traces| {
        let spans = tracing_opentelemetry::layer().with_tracer(traces.tracer("aileron"));
        // Where in the code a span is says nothing to who watches a service.
        spans
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(Targets::new().with_target(TARGET, tracing::Level::TRACE))
    });
    tracing_subscriber::registry().with(lines).with(spans).init();
    Ok(Telemetry { traces })
}

fn provider(endpoint: &str, settings: &Settings) -> Result<SdkTracerProvider> {
    let exporter = match settings.otlp_protocol {
        OtlpProtocol::Grpc => {
            SpanExporter::builder().with_tonic().with_endpoint(endpoint).with_timeout(PATIENCE).build()
        }
        OtlpProtocol::Http => {
            let endpoint = format!("{endpoint}/v1/traces");
            SpanExporter::builder().with_http().with_endpoint(endpoint).with_timeout(PATIENCE).build()
        }
    };
    let exporter = exporter.with_context(|| format!("failed to send traces to {endpoint}"))?;
    let share = Sampler::TraceIdRatioBased(f64::from(settings.trace_percent) / 100.0);
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    // The exporters' own limit begins when they are connected, which may never be.
    let limits = BatchConfigBuilder::default().with_max_export_timeout(PATIENCE).build();
    let batches = BatchSpanProcessor::builder(exporter, Tokio).with_batch_config(limits).build();
    Ok(SdkTracerProvider::builder()
        .with_span_processor(batches)
        .with_sampler(Sampler::ParentBased(Box::new(share)))
        .with_resource(Resource::builder().with_service_name("aileron").with_attribute(version).build())
        .build())
}

impl Telemetry {
    /// Sends what has not been sent, if that is taken in time. Another batch may be on its way, which goes first.
    pub(crate) async fn end(self) {
        let Some(traces) = self.traces else { return };
        // It blocks its thread, without a limit.
        let sending = tokio::task::spawn_blocking(move || traces.shutdown());
        match tokio::time::timeout(LAST_WORDS, sending).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the last traces were not sent"),
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(_) => tracing::warn!("the collector did not take the last traces in time"),
        }
    }
}
