//! A call's arguments as a request: method, URL, body, and what `params` says.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use loadline_client::{Auth, BodyMode, CookieJar, Encoding, Failure, Request, RequestCookie, check_cookie};
use rquickjs::{Coerced, Ctx, Exception, FromJs, Object, Value};

use super::super::state::VuState;
use super::super::tags::Tags;
use super::expected::{self, Expected};
use super::state::KnownUrl;
use super::{body, cookies};
use crate::vm::Text;

/// What a response is to be turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResponseType {
    Text,
    Binary,
    None,
}

/// What is kept of a call until its answer is read.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) body: Bytes,
    pub(super) cookies: Vec<RequestCookie>,
    pub(super) tags: Vec<(String, String)>,
    /// The name given by a tag or a URL template; it stands for the URL, too.
    pub(super) name: Option<String>,
    pub(super) expected: Option<Rc<Expected>>,
    pub(super) response_type: ResponseType,
    pub(super) throw: bool,
}

/// Where a call goes.
pub(super) enum Target {
    /// To a URL that its worker remembers.
    Known(Rc<KnownUrl>),
    /// Nowhere: what was given is no URL.
    Unreadable(Box<(String, Failure)>),
}

impl Target {
    /// The URL as given.
    pub(super) fn url(&self) -> &str {
        match self {
            Target::Known(known) => known.url.as_str(),
            Target::Unreadable(unreadable) => &unreadable.0,
        }
    }
}

/// A call that can be sent, or why it can't.
pub(super) struct Prepared {
    pub(super) call: Call,
    pub(super) request: Result<Request, Failure>,
    pub(super) jar: Option<Rc<CookieJar>>,
}

/// Reads the arguments of a call.
///
/// # Errors
/// Throws for arguments of a wrong kind. A URL that can't be read is a measured failure, not an exception.
pub(super) fn prepare<'js>(
    ctx: &Ctx<'js>,
    vu: &VuState,
    method: &str,
    url: &Value<'js>,
    body: &Value<'js>,
    params: &Value<'js>,
) -> rquickjs::Result<Prepared> {
    let defaults = &vu.worker.process.http;
    let method = match method {
        "GET" => Method::GET,
        "POST" => Method::POST,
        other => Method::from_bytes(other.to_ascii_uppercase().as_bytes()).map_err(|_| {
            Exception::throw_type(ctx, &format!("`{other}` is not the name of an HTTP method"))
        })?,
    };
    let (target, name) = target(ctx, vu, url)?;
    let body = body::read(ctx, body)?;
    let mut call = Call {
        method: method.clone(),
        target,
        body: body.bytes,
        cookies: Vec::new(),
        tags: Vec::new(),
        name,
        expected: vu.http.expected.borrow().clone(),
        response_type: if defaults.discard_response_bodies { ResponseType::None } else { ResponseType::Text },
        throw: defaults.throw,
    };
    let mut settings = Settings {
        headers: HeaderMap::new(),
        timeout: Duration::from_mins(1),
        max_redirects: defaults.max_redirects,
        jar: None,
        compression: None,
    };
    if let Some(params) = params.as_object() {
        read_params(ctx, params, &mut call, &mut settings)?;
    }
    if let Some(encodings) = settings.compression.take() {
        compress(ctx, &encodings, &mut call, &mut settings)?;
    }
    if let Some(content_type) = body.content_type
        && !settings.headers.contains_key(CONTENT_TYPE)
        && let Ok(content_type) = HeaderValue::from_str(&content_type)
    {
        settings.headers.insert(CONTENT_TYPE, content_type);
    }
    let request = match &call.target {
        Target::Known(known) => Ok(Request {
            method,
            url: Arc::clone(&known.url),
            headers: settings.headers,
            cookies: call.cookies.clone(),
            body: call.body.clone(),
            timeout: settings.timeout,
            max_redirects: settings.max_redirects,
            auth: Auth::default(),
            body_mode: match call.response_type {
                ResponseType::None => BodyMode::Discard,
                ResponseType::Text | ResponseType::Binary => BodyMode::Keep,
            },
        }),
        Target::Unreadable(unreadable) => Err(unreadable.1.clone()),
    };
    let jar = settings.jar.unwrap_or_else(|| vu.http.jar.borrow().clone());
    Ok(Prepared { call, request, jar: Some(jar) })
}

