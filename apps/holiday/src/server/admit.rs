//! What happens to every request before its handler: it is labelled, and let in or refused.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use loadline_serve::Peer;

use crate::{
    app::App,
    web::{Origin, Traffic, unavailable},
};

/// Leaves [`Origin`] and [`Traffic`] in the request's extensions; the latter in the response's too, for whoever counts.
pub(super) async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let proxies: &[IpAddr] = &app.proxies;
    let origin = Origin::of(request.extensions().get::<Peer>().copied(), request.headers(), proxies);
    let traffic = Traffic::of(request.headers(), app.load_test_secret.as_deref());
    request.extensions_mut().insert(origin);
    request.extensions_mut().insert(traffic);
    let is_health = request.uri().path().starts_with("/api/health/");
    let place = if is_health { None } else { Some(app.gate.enter()) };
    let mut response = match place {
        Some(None) => unavailable("the service is busy, try again"),
        _ => app.gate.within_time(next.run(request)).await,
    };
    response.extensions_mut().insert(traffic);
    response
}
