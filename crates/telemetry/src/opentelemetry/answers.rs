//! What a receiver of OTLP says to a message.
//!
//! Over HTTP only `429`, `502`, `503` and `504` may pass, and a body says how many values were left out of a message
//! that was taken. What gRPC says comes here as the status that means the same (`grpc.rs`).

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;

use crate::form::{Answer, Next};

/// `google.rpc.Status`, as far as it is read: what is wrong, in words.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
}

/// What an answer to a message of so many values means.
pub(super) fn meaning(answer: &Answer, points: u64) -> Next {
    match answer.status {
        200..=299 => Next::Taken { missing: left_out(&answer.body).0.min(points) },
        408 | 429 | 502..=504 => Next::Again,
        _ => Next::Refused,
    }
}

/// What is said in its body, whatever form that has.
pub(super) fn text(answer: &Answer) -> String {
    if (200..300).contains(&answer.status) {
        return left_out(&answer.body).1;
    }
    match Status::decode(&*answer.body) {
        Ok(status) if !status.message.is_empty() => status.message,
        _ => answer.plain_text(),
    }
}

/// How many values were left out, and why.
fn left_out(body: &[u8]) -> (u64, String) {
    let response = ExportMetricsServiceResponse::decode(body).unwrap_or_default();
    let partial = response.partial_success.unwrap_or_default();
    (u64::try_from(partial.rejected_data_points).unwrap_or(0), partial.error_message)
}
