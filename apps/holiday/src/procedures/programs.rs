//! `programs.getById`: one programme with its provider.

use serde::Serialize;

use super::wire::ProgramDetails;
use crate::{
    app::App,
    trpc::{CallError, Code, Input, Success, success},
};

#[derive(Serialize)]
struct Details<'a> {
    program: ProgramDetails<'a>,
}

/// Input: `id`.
pub(super) async fn get_by_id(app: &App, input: &Input) -> Result<Success, CallError> {
    let id = input.integer("id", &(1..=i64::MAX))?.ok_or_else(|| CallError::field("id", "is missing"))?;
    let found = app.store.program(id).await?;
    let found = found.ok_or_else(|| CallError {
        field: Some("id"),
        ..CallError::new(Code::NotFound, format!("no programme has the number {id}"))
    })?;
    Ok(app.timers.render.run(|| success(&Details { program: (&found).into() })))
}
