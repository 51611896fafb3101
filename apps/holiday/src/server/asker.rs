//! Statements of a request say in a comment which request it is.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use loadline_monitor::{Name, Naming, RequestHead};

use super::naming::Endpoints;
use crate::store::asked_by;

/// Runs the rest on behalf of the request, as metrics call it.
pub(super) async fn ask(State(endpoints): State<Endpoints>, request: Request, next: Next) -> Response {
    let head = RequestHead::of(&request);
    let (endpoint, route) = match endpoints.name(&head) {
        Name::Endpoint { route, endpoint } => (Some(endpoint.to_owned()), route.to_owned()),
        Name::Route(route) | Name::Batch { route, .. } => (None, route.to_owned()),
        Name::Unmatched => return next.run(request).await,
    };
    asked_by(endpoint.as_deref(), &route, next.run(request)).await
}
