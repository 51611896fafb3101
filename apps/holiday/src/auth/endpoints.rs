//! `/api/auth/providers`, `/api/auth/csrf`, `/api/auth/session` and `/api/auth/signout`, as next-auth has them.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::json;

use super::{
    cookie,
    login::{Fields, LoginError, answer},
    session::Token,
};
use crate::{
    app::App,
    clock::now,
    web::{Origin, Site, body},
};

/// The ways to log in: by address and password.
pub(crate) async fn providers(Extension(site): Extension<Site>) -> Response {
    let credentials = json!({
        "id": "credentials",
        "name": "Credentials",
        "type": "credentials",
        "signinUrl": site.url("/api/auth/signin/credentials"),
        "callbackUrl": site.url("/api/auth/callback/credentials"),
    });
    answer(StatusCode::OK, &json!({ "credentials": credentials }))
}

/// `{"csrfToken":"…"}`: the one of the request's cookie, or a new one with its cookie.
pub(crate) async fn csrf(
    State(app): State<Arc<App>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Response {
    if let Some(token) = app.csrf.token_of(&headers) {
        return answer(StatusCode::OK, &json!({ "csrfToken": token }));
    }
    let (token, set) = app.csrf.issue(origin.secure);
    let mut response = answer(StatusCode::OK, &json!({ "csrfToken": token }));
    response.headers_mut().insert(header::SET_COOKIE, cookie::header_value(&set));
    response
}

/// `{"user":{"email":"…"},"expires":"…"}`, or `{}` without a session.
pub(crate) async fn session(
    State(app): State<Arc<App>>,
    Extension(site): Extension<Site>,
    headers: HeaderMap,
) -> Response {
    let Some(token) = Token::from_headers(&headers) else { return answer(StatusCode::OK, &json!({})) };
    match app.store.session(token.hash(), now()).await {
        Ok(None) => answer(StatusCode::OK, &json!({})),
        Ok(Some(session)) => {
            let expires = jiff::Timestamp::from_second(session.expires_at).unwrap_or(jiff::Timestamp::MAX);
            let expires = expires.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
            answer(StatusCode::OK, &json!({ "user": { "email": session.email }, "expires": expires }))
        }
        Err(error) => LoginError::from(error).answer(&site),
    }
}

/// Ends the session. Needs the token of `/api/auth/csrf` as the field `csrfToken`, or another site could log users out.
pub(crate) async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(origin): Extension<Origin>,
    Extension(site): Extension<Site>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match try_sign_out(&app, &headers, body).await {
        Ok(wanted) => {
            let mut response = answer(StatusCode::OK, &json!({ "url": site.onward(wanted.as_deref()) }));
            let cookie: HeaderValue = cookie::header_value(&Token::unset_cookie(origin.secure));
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => error.answer(&site),
    }
}

/// Where the client wants to go on.
async fn try_sign_out(app: &App, headers: &HeaderMap, body: Body) -> Result<Option<String>, LoginError> {
    let body = body::read(headers, body).await?;
    let mut fields = Fields::decode(&body)?;
    let token = fields.take("csrfToken")?;
    if !app.csrf.confirms(headers, &token) {
        let message = "`csrfToken` is not the one of the cookie: ask `/api/auth/csrf` for one".to_owned();
        return Err(LoginError::BadRequest(message));
    }
    if let Some(session) = Token::from_headers(headers) {
        app.store.close_session(session.hash()).await?;
    }
    Ok(fields.optional("callbackUrl"))
}
