//! The start page and its static files, compiled into the binary.
//!
//! Static files carry their content's version in their name, so that caches may keep them for ever.

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use loadline_edge::fields::etag::EntityTag;

/// (path below `/_next/static/`, content type, content)
const FILES: &[(&str, &str, &str)] = &[
    ("chunks/app-4f1c2a90.js", "text/javascript; charset=utf-8", include_str!("../../assets/app.js")),
    ("css/app-7be0d135.css", "text/css; charset=utf-8", include_str!("../../assets/app.css")),
];

/// What a browser may load for the start page: this site's own files, and nothing inside it or around it.
const PAGE_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// The start page.
pub(crate) async fn start_page() -> Response {
    let page = include_str!("../../assets/index.html");
    let headers =
        [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)), (header::ETAG, tag(page))];
    (headers, Html(page)).into_response()
}

/// A static file.
pub(crate) async fn file(Path(path): Path<String>) -> Response {
    match FILES.iter().find(|(name, ..)| *name == path) {
        Some(&(_, content_type, content)) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
                (header::ETAG, tag(content)),
            ];
            (headers, content).into_response()
        }
        None => (StatusCode::NOT_FOUND, "no such file").into_response(),
    }
}

/// The strong tag of a content.
pub(super) fn tag(content: &str) -> HeaderValue {
    EntityTag::of_content(content.as_bytes()).value().expect("hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_page_names_every_file() {
        let page = include_str!("../../assets/index.html");
        for (name, ..) in FILES {
            assert!(page.contains(&format!("/_next/static/{name}")), "{name}");
        }
    }
}
