//! Which path is answered by whom.

use std::sync::Arc;

use axum::{
    Router,
    http::{StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::admit::admit;
use crate::{
    app::App,
    auth, trpc,
    web::{caching, files, health, images, webhook},
};

/// The whole service.
pub(super) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(files::start_page))
        .route("/api/trpc/{procedures}", get(trpc::handle).post(trpc::handle))
        .route("/api/auth/callback/credentials", post(auth::login))
        .route("/api/auth/csrf", get(auth::csrf))
        .route("/api/auth/session", get(auth::session))
        .route("/api/auth/signout", post(auth::sign_out))
        .route("/api/webhooks/stripe", post(webhook::stripe))
        .route("/api/health/live", get(health::live))
        .route("/api/health/ready", get(health::ready))
        .route("/images/programs/{file}", get(images::program))
        .route("/_next/static/{*path}", get(files::file))
        .fallback(unknown)
        .layer(from_fn_with_state(Arc::clone(&app), admit))
        .with_state(app)
}

async fn unknown() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, caching::PRIVATE)], "not found").into_response()
}
