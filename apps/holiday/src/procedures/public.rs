//! `public.getPrograms` and `public.getProviders`: lists that caches in front of the service may keep.
//!
//! Programmes depend on the header X-Location: with a postcode there, the nearest come first; without, or with anything else, all in
//! their order. A cache in front cannot refuse a header, so a strange value is not an error.

use axum::http::HeaderMap;
use serde::Serialize;

use super::wire::{ProgramRow, ProviderRow};
use crate::{
    app::App,
    place::find_postcode,
    store::Vicinity,
    trpc::{CallError, Input, Success, success},
};

const PAGE: i64 = 20;
const LARGEST_PAGE: i64 = 100;
/// A list by distance is read from its beginning for every page, so it ends somewhere.
const DEEPEST: i64 = 2_000;
/// How far the neighbourhood of X-Location reaches.
const NEIGHBOURHOOD_KM: f64 = 50.0;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Programs<'a> {
    programs: Vec<ProgramRow<'a>>,
    next_cursor: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Providers<'a> {
    providers: Vec<ProviderRow<'a>>,
    next_cursor: Option<i64>,
}

/// Input: `limit` (20 when missing), `cursor` (the `nextCursor` of the page before).
pub(super) async fn get_programs(
    app: &App,
    headers: &HeaderMap,
    input: &Input,
) -> Result<Success, CallError> {
    let location = headers.get("x-location").and_then(|value| find_postcode(value.to_str().ok()?).ok());
    let deepest = if location.is_some() { DEEPEST } else { i64::MAX };
    let (limit, cursor) = page(input, deepest)?;
    // One more than asked for tells whether there is a next page.
    let mut listed = match location {
        None => app.store.programs(cursor, limit + 1).await?,
        Some(location) => {
            let vicinity = Vicinity {
                centre: location.centre,
                radius_km: NEIGHBOURHOOD_KM,
                ages: None,
                skip: cursor as u32,
                limit: limit + 1,
            };
            app.store.nearest(vicinity).await?
        }
    };
    let more = listed.len() > limit as usize;
    listed.truncate(limit as usize);
    let next_cursor = match location {
        None => listed.last().map(|last| last.program.id),
        Some(_) => Some(cursor + i64::from(limit)).filter(|next| *next <= DEEPEST),
    };
    let next_cursor = next_cursor.filter(|_| more);
    Ok(app
        .timers
        .render
        .run(|| success(&Programs { programs: listed.iter().map(ProgramRow::from).collect(), next_cursor })))
}

/// Input: as for programmes.
pub(super) async fn get_providers(app: &App, input: &Input) -> Result<Success, CallError> {
    let (limit, cursor) = page(input, i64::MAX)?;
    let mut providers = app.store.providers(cursor, limit + 1).await?;
    let more = providers.len() > limit as usize;
    providers.truncate(limit as usize);
    let next_cursor = providers.last().map(|last| last.id).filter(|_| more);
    Ok(app.timers.render.run(|| {
        success(&Providers { providers: providers.iter().map(ProviderRow::from).collect(), next_cursor })
    }))
}

fn page(input: &Input, deepest: i64) -> Result<(u32, i64), CallError> {
    let limit = input.integer("limit", &(1..=LARGEST_PAGE))?.unwrap_or(PAGE);
    let cursor = input.integer("cursor", &(0..=deepest))?.unwrap_or(0);
    Ok((limit as u32, cursor))
}
