//! A service out of measured loads: what a search for the load line, or runs at several loads, say of one replica.
//!
//! The queue that fits them (`loadline scale fit`) has so many servers and a rate that it cannot carry; a replica then
//! has as many workers, each busy with a request for as long as makes that its capacity. How much times vary follows
//! from the wait (Allen and Cunneen's `(1 + Cs²)/2`). A fixed delay in front of them is no work, and left out.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use loadline_capacity::live::measured;
use loadline_capacity::told::{Fitted, Loaded, amount};
use loadline_measure::read_run;
use loadline_scale::service::{Service, ServiceTime};
use loadline_units as units;

use crate::common::screen;

/// A delay in front of the workers is said from this part of the response time of an idle system on.
const DELAY: f64 = 0.1;

/// What to name.
const WHICH: &str = "hint: name what `loadline capacity -o run=FILE` wrote, or runs at several loads";

/// The service that Runs of one replica tell of.
pub(super) fn model(paths: &[PathBuf]) -> Result<Service> {
    let mut loads: Vec<Loaded> = Vec::new();
    for path in paths {
        let shown = path.display();
        let file = File::open(path).with_context(|| {
            format!(
                "cannot open the Run file `{shown}`
{WHICH}"
            )
        })?;
        let (run, _) = read_run(file).with_context(|| format!("cannot read the Run file `{shown}`"))?;
        let seen = measured(&run).map_err(|error| {
            anyhow!(
                "`{shown}` {error}
{WHICH}"
            )
        })?;
        loads.extend(seen.loads);
    }
    let fit = Fitted::of(&loads).queue.map_err(|why| {
        anyhow!("no model follows from what was measured: {why}\nhint: `loadline capacity -o run=FILE` looks for enough loads")
    })?;
    let mean_s = f64::from(fit.servers) / fit.most_per_s;
    let deviation = (2.0 * fit.variability - 1.0).max(0.0).sqrt();
    let mut service = Service::new(ServiceTime::new(mean_s, deviation)?, fit.servers as usize)?;
    let carried = loads.iter().filter(|load| load.carried).map(|load| load.per_s).fold(0.0, f64::max);
    service.measured_up_to_per_s = Some(carried);
    if fit.most_between.is_none_or(|between| !between.high.is_finite()) {
        screen::caution(&format!(
            "the loads do not tell where a replica's capacity ends: {} requests/s are the likeliest, measured are {}",
            amount(fit.most_per_s),
            amount(carried)
        ));
    }
    let delay_ms = fit.idle_ms - mean_s * 1e3;
    if delay_ms > DELAY * fit.idle_ms {
        screen::caution(&format!(
            "{} of a response are no work of a worker, and are to be added to each simulated time",
            units::time(delay_ms)
        ));
    }
    Ok(service)
}
