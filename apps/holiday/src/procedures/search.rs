//! `search.findPrograms`: the nearest active programmes around a postcode.

use serde::Serialize;

use super::wire::ProgramRow;
use crate::{
    app::App,
    place::find_postcode,
    store::Vicinity,
    trpc::{CallError, Input, Success, success},
};

const RESULTS: u32 = 50;
const USUAL_RADIUS_KM: f64 = 10.0;

#[derive(Serialize)]
struct SearchResult<'a> {
    location: Location<'a>,
    programs: Vec<ProgramRow<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    postcode: &'a str,
    suburb: &'a str,
}

/// Input: `location` (postcode), `radius` (km, 10 when missing), `ageGroup` (like `5-7`, all when missing).
pub(super) async fn find_programs(app: &App, input: &Input) -> Result<Success, CallError> {
    let location =
        find_postcode(input.text("location")?).map_err(|problem| CallError::field("location", problem))?;
    let radius_km = input.number("radius", "km", &(0.1..=200.0), USUAL_RADIUS_KM)?;
    let ages = input.parsed("ageGroup")?;
    if !app.search_delay.is_zero() {
        tokio::time::sleep(app.search_delay).await;
    }
    let vicinity = Vicinity { centre: location.centre, radius_km, ages, skip: 0, limit: RESULTS };
    let programs = app.store.nearest(vicinity).await?;
    Ok(app.timers.render.run(|| {
        success(&SearchResult {
            location: Location { postcode: location.code, suburb: location.suburb },
            programs: programs.iter().map(ProgramRow::from).collect(),
        })
    }))
}
