//! `/api/auth/error` and `/api/auth/signin`: where next-auth's clients send a browser when a login did not succeed, or nobody is logged in.

use axum::{
    extract::RawQuery,
    http::header,
    response::{Html, IntoResponse, Response},
};

/// Nothing is loaded, and nobody frames it.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page that says in words what `?error=` says in one; of that nothing is shown.
pub(crate) async fn page(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let error = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "error");
    let said = match error.as_ref().map(|(_, word)| word.as_ref()) {
        None => "Log in to go on.",
        Some("CredentialsSignin") => "The address or the password is wrong.",
        Some("TooManyRequests") => "There were too many failed logins; try again later.",
        Some("ServiceUnavailable") => "The service is busy; try again.",
        Some(_) => "The login did not succeed; try again.",
    };
    let text = format!(
        "<!doctype html>\n<html lang=\"en-AU\"><head><meta charset=\"utf-8\"><title>Log in</title></head>\
         <body><p>{said}</p><p><a href=\"/\">Holiday programmes in Sydney</a></p></body></html>\n"
    );
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(text)).into_response()
}
