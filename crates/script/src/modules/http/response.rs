//! The Response object: its properties are made from the exchange it holds, when they are first asked for.

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use indexmap::IndexMap;
use loadline_client::{Failure, Headers, Hop, SetCookie, canonical_name};
use loadline_measure::milliseconds;
use rquickjs::{ArrayBuffer, Ctx, IntoJs, Object, Value};

use super::params::ResponseType;
use super::send::Answer;
use crate::vm::{Fields, define, lazy_maker, lazy_object, list_of};

/// Why there is no response, if there is none.
pub(super) fn failure(answer: &Answer) -> Option<&Failure> {
    match &answer.exchange {
        Ok(exchange) => exchange.last().outcome.as_ref().err(),
        Err(failure) => Some(failure),
    }
}

/// Its properties, in k6's order; [`METHODS`] come after them.
const FIELDS: [&str; 16] = [
    "remote_ip",
    "remote_port",
    "url",
    "status",
    "status_text",
    "proto",
    "headers",
    "cookies",
    "body",
    "timings",
    "tls_version",
    "tls_cipher_suite",
    "ocsp",
    "error",
    "error_code",
    "request",
];

const METHODS: [&str; 4] = ["clickLink", "html", "json", "submitForm"];

/// The property that nearly every check reads.
const STATUS: usize = 3;

/// What makes Responses.
pub(super) fn maker(prototype: Object<'_>) -> rquickjs::Result<Object<'_>> {
    lazy_maker(prototype, &FIELDS, &METHODS)
}

/// The object for an answer.
pub(super) fn make<'js>(answer: Rc<Answer>, maker: &Object<'js>) -> rquickjs::Result<Object<'js>> {
    lazy_object(maker, answer)
}

impl Fields for Answer {
    fn read<'js>(&self, ctx: &Ctx<'js>, place: usize) -> rquickjs::Result<(Value<'js>, bool)> {
        if place == STATUS {
            let status =
                last(self).and_then(|hop| hop.outcome.as_ref().ok()).map_or(0, |response| response.status);
            return Ok((Value::new_int(ctx.clone(), status.into()), false));
        }
        Ok((read(ctx, self, FIELDS[place])?, true))
    }
}

/// Any other property, by name.
fn read<'js>(ctx: &Ctx<'js>, answer: &Answer, name: &str) -> rquickjs::Result<Value<'js>> {
    let hop = last(answer);
    let response = hop.and_then(|hop| hop.outcome.as_ref().ok());
    let remote = hop.and_then(|hop| hop.remote);
    let tls = hop.and_then(|hop| hop.tls);
    let failure = failure(answer);
    let text = |text: &str| text.into_js(ctx);
    match name {
        "remote_ip" => text(&remote.map(|remote| remote.ip().to_string()).unwrap_or_default()),
        "remote_port" => remote.map_or(0, |remote| u32::from(remote.port())).into_js(ctx),
        "url" => text(url(answer)),
        "status_text" => text(&response.map(loadline_client::Response::status_text).unwrap_or_default()),
        "proto" => text(response.map(loadline_client::Response::proto).unwrap_or_default()),
        "headers" => headers(ctx, response.map(|response| &response.headers))?.into_js(ctx),
        "cookies" => {
            cookies(ctx, response.map(loadline_client::Response::cookies).unwrap_or_default())?.into_js(ctx)
        }
        "body" => {
            let bytes = match response {
                // Such a response has no body; that of a HEAD request is one that has nothing in it.
                Some(response) if matches!(response.status, 100..=199 | 204 | 304) => None,
                Some(response) => Some(&response.body),
                None => hop.map(|hop| &hop.partial).filter(|partial| !partial.is_empty()),
            };
            match (bytes, answer.call.response_type) {
                (None, _) | (_, ResponseType::None) => Ok(Value::new_null(ctx.clone())),
                (Some(bytes), ResponseType::Text) => String::from_utf8_lossy(bytes).into_js(ctx),
                (Some(bytes), ResponseType::Binary) => {
                    Ok(ArrayBuffer::new_copy(ctx.clone(), bytes)?.into_value())
                }
            }
        }
        "timings" => timings(ctx, hop)?.into_js(ctx),
        "tls_version" => text(tls.map(|tls| tls.version).unwrap_or_default()),
        "tls_cipher_suite" => text(tls.map(|tls| tls.cipher_suite).unwrap_or_default()),
        "ocsp" => {
            let ocsp = Object::new(ctx.clone())?;
            for name in ["produced_at", "this_update", "next_update", "revoked_at"] {
                define(&ocsp, name, 0)?;
            }
            define(&ocsp, "revocation_reason", "")?;
            define(&ocsp, "status", if tls.is_some() { "unknown" } else { "" })?;
            ocsp.into_js(ctx)
        }
        "error" => text(failure.map(|failure| &*failure.message).unwrap_or_default()),
        "error_code" => {
            let of_status = response.map(loadline_client::Response::error_code).unwrap_or_default();
            u32::from(failure.map_or(of_status, |failure| failure.code)).into_js(ctx)
        }
        "request" => request(ctx, answer)?.into_js(ctx),
        _ => Ok(Value::new_undefined(ctx.clone())),
    }
}

