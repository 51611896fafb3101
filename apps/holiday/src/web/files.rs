//! The start page and its static files, compiled into the binary.
//!
//! Static files carry their content's version in their name, so that caches may keep them for ever.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::caching;

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
    let headers = [
        (header::CACHE_CONTROL, "public, max-age=0, must-revalidate"),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    (headers, Html(include_str!("../../assets/index.html"))).into_response()
}

/// A static file.
pub(crate) async fn file(Path(path): Path<String>) -> Response {
    match FILES.iter().find(|(name, ..)| *name == path) {
        Some(&(_, content_type, content)) => {
            let headers =
                [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, caching::STATIC_FILES)];
            (headers, content).into_response()
        }
        None => (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, caching::PRIVATE)], "no such file")
            .into_response(),
    }
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
