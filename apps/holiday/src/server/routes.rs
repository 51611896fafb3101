//! Which path is answered by whom.

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use loadline_monitor::Monitor;

use super::{admit::admit, asker::ask, naming::Endpoints};
use crate::{
    app::App,
    auth, trpc,
    web::{caching, files, health, images, webhook},
};

/// The whole service.
pub(super) fn routes(app: Arc<App>, monitor: Option<&Monitor>) -> Router {
    let endpoints = Endpoints { load_test_secret: app.load_test_secret.clone() };
    let router = Router::new()
        .route("/", get(files::start_page))
        .route("/api/trpc/{procedures}", get(trpc::handle).post(trpc::handle))
        .route("/api/auth/callback/credentials", post(auth::login))
        .route("/api/auth/providers", get(auth::providers))
        .route("/api/auth/error", get(auth::page))
        .route("/api/auth/signin", get(auth::page))
        .route("/api/auth/csrf", get(auth::csrf))
        .route("/api/auth/session", get(auth::session))
        .route("/api/auth/signout", post(auth::sign_out))
        .route("/api/webhooks/stripe", post(webhook::stripe))
        .route("/api/health/live", get(health::live))
        .route("/api/health/ready", get(health::ready))
        .route("/api/health/{*path}", get(health::unknown))
        .route("/images/programs/{file}", get(images::program))
        .route("/_next/static/{*path}", get(files::file))
        .fallback(unknown)
        .layer(from_fn_with_state(endpoints.clone(), ask))
        .layer(from_fn_with_state(Arc::clone(&app), admit))
        .layer(caching::layer());
    // Outermost, so that what is refused is counted too.
    let router = match monitor {
        Some(monitor) => router.layer(monitor.layer_named(endpoints)),
        None => router,
    };
    router.with_state(app)
}

async fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "not found").into_response()
}
