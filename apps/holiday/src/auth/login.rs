//! `POST /api/auth/callback/credentials`: a password in, a session cookie out.
//!
//! JSON and form bodies are told apart by what they are, since clients send JSON without a Content-Type. An unknown account and a
//! wrong password give the same answer after the same time. A CSRF token is not asked for, since the load tests send none; a browser
//! that has the token's cookie must send the token too.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{PasswordError, cookie, session::Token};
use crate::{
    app::App,
    clock::now,
    store::{Session, StoreError},
    web::{Origin, Site, body, decoding::UNDERSTOOD},
};

/// Longer ones are refused before they are hashed.
const LONGEST_FIELD_BYTES: usize = 256;

pub(super) enum LoginError {
    BadRequest(String),
    TooLarge,
    Unsupported,
    Refused,
    TooOften(Duration),
    Busy,
    Failed,
}

/// Answers a login.
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    Extension(origin): Extension<Origin>,
    Extension(site): Extension<Site>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match attempt(&app, origin, &headers, body).await {
        Ok((token, wanted)) => {
            let cookie = cookie::header_value(&token.set_cookie(origin.secure));
            let mut response = answer(StatusCode::OK, &json!({ "url": site.onward(wanted.as_deref()) }));
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => error.answer(&site),
    }
}

/// The session, and where its owner wants to go on.
async fn attempt(
    app: &App,
    origin: Origin,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Token, Option<String>), LoginError> {
    let body = body::read(headers, body).await?;
    let mut fields = Fields::decode(&body)?;
    let (email, password) = (fields.take("email")?.to_ascii_lowercase(), fields.take("password")?);
    if app.csrf.token_of(headers).is_some() && !app.csrf.confirms(headers, &fields.take("csrfToken")?) {
        return Err(LoginError::BadRequest("`csrfToken` is not the one of the cookie".to_owned()));
    }
    let attempt = app.attempts.begin(&email, origin.address).map_err(LoginError::TooOften)?;
    let account = app.store.account(email).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let fits = Arc::clone(&app.passwords).verify(password, stored).await?;
    let Some(account) = account.filter(|_| fits) else {
        attempt.failed();
        return Err(LoginError::Refused);
    };
    drop(attempt);
    let (token, now) = (Token::generate(), now());
    let session = Session { token_hash: token.hash(), account: account.id, expires_at: Token::expiry(now) };
    app.store.open_session(session, now).await?;
    if let Some(former) = Token::from_headers(headers) {
        // The browser forgets it; whoever else has it must not go on with it.
        app.store.close_session(former.hash()).await?;
    }
    Ok((token, fields.optional("callbackUrl")))
}

/// What a form holds, or a JSON object that stands for one.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn decode(body: &[u8]) -> Result<Fields, LoginError> {
        let looks_like_json = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        if looks_like_json {
            let bad = |error| LoginError::BadRequest(format!("the body is not valid JSON: {error}"));
            return serde_json::from_slice(body).map(Fields).map_err(bad);
        }
        let fields = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
        Ok(Fields(fields.collect()))
    }

    /// A text that may be missing, or anything else.
    pub(super) fn optional(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Result<String, LoginError> {
        let problem = match self.0.remove(name) {
            Some(Value::String(text)) if text.is_empty() => "must not be empty".to_owned(),
            Some(Value::String(text)) if text.len() > LONGEST_FIELD_BYTES => {
                format!("must not be longer than {LONGEST_FIELD_BYTES} bytes")
            }
            Some(Value::String(text)) if text.contains('\0') => {
                "must not contain the character NUL".to_owned()
            }
            Some(Value::String(text)) => return Ok(text),
            Some(_) => "must be a text".to_owned(),
            None => "is missing: send it as JSON or in a form".to_owned(),
        };
        Err(LoginError::BadRequest(format!("`{name}` {problem}")))
    }
}