struct Settings {
    headers: HeaderMap,
    timeout: Duration,
    max_redirects: u32,
    jar: Option<Rc<CookieJar>>,
    compression: Option<Vec<Encoding>>,
}

/// Where a URL argument leads and, for one made by `http.url`, its name.
fn target<'js>(ctx: &Ctx<'js>, vu: &VuState, url: &Value<'js>) -> rquickjs::Result<(Target, Option<String>)> {
    let known = |text: &str| match vu.worker.urls.parse(text) {
        Ok(known) => Target::Known(known),
        Err(failure) => {
            Target::Unreadable(Box::new((loadline_client::masked_text(text).into_owned(), failure)))
        }
    };
    if url.is_string() {
        return Ok((known(&Text::of(ctx, url)?), None));
    }
    if let Some(object) = url.as_object() {
        let (text, name): (Option<String>, Option<String>) = (object.get("url")?, object.get("name")?);
        if let Some(text) = text {
            return Ok((known(&text), name));
        }
        // A URL object of a library.
        return Ok((known(&url.get::<Coerced<String>>()?.0), None));
    }
    // What is no URL at all is most often a variable that is not set: a request that fails, as one to `undefined/`.
    Ok((known(&url.get::<Coerced<String>>()?.0), None))
}

/// Compresses the body. Apart, because what compressors keep on the stack would otherwise be reserved for each request.
#[inline(never)]
fn compress(
    ctx: &Ctx<'_>,
    encodings: &[Encoding],
    call: &mut Call,
    settings: &mut Settings,
) -> rquickjs::Result<()> {
    let (compressed, names) = loadline_client::compress(encodings, &call.body)
        .map_err(|error| Exception::throw_message(ctx, &format!("could not compress the body: {error}")))?;
    call.body = compressed;
    if let Ok(names) = HeaderValue::from_str(&names) {
        settings.headers.insert(CONTENT_ENCODING, names);
    }
    Ok(())
}

/// Reads what stands beside URL and body. Apart, to keep the stack of requests without it shallow.
#[inline(never)]
fn read_params<'js>(
    ctx: &Ctx<'js>,
    params: &Object<'js>,
    call: &mut Call,
    settings: &mut Settings,
) -> rquickjs::Result<()> {
    for pair in params.props::<String, Value<'js>>() {
        let (key, value) = pair?;
        if value.is_undefined() || (value.is_null() && key != "responseCallback") {
            continue;
        }
        match key.as_str() {
            "headers" => headers(ctx, &value, &mut settings.headers)?,
            "tags" => {
                call.tags = Tags::from_js(ctx, value)?.0;
                if let Some(place) = call.tags.iter().position(|(key, _)| key == "name") {
                    call.name = Some(call.tags.swap_remove(place).1);
                }
            }
            "cookies" => call.cookies = request_cookies(ctx, &value)?,
            "jar" => settings.jar = Some(cookies::jar_of(ctx, &value)?),
            "timeout" => settings.timeout = duration(ctx, &value)?,
            "redirects" => settings.max_redirects = value.get::<Coerced<f64>>()?.0.max(0.0) as u32,
            "responseCallback" => call.expected = expected::read(ctx, &value)?,
            "responseType" => call.response_type = response_type(ctx, &value)?,
            "throw" => call.throw = value.get::<Coerced<bool>>()?.0,
            "compression" => settings.compression = Some(compression(ctx, &value)?),
            "auth" => auth(ctx, &value)?,
            _ => {}
        }
    }
    Ok(())
}

