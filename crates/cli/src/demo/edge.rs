//! The story on a cache: the edge in front of the reference system, a cold start, and an origin that is killed.
//!
//! The same users as ever go through the edge. Halfway through the run the origin is killed and stays away; what the
//! cache has is served all the same, and who noticed is told by endpoint. Requirements on speed and errors are for the
//! time outside of the outage, hit rates for the whole run.

use std::time::Duration;

use anyhow::Result;
use loadline_config::EdgeSection;
use loadline_demo::{Away, EDGE_RULES, EdgedSystem, restart_at};
use loadline_edge::rules::Rules;
use loadline_measure::{CACHE_HITS, CACHE_MISSES};
use loadline_runner::{Ending, Ends, Failure, Finished, Rules as EndRules, SendOutput};
use loadline_scripted::{Session, Source};
use loadline_units as units;
use loadline_verdict::Outage;

use super::arguments::DemoArguments;
use super::edge_words::{Told, edge_json, edge_text};
use super::load::source;
use super::stage::{Around, Ran, Stage, was_stopped};
use crate::common::{OnSaturation, finish, json_text, print};

/// For how long the origin is away.
pub(super) const AWAY: Duration = Duration::from_secs(10);

/// Runs the load through the edge, and kills the origin halfway.
pub(super) fn through_the_edge(
    arguments: &DemoArguments,
    around: Around<'_>,
    password: &str,
) -> Result<Ending, Failure> {
    let Around { screen, interrupts, watched, .. } = around;
    let duration = arguments.length();
    let system = EdgedSystem::start(arguments.users, password).ends(Ending::CouldNotRun)?;
    screen.note(&format!(
        "{} users for {} against the reference system behind `loadline edge serve` at {}; the origin is killed halfway",
        units::count(arguments.users),
        units::time_of(duration),
        system.url()
    ));
    let stage = Stage {
        arguments,
        around,
        system: &system,
        source: through(source(arguments, system.url(), password, duration)).ends(Ending::CouldNotRun)?,
        database: None,
        traces: None,
    };
    let (output, killed) =
        restart_at(duration / 2, "the origin", system.killer(arguments.users, password, AWAY));
    let mut output = Some(output);
    let prepare = |session: &mut Session| {
        for budget in &mut session.budgets.budgets {
            budget.text.outside_outage = !is_of_caches(&budget.selector.metric);
        }
        output.take().map(|output| Box::new(output) as SendOutput)
    };
    let Ran { mut finished, kept, processor } = stage.run(arguments.run.clone(), "demo-edge", prepare)?;
    let mut outage: Option<(Outage, Away)> = None;
    if !was_stopped(&finished) {
        let (second, away) = killed.wait().ends(Ending::CouldNotRun)?;
        outage = Some((Outage::of(&finished.run, second), away));
    }
    for log in system.logs() {
        screen.note(&format!("what the reference system printed is in {}", log.display()));
    }
    drop(system);
    if let Some(watched) = watched {
        watched.end(&finished);
    }
    let told = report(arguments, &finished, &Told::of(&finished.run, outage.as_ref(), &processor));
    let rules = EndRules {
        fail_on_unproven: false,
        fail_on_saturation: arguments.saturation.on_saturation == OnSaturation::Fail,
    };
    let kept = format!("run kept in {}", kept.display());
    Ok(finish(screen, &mut finished, [told], Some(&kept), rules, interrupts))
}

/// The source of the same load, judged by hit rates as well.
fn through(source: Source) -> Result<Source> {
    let rules = Rules::parse("edge.toml", EDGE_RULES)?;
    Ok(Source {
        entry: "/loadtests/edge.ts".into(),
        edge: EdgeSection { rules, ..EdgeSection::default() },
        ..source
    })
}

fn is_of_caches(metric: &str) -> bool {
    metric == CACHE_HITS || metric == CACHE_MISSES
}

fn report(arguments: &DemoArguments, finished: &Finished, told: &Told<'_>) -> Result<()> {
    if arguments.json {
        return print(json_text(&edge_json(finished, told))?.as_bytes());
    }
    print(edge_text(arguments, finished, told)?.as_bytes())
}
