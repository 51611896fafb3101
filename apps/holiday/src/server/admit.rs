//! What happens to every request before its handler: it is labelled, and let in or refused.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use loadline_serve::Peer;

use crate::{
    app::App,
    trpc::{self, Code},
    web::{Origin, Traffic, caching, own_site, unavailable},
};

/// Leaves [`Origin`] and [`Traffic`] in the request's extensions; the latter in the response's too, for whoever counts.
pub(super) async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let origin = Origin::of(peer, request.headers(), &app.proxies);
    let traffic = Traffic::of(request.headers(), app.load_test_secret.as_deref());
    request.extensions_mut().insert(origin);
    request.extensions_mut().insert(traffic);
    let is_health = request.uri().path().starts_with("/api/health/");
    let path = request.uri().path().to_owned();
    let refused = |message: &'static str| match path.strip_prefix("/api/trpc/") {
        Some(procedures) => trpc::refusal(procedures, Code::ServiceUnavailable, message),
        None => unavailable(message),
    };
    let proxied = peer.is_some_and(|peer| app.proxies.iter().any(|network| network.contains(peer.0.ip())));
    let mut response = if let Some((status, message)) = own_site::objection(&request, proxied) {
        match path.strip_prefix("/api/trpc/") {
            Some(procedures) if status == StatusCode::FORBIDDEN => {
                trpc::refusal(procedures, Code::Forbidden, message)
            }
            Some(procedures) => trpc::refusal(procedures, Code::BadRequest, message),
            None => (status, [(header::CACHE_CONTROL, caching::PRIVATE)], message).into_response(),
        }
    } else if is_health {
        app.gate.within_time(next.run(request)).await.unwrap_or_else(refused)
    } else if let Some(request) = app.arrivals.whole(request, origin.address).await {
        // The place is for what is being worked on, not for what is on its way.
        match app.gate.enter() {
            Some(_place) => app.gate.within_time(next.run(request)).await.unwrap_or_else(refused),
            None => refused("the service is busy, try again"),
        }
    } else {
        refused("too many requests of this client are on their way, try again")
    };
    // Whatever it is said to be, it is nothing else.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.extensions_mut().insert(traffic);
    response
}
