//! Spans as OTLP has them, with the attributes of OpenTelemetry's HTTP and database conventions.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::KeyValue,
    resource::v1::Resource,
    trace::v1::{self as otlp, ResourceSpans, ScopeSpans, Status, span::SpanKind, status::StatusCode},
};

use super::attributes::{integer, scope, text};
use crate::{
    record::{Ending, MethodIndex},
    trace::{Detail, Span},
};

/// The message of one export. `system` is the database's.
pub(super) fn message(
    spans: Vec<Span>,
    resource: &Resource,
    system: Option<&str>,
) -> ExportTraceServiceRequest {
    let scope_spans = ScopeSpans {
        scope: Some(scope()),
        spans: spans.into_iter().map(|span| self::span(span, system)).collect(),
        ..ScopeSpans::default()
    };
    let resource_spans = ResourceSpans {
        resource: Some(resource.clone()),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

fn span(span: Span, system: Option<&str>) -> otlp::Span {
    let described = describe(span.detail, system);
    let code = if described.failed { StatusCode::Error } else { StatusCode::Unset };
    otlp::Span {
        trace_id: span.trace.to_be_bytes().to_vec(),
        span_id: span.id.to_be_bytes().to_vec(),
        parent_span_id: if span.parent == 0 { Vec::new() } else { span.parent.to_be_bytes().to_vec() },
        trace_state: span.trace_state,
        name: described.name,
        kind: described.kind.into(),
        start_time_unix_nano: span.begin_ns,
        end_time_unix_nano: span.end_ns,
        attributes: described.attributes,
        status: Some(Status { code: code.into(), ..Status::default() }),
        ..otlp::Span::default()
    }
}

struct Described {
    name: String,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    failed: bool,
}

fn describe(detail: Detail, system: Option<&str>) -> Described {
    match detail {
        Detail::Server { method, route, path, ending, load_test } => {
            let mut attributes = answer(method, ending, ending.error_type());
            attributes.push(text("url.scheme", "http"));
            attributes.push(text("url.path", path));
            let mut name = method_name(method).to_owned();
            if let Some(route) = route {
                name = format!("{name} {route}");
                attributes.push(text("http.route", route));
            }
            attributes.extend(load_test.label().map(|word| text("load_test", word)));
            Described { name, kind: SpanKind::Server, attributes, failed: ending.error_type().is_some() }
        }
        Detail::Query { query, failed } => {
            let mut attributes =
                vec![text("db.operation.name", &query.operation), text("db.collection.name", &query.model)];
            attributes.extend(system.map(|system| text("db.system.name", system)));
            if failed {
                attributes.push(text("error.type", "_OTHER"));
            }
            let name = format!("{} {}", query.operation, query.model);
            Described { name, kind: SpanKind::Client, attributes, failed }
        }
        Detail::Client { target, method, ending } => {
            let mut attributes = answer(method, ending, ending.client_error_type());
            attributes.push(text("server.address", &target.server_address));
            let failed = ending.client_error_type().is_some();
            Described { name: method_name(method).to_owned(), kind: SpanKind::Client, attributes, failed }
        }
    }
}

fn answer(method: MethodIndex, ending: Ending, error: Option<String>) -> Vec<KeyValue> {
    let mut attributes = vec![text("http.request.method", method.name())];
    attributes.extend(ending.sent_status().map(|status| integer("http.response.status_code", status.into())));
    attributes.extend(error.map(|error| text("error.type", error)));
    attributes
}

/// In a span's name an unknown method is `HTTP`.
fn method_name(method: MethodIndex) -> &'static str {
    if method == MethodIndex::OTHER { "HTTP" } else { method.name() }
}