fn last(answer: &Answer) -> Option<&Hop> {
    answer.exchange.as_ref().ok().map(loadline_client::Exchange::last)
}

/// The URL of the last request; as the script gave it, credentials included, unless it was redirected.
fn url(answer: &Answer) -> &str {
    match &answer.exchange {
        Ok(exchange) if exchange.hops.len() > 1 => exchange.last().url.as_str(),
        _ => answer.call.target.url(),
    }
}

/// Names as k6 spells them; several fields of one name are joined with `, `.
fn headers<'js>(ctx: &Ctx<'js>, headers: Option<&Headers>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let mut joined: Vec<(String, String)> = Vec::new();
    for field in headers.iter().flat_map(|headers| headers.iter()) {
        let name = canonical_name(field.name);
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, value)) => {
                value.push_str(", ");
                value.push_str(&field.text());
            }
            None => joined.push((name, field.text().into_owned())),
        }
    }
    for (name, value) in joined {
        define(&object, name, value)?;
    }
    Ok(object)
}

fn cookies<'js>(ctx: &Ctx<'js>, cookies: Vec<SetCookie>) -> rquickjs::Result<Object<'js>> {
    let mut by_name: IndexMap<String, Vec<Object<'js>>> = IndexMap::new();
    for cookie in cookies {
        let object = Object::new(ctx.clone())?;
        define(&object, "name", cookie.name.as_str())?;
        define(&object, "value", cookie.value)?;
        define(&object, "domain", cookie.domain.unwrap_or_default())?;
        define(&object, "path", cookie.path.unwrap_or_default())?;
        define(&object, "http_only", cookie.http_only)?;
        define(&object, "secure", cookie.secure)?;
        define(&object, "max_age", cookie.max_age.unwrap_or(0) as f64)?;
        define(&object, "expires", cookie.expires.map_or(0.0, unix_ms))?;
        by_name.entry(cookie.name).or_default().push(object);
    }
    object_of_lists(ctx, by_name)
}

/// An object of lists; a name may be any, also one that objects inherit.
pub(super) fn object_of_lists<'js, V: IntoJs<'js>>(
    ctx: &Ctx<'js>,
    by_name: IndexMap<String, Vec<V>>,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    for (name, values) in by_name {
        define(&object, name, list_of(ctx, values)?)?;
    }
    Ok(object)
}

fn unix_ms(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_millis() as f64)
}

/// Milliseconds, as k6 shows them.
fn timings<'js>(ctx: &Ctx<'js>, hop: Option<&Hop>) -> rquickjs::Result<Object<'js>> {
    let timings = hop.map(|hop| hop.timings).unwrap_or_default();
    let object = Object::new(ctx.clone())?;
    define(&object, "duration", milliseconds(timings.duration()))?;
    define(&object, "blocked", milliseconds(timings.blocked))?;
    define(&object, "looking_up", milliseconds(timings.looking_up))?;
    define(&object, "connecting", milliseconds(timings.connecting))?;
    define(&object, "tls_handshaking", milliseconds(timings.tls_handshaking))?;
    define(&object, "sending", milliseconds(timings.sending))?;
    define(&object, "waiting", milliseconds(timings.waiting))?;
    define(&object, "receiving", milliseconds(timings.receiving))?;
    Ok(object)
}

/// What was asked for, and how: the first request, whatever it was redirected to.
fn request<'js>(ctx: &Ctx<'js>, answer: &Answer) -> rquickjs::Result<Object<'js>> {
    let hop = answer.exchange.as_ref().ok().and_then(|exchange| exchange.hops.first());
    let object = Object::new(ctx.clone())?;
    define(&object, "method", answer.call.method.as_str())?;
    define(&object, "url", answer.call.target.url())?;
    let mut headers: IndexMap<String, Vec<String>> = IndexMap::new();
    for field in hop.iter().flat_map(|hop| hop.request_headers.iter()) {
        headers.entry(canonical_name(field.name)).or_default().push(field.text().into_owned());
    }
    define(&object, "headers", object_of_lists(ctx, headers)?)?;
    define(&object, "body", String::from_utf8_lossy(&answer.call.body).as_ref())?;
    // As they were sent: the call's own and those of the jar.
    let mut cookies: IndexMap<String, Vec<Object<'js>>> = IndexMap::new();
    let sent = hop
        .iter()
        .flat_map(|hop| hop.request_headers.iter())
        .filter(|field| canonical_name(field.name) == "Cookie");
    for field in sent {
        for pair in field.text().split("; ") {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let one = Object::new(ctx.clone())?;
            define(&one, "name", name)?;
            define(&one, "value", value)?;
            let replaces =
                answer.call.cookies.iter().any(|own| own.name == name && own.value == value && own.replace);
            define(&one, "replace", replaces)?;
            cookies.entry(name.to_owned()).or_default().push(one);
        }
    }
    define(&object, "cookies", object_of_lists(ctx, cookies)?)?;
    Ok(object)
}
