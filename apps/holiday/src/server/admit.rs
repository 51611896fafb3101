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
    auth,
    trpc::{self, Code},
    web::{Conditions, KeepsPlace, Origin, Site, Traffic, compressed, own_site, unavailable},
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
    let proxied = peer.is_some_and(|peer| app.proxies.iter().any(|network| network.contains(peer.0.ip())));
    let site = path.starts_with("/api/auth/").then(|| Site::of(&request, origin.secure, proxied));
    if let Some(site) = &site {
        request.extensions_mut().insert(site.clone());
    }
    let conditions = Conditions::of(&request);
    let encodings: Vec<_> = request.headers().get_all(header::ACCEPT_ENCODING).iter().cloned().collect();
    // As its client can read it.
    let refuse = |code: Code, message: &'static str| match (path.strip_prefix("/api/trpc/"), &site) {
        (Some(procedures), _) => trpc::refusal(procedures, code, message),
        (None, Some(site)) => auth::refusal(site, code.http_status(), message),
        (None, None) if code == Code::ServiceUnavailable => unavailable(message),
        (None, None) => (code.http_status(), message).into_response(),
    };
    let refused = |message: &'static str| refuse(Code::ServiceUnavailable, message);
    let mut response = if let Some((status, message)) = own_site::objection(&request, proxied) {
        let code = if status == StatusCode::FORBIDDEN { Code::Forbidden } else { Code::BadRequest };
        refuse(code, message)
    } else if is_health {
        app.gate.within_time(next.run(request)).await.unwrap_or_else(refused)
    } else if let Some(request) = app.arrivals.whole(request, origin.address, &app.timers.body).await {
        // The place is for what is being worked on, not for what is on its way.
        match app.gate.enter() {
            Some(place) => {
                let answering = async {
                    if let Some(workers) = &app.workers {
                        workers.work(&app.timers).await;
                    }
                    next.run(request).await
                };
                let response = app.gate.within_time(answering).await.unwrap_or_else(refused);
                if let Some(keeps) = response.extensions().get::<KeepsPlace>() {
                    keeps.keep(place);
                }
                response
            }
            None => refused("the service is busy, try again"),
        }
    } else {
        refused("too many requests of this client are on their way, try again")
    };
    let as_part = conditions.wants_part(&response);
    if !as_part {
        response = compressed(&encodings, response).await;
    }
    response = conditions.answer(response, as_part).await;
    // Whatever it is said to be, it is nothing else.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.extensions_mut().insert(traffic);
    response
}
