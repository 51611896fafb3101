//! One call of a procedure, whether it came alone or in a batch.

use axum::http::{HeaderMap, StatusCode};

use super::{CallError, Code, Input, Success};
use crate::{app::App, procedures::Procedure, store::asked_by};

/// Runs the procedure of a name.
pub(super) async fn run(
    app: &App,
    headers: &HeaderMap,
    path: &str,
    may_mutate: bool,
    input: Result<Input, CallError>,
) -> Result<Success, CallError> {
    let procedure = Procedure::find(path)
        .ok_or_else(|| CallError::new(Code::NotFound, format!("no such procedure: `{path}`")))?;
    if procedure.is_mutation() && !may_mutate {
        return Err(CallError::new(
            Code::MethodNotSupported,
            format!("`{path}` is a mutation: call it by POST"),
        ));
    }
    let input = input?;
    // Of a batch each call is somebody's by itself.
    asked_by(Some(procedure.name()), procedure.route(), procedure.call(app, headers, &input)).await
}

/// What a call's answer would have for a status if it came alone.
pub(super) fn status_of(outcome: &Result<Success, CallError>) -> StatusCode {
    match outcome {
        Ok(_) => StatusCode::OK,
        Err(error) => error.code.http_status(),
    }
}
