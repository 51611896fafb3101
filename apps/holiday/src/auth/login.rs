//! `POST /api/auth/callback/credentials`: a password in, a session cookie out.
//!
//! JSON and form bodies are told apart by what they are, since clients send JSON without a Content-Type. An unknown account and a
//! wrong password give the same answer after the same time.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{PasswordError, session::Token};
use crate::{
    app::App,
    clock::now,
    store::{Session, StoreError},
    web::{body, caching},
};

/// Longer ones are refused before they are hashed.
const LONGEST_FIELD_BYTES: usize = 256;

struct Credentials {
    email: String,
    password: String,
}

enum LoginError {
    BadRequest(String),
    TooLarge,
    Refused,
    Busy,
    Failed,
}

/// Answers a login.
pub(crate) async fn login(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    match attempt(&app, &headers, body).await {
        Ok(token) => {
            let cookie =
                HeaderValue::from_str(&token.set_cookie()).expect("hexadecimal digits and fixed words");
            let mut response = answer(StatusCode::OK, &json!({ "url": "/" }));
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn attempt(app: &App, headers: &HeaderMap, body: Body) -> Result<Token, LoginError> {
    let body = body::read(headers, body).await.map_err(|error| match error {
        body::BodyError::TooLarge => LoginError::TooLarge,
        error => LoginError::BadRequest(error.to_string()),
    })?;
    let Credentials { email, password } = Credentials::decode(&body).map_err(LoginError::BadRequest)?;
    let account = app.store.account(email.to_ascii_lowercase()).await?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    if !Arc::clone(&app.passwords).verify(password, stored).await? {
        return Err(LoginError::Refused);
    }
    let account = account.ok_or(LoginError::Refused)?;
    let (token, now) = (Token::generate(), now());
    let session = Session { token_hash: token.hash(), account: account.id, expires_at: Token::expiry(now) };
    app.store.open_session(session, now).await?;
    Ok(token)
}

impl Credentials {
    fn decode(body: &[u8]) -> Result<Credentials, String> {
        let looks_like_json = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let mut fields: Map<String, Value> = if looks_like_json {
            serde_json::from_slice(body).map_err(|error| format!("the body is not valid JSON: {error}"))?
        } else {
            form_urlencoded::parse(body)
                .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                .collect()
        };
        let mut take = |name: &str| match fields.remove(name) {
            Some(Value::String(text)) if text.is_empty() => Err(format!("`{name}` must not be empty")),
            Some(Value::String(text)) if text.len() > LONGEST_FIELD_BYTES => {
                Err(format!("`{name}` must not be longer than {LONGEST_FIELD_BYTES} bytes"))
            }
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("`{name}` must be a text")),
            None => Err(format!("`{name}` is missing: send `email` and `password` as JSON or as a form")),
        };
        Ok(Credentials { email: take("email")?, password: take("password")? })
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

impl IntoResponse for LoginError {
    fn into_response(self) -> Response {
        let failed = |status, error: &str| answer(status, &json!({ "error": error }));
        match self {
            LoginError::BadRequest(message) => failed(StatusCode::BAD_REQUEST, &message),
            LoginError::TooLarge => {
                failed(StatusCode::PAYLOAD_TOO_LARGE, &body::BodyError::TooLarge.to_string())
            }
            LoginError::Refused => answer(
                StatusCode::UNAUTHORIZED,
                &json!({ "error": "CredentialsSignin", "url": "/api/auth/error?error=CredentialsSignin" }),
            ),
            LoginError::Busy => {
                let mut response =
                    failed(StatusCode::SERVICE_UNAVAILABLE, "too many logins at once, try again");
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            LoginError::Failed => failed(StatusCode::INTERNAL_SERVER_ERROR, "the login could not be checked"),
        }
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, caching::PRIVATE)];
    (status, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_forms_are_told_apart_by_what_they_are() {
        for body in [
            r#"{"email":"a@b.c","password":"p&=1"}"#,
            "  \n{\"password\":\"p&=1\",\"email\":\"a@b.c\",\"csrfToken\":\"x\"}",
            "email=a%40b.c&password=p%26%3D1&json=true",
        ] {
            let credentials =
                Credentials::decode(body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
            assert_eq!((credentials.email.as_str(), credentials.password.as_str()), ("a@b.c", "p&=1"));
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
            (long.as_str(), "`password` must not be longer"),
        ] {
            let error = Credentials::decode(body.as_bytes()).err().unwrap_or_default();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