impl From<body::BodyError> for LoginError {
    fn from(error: body::BodyError) -> LoginError {
        match error {
            body::BodyError::TooLarge => LoginError::TooLarge,
            body::BodyError::Unsupported => LoginError::Unsupported,
            error => LoginError::BadRequest(error.to_string()),
        }
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> LoginError {
        match error {
            StoreError::Busy => LoginError::Busy,
            StoreError::Unavailable { action, source } => {
                tracing::warn!(action, error = %source, "the database is not available for a login");
                LoginError::Busy
            }
            StoreError::Failed { action, source } => {
                tracing::error!(action, error = %source, "the database failed during a login");
                LoginError::Failed
            }
        }
    }
}

impl From<PasswordError> for LoginError {
    fn from(error: PasswordError) -> LoginError {
        if let PasswordError::Busy = error {
            return LoginError::Busy;
        }
        tracing::error!(%error, "a login could not be checked");
        LoginError::Failed
    }
}

impl LoginError {
    /// In words, and with the address of a page that says them: next-auth's clients read nothing else.
    pub(super) fn answer(self, site: &Site) -> Response {
        let failed = |status, error: &str| refusal(site, status, error);
        match self {
            LoginError::BadRequest(message) => failed(StatusCode::BAD_REQUEST, &message),
            LoginError::TooLarge => {
                failed(StatusCode::PAYLOAD_TOO_LARGE, &body::BodyError::TooLarge.to_string())
            }
            LoginError::Unsupported => {
                let error = body::BodyError::Unsupported.to_string();
                let mut refused = failed(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error);
                refused.headers_mut().insert(header::ACCEPT_ENCODING, UNDERSTOOD);
                refused
            }
            LoginError::Refused => failed(StatusCode::UNAUTHORIZED, "CredentialsSignin"),
            LoginError::TooOften(wait) => {
                let refused =
                    failed(StatusCode::TOO_MANY_REQUESTS, "too many failed logins, try again later");
                later(refused, wait.as_secs_f64().ceil() as u64)
            }
            LoginError::Busy => failed(StatusCode::SERVICE_UNAVAILABLE, "the service is busy, try again"),
            LoginError::Failed => failed(StatusCode::INTERNAL_SERVER_ERROR, "the login could not be checked"),
        }
    }
}

/// What is not done below `/api/auth`, as next-auth's clients read it: `url` has the reason in its query.
pub(crate) fn refusal(site: &Site, status: StatusCode, error: &str) -> Response {
    let word = match status {
        StatusCode::UNAUTHORIZED => "CredentialsSignin",
        StatusCode::FORBIDDEN => "AccessDenied",
        StatusCode::TOO_MANY_REQUESTS => "TooManyRequests",
        StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
        status if status.is_server_error() => "Configuration",
        _ => "BadRequest",
    };
    let url = site.url(&format!("/api/auth/error?error={word}&provider=credentials"));
    let refused = answer(status, &json!({ "error": error, "url": url }));
    if status == StatusCode::SERVICE_UNAVAILABLE { later(refused, 1) } else { refused }
}

fn later(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Email and password, or what is wrong with the body.
    fn decode(body: &str) -> Result<(String, String), String> {
        let read = || {
            let mut fields = Fields::decode(body.as_bytes())?;
            Ok((fields.take("email")?, fields.take("password")?))
        };
        read().map_err(|error| match error {
            LoginError::BadRequest(problem) => problem,
            _ => "another error".to_owned(),
        })
    }

    #[test]
    fn json_and_forms_are_told_apart_by_what_they_are() {
        for body in [
            r#"{"email":"a@b.c","password":"p&=1"}"#,
            "  \n{\"password\":\"p&=1\",\"email\":\"a@b.c\",\"csrfToken\":\"x\"}",
            "email=a%40b.c&password=p%26%3D1&json=true",
        ] {
            let (email, password) = decode(body).unwrap_or_else(|error| panic!("{body}: {error}"));
            assert_eq!((email.as_str(), password.as_str()), ("a@b.c", "p&=1"));
        }
    }

    #[test]
    fn bad_bodies_name_the_field() {
        let long = format!(r#"{{"email":"a","password":"{}"}}"#, "x".repeat(300));
        for (body, expected) in [
            ("", "`email` is missing"),
            ("{", "not valid JSON"),
            ("[]", "`email` is missing"),
            (r#"{"email":"a@b.c"}"#, "`password` is missing"),
            (r#"{"email":1,"password":"x"}"#, "`email` must be a text"),
            (r#"{"email":"","password":"x"}"#, "`email` must not be empty"),
            (r#"{"email":"a","password":null}"#, "`password` must be a text"),
            ("email=a", "`password` is missing"),
            ("email=a%00&password=b", "`email` must not contain"),
            (r#"{"email":"a","password":"b\u0000"}"#, "`password` must not contain"),
            (long.as_str(), "`password` must not be longer"),
        ] {
            let error = decode(body).err().unwrap_or_default();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