fn headers<'js>(ctx: &Ctx<'js>, value: &Value<'js>, headers: &mut HeaderMap) -> rquickjs::Result<()> {
    let Some(object) = value.as_object() else {
        return Err(Exception::throw_type(
            ctx,
            "headers must be an object such as `{ Accept: 'text/html' }`",
        ));
    };
    for pair in object.props::<String, Coerced<String>>() {
        let (name, value) = pair?;
        let bad = |what: &str| Exception::throw_type(ctx, &format!("header `{name}` has {what}"));
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| bad("a name that is not allowed: use letters, digits and `-`"))?;
        let value = HeaderValue::from_bytes(value.0.as_bytes())
            .map_err(|_| bad("a value that is not allowed: it may not contain line ends"))?;
        headers.insert(header, value);
    }
    Ok(())
}

fn request_cookies<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Vec<RequestCookie>> {
    let Some(object) = value.as_object() else { return Ok(Vec::new()) };
    object
        .props::<String, Value<'js>>()
        .map(|pair| {
            let (name, value) = pair?;
            let (value, replace) = match value.as_object() {
                Some(options) => {
                    let replace = options.get::<_, Coerced<bool>>("replace")?.0;
                    (options.get::<_, Coerced<String>>("value")?.0, replace)
                }
                None => (value.get::<Coerced<String>>()?.0, false),
            };
            check_cookie(&name, &value).map_err(|error| Exception::throw_type(ctx, &error.to_string()))?;
            Ok(RequestCookie { name, value, replace })
        })
        .collect()
}

fn response_type<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<ResponseType> {
    match value.get::<Coerced<String>>()?.0.as_str() {
        "text" => Ok(ResponseType::Text),
        "binary" => Ok(ResponseType::Binary),
        "none" => Ok(ResponseType::None),
        other => {
            let message = format!("there is no responseType `{other}`: use `text`, `binary` or `none`");
            Err(Exception::throw_type(ctx, &message))
        }
    }
}

fn compression<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Vec<Encoding>> {
    let text = value.get::<Coerced<String>>()?.0;
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            Encoding::from_name(name).ok_or_else(|| {
                let message =
                    format!("there is no compression `{name}`: use `gzip`, `deflate`, `br` or `zstd`");
                Exception::throw_type(ctx, &message)
            })
        })
        .collect()
}

fn auth<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<()> {
    match value.get::<Coerced<String>>()?.0.to_ascii_lowercase().as_str() {
        "" | "basic" => Ok(()),
        other => {
            let message =
                format!("auth `{other}` is not supported: use `basic`, with the credentials in the URL");
            Err(Exception::throw_type(ctx, &message))
        }
    }
}

/// Milliseconds as a number, or a text such as `1m30s`.
fn duration<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Duration> {
    let text = value.get::<Coerced<String>>()?.0;
    timeout(&text).ok_or_else(|| {
        let message =
            format!("`{text}` is not a timeout: use milliseconds, or a text such as `500ms`, `10s`, `1m30s`");
        Exception::throw_type(ctx, &message)
    })
}

/// More than a century is as good as a century.
fn timeout(text: &str) -> Option<Duration> {
    let forever = || text.parse::<f64>().is_ok_and(|ms| ms.is_finite() && ms > 0.0);
    let read = loadline_units::parse_duration_or_ms(text).ok();
    read.or_else(|| forever().then_some(loadline_units::MAX_DURATION))
}

#[cfg(test)]
mod tests {
    use super::timeout;

    #[test]
    fn timeouts_are_milliseconds_or_durations() {
        let check = |text: &str, milliseconds: Option<u128>| {
            assert_eq!(timeout(text).map(|duration| duration.as_millis()), milliseconds, "{text}");
        };
        check("250", Some(250));
        check("1m30s", Some(90_000));
        check("1.5s", Some(1500));
        check("200mss", None);
        check("", None);
        check("-5", None);
        check("9007199254740991", Some(loadline_units::MAX_DURATION.as_millis()));
        check("Infinity", None);
    }
}
