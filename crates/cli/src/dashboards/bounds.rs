//! The buckets that a Prometheus has.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use loadline_watch::{Bounds, Objective, Settings, bounds_query};

use crate::common::Prometheus;

/// The bounds of the project's histogram; `None` for a native one.
pub(super) async fn bounds(
    server: &Prometheus,
    settings: &Settings,
    objectives: &[Objective],
) -> Result<Option<Bounds>> {
    let Some(query) = bounds_query(settings, objectives) else { return Ok(None) };
    let answer = server.moment(&query, Timestamp::now().as_second()).await?;
    let bounds = Bounds::of(&answer);
    ensure!(
        !bounds.is_empty(),
        "`{}` has no buckets of `{}` in the last hour\nhint: leave `--prometheus` out, or say in `[watch]` what metrics are called",
        server.shown,
        settings.names.histogram
    );
    Ok(Some(bounds))
}
