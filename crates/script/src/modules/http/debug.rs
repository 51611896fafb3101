//! The option `httpDebug`: requests and responses as they were sent, in the log.

use loadline_client::{Headers, Hop};
use loadline_secrets::masked_header;

use super::send::Answer;

/// What of each request is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HttpDebug {
    /// Request and response heads.
    Headers,
    /// Bodies, too.
    Full,
}

/// The text for an answer: every hop, request and response. Nothing when nothing was sent.
pub(super) fn text(answer: &Answer, what: HttpDebug) -> String {
    let Ok(exchange) = &answer.exchange else { return String::new() };
    let mut text = String::new();
    for (index, hop) in exchange.hops.iter().enumerate() {
        // A redirect repeats the body only with the method.
        let body = if index == 0 || hop.method == answer.call.method { &answer.call.body[..] } else { &[] };
        hop_text(&mut text, hop, body, what);
    }
    text.truncate(text.trim_end().len());
    text
}

fn hop_text(text: &mut String, hop: &Hop, body: &[u8], what: HttpDebug) {
    text.push_str("Request:\n");
    text.push_str(&format!("{} {}\n", hop.method, hop.url));
    fields(text, &hop.request_headers);
    body_text(text, body, what);
    match &hop.outcome {
        Ok(response) => {
            text.push_str(&format!("\nResponse:\n{} {}\n", response.proto(), response.status_text()));
            fields(text, &response.headers);
            body_text(text, &response.body, what);
        }
        Err(failure) => text.push_str(&format!("\nNo response: {failure}\n")),
    }
    text.push('\n');
}

fn fields(text: &mut String, headers: &Headers) {
    for field in headers.iter() {
        let value = field.text();
        text.push_str(&format!("{}: {}\n", field.name, masked_header(field.name, &value)));
    }
}

fn body_text(text: &mut String, body: &[u8], what: HttpDebug) {
    if what == HttpDebug::Full && !body.is_empty() {
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(body));
        text.push('\n');
    }
}
