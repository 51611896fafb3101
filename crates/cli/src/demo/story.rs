//! The demo from start to end: the reference system up, the story's load on it, one table, an exit code.
//!
//! With a restart in mid-run, the story's requirements on speed and errors are for the time outside of the outage, and
//! those on payments for the whole run: a search may fail while the database is away, money may not be lost.

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::{Context, Result};
use loadline_demo::payments::{self, Restart};
use loadline_demo::pool;
use loadline_demo::{
    Gateway, GatewayFaults, PoolUse, Reconciled, ReferenceSettings, ReferenceSystem, restart_at,
};
use loadline_measure::Run;
use loadline_report::{Line, Role, render, slow_lines, verdict_table, verdicts_json};
use loadline_runner::{Ending, Ends, Failure, Finished, Interrupts, Rules, SendOutput, Voice};
use loadline_scripted::Session;
use loadline_units as units;
use loadline_verdict::{Claim, Outage, judge_claim};

use super::arguments::{DemoArguments, GatewayKind};
use super::capacity::load_line;
use super::edge::through_the_edge;
use super::load::source;
use super::optimize::{Optimized, without_indexes};
use super::optimized::{optimized_json, optimized_lines};
use super::stage::{Around, Processor, Ran, Stage, was_stopped};
use super::watched::watched;
use super::words::{figures, requirements};
use crate::common::limits::enough_threads;
use crate::common::{OnSaturation, Screen, ScreenSettings, database, finish, json_text, print, screen};

/// The requirement that holds for the whole run, outages included.
const PAYMENTS: &str = "payment_success";

/// Starts the reference system, runs the story against it, prints one table.
pub(crate) fn demo(arguments: &DemoArguments) -> Result<Ending, Failure> {
    loadline_runner::raise_descriptor_limit();
    let settings = ScreenSettings::of_own_load(arguments.quiet, arguments.no_color);
    let screen = Arc::new(Screen::new(settings));
    let password = format!("load test of process {}", std::process::id());
    if arguments.watch {
        return watched(arguments, &screen);
    }
    if arguments.capacity {
        return load_line(arguments, &screen, &password);
    }
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let steering = arguments.steering.open(&interrupts, None, &screen)?;
    let watched = arguments.ui.open(&screen, steering.as_ref())?;
    let around = Around {
        screen: &screen,
        interrupts: &interrupts,
        watched: watched.as_ref(),
        steering: steering.as_ref(),
    };
    let ended = if arguments.edge {
        through_the_edge(arguments, around, &password)
    } else {
        story(arguments, around, settings, &password)
    };
    if let Some(watched) = watched {
        watched.close(&screen);
    }
    if let Some(steering) = steering {
        steering.close();
    }
    ended
}

fn story(
    arguments: &DemoArguments,
    around: Around<'_>,
    settings: ScreenSettings,
    password: &str,
) -> Result<Ending, Failure> {
    let Around { screen, interrupts, watched, .. } = around;
    let duration = arguments.length();
    let traces = arguments.traces.open_anywhere(screen)?;
    let system = ReferenceSystem::start(&ReferenceSettings {
        accounts: arguments.users,
        password: password.to_owned(),
        search_delay: arguments.search_delay,
        gateway: match arguments.gateway {
            GatewayKind::InProcess => Gateway::InProcess { error_rate: arguments.payment_error_rate },
            GatewayKind::StripeSimulator => Gateway::StripeSimulator(GatewayFaults {
                error_rate: arguments.gateway_error_rate,
                drop_rate: arguments.gateway_drop_rate,
            }),
        },
        quiet: arguments.restart_database_after.is_some(),
        database: arguments.database.0.clone(),
        traces: traces.as_ref().and_then(|traces| traces.url()),
    })
    .ends(Ending::CouldNotRun)?;
    // What was started has taken some.
    enough_threads()?;
    screen.note(&format!(
        "{} users for {} against the reference system at {}",
        units::count(arguments.users),
        units::time_of(duration),
        system.url()
    ));

    let place = system.database(arguments.database.0.as_deref()).ends(Ending::CouldNotRun)?;
    let stage = Stage {
        arguments,
        around,
        system: &system,
        source: source(arguments, system.url(), password, duration),
        database: place.clone(),
        traces,
    };
    let (mut trigger, mut restarting) = (None, None);
    if let Some(after) = arguments.restart_database_after {
        let (output, outcome) = restart_at(after, "the database", system.crasher());
        (trigger, restarting) = (Some(output), Some(outcome));
    }
    let (ran, optimized) = if let Some(url) = place.filter(|_| arguments.without_indexes) {
        without_indexes(&stage, &url, settings)?
    } else {
        let prepare = |session: &mut Session| {
            if trigger.is_some() {
                for budget in &mut session.budgets.budgets {
                    budget.text.outside_outage = budget.selector.metric != PAYMENTS;
                }
            }
            trigger.take().map(|output| Box::new(output) as SendOutput)
        };
        (stage.run(arguments.run.clone(), "demo", prepare)?, None)
    };
    let Ran { mut finished, kept, processor } = ran;

    let mut proof = Proof::default();
    if let Some(restarting) = restarting.take()
        && !was_stopped(&finished)
    {
        let (second, crashed) = restarting.wait().ends(Ending::CouldNotRun)?;
        let outage = Outage::of(&finished.run, second);
        proof.restart = Some(Restart { crashed, outage });
    }
    if arguments.without_indexes {
        screen.note("waits for connections are not judged: the service counts those of both runs as one");
    } else if proof.restart.is_none() && !was_stopped(&finished) {
        // Where nothing was broken on purpose, there must have been room for everybody.
        proof.pool = Some(system.pool().ends(Ending::CouldNotRun)?);
    }
    if arguments.gateway == GatewayKind::StripeSimulator {
        proof.sides = Some(system.reconcile().ends(Ending::CouldNotRun)?);
    }
    for log in system.logs() {
        screen.note(&format!("what the reference system printed is in {}", log.display()));
    }
    drop(system);

    let claims = proof.claims(&finished.run);
    finished.verdicts.extend(claims.iter().map(|claim| judge_claim(&finished.run, claim)));
    if let Some(watched) = watched {
        watched.end(&finished);
    }
    let told = report(arguments, &finished, &processor, &proof, optimized.as_ref());
    let rules = Rules {
        fail_on_unproven: false,
        fail_on_saturation: arguments.saturation.on_saturation == OnSaturation::Fail,
    };
    let kept = format!("run kept in {}", kept.display());
    Ok(finish(screen, &mut finished, [told], Some(&kept), rules, interrupts))
}

/// What was looked at beside the load.
#[derive(Default)]
struct Proof {
    pool: Option<PoolUse>,
    sides: Option<Reconciled>,
    restart: Option<Restart>,
}

impl Proof {
    fn claims(&self, run: &Run) -> Vec<Claim> {
        let pool = self.pool.iter().flat_map(|found| pool::sufficiency(run, found));
        let sides = self.sides.iter().flat_map(payments::reconciliation);
        pool.chain(sides).chain(self.restart.iter().flat_map(payments::recovery)).collect()
    }
}

fn report(
    arguments: &DemoArguments,
    finished: &Finished,
    processor: &Processor,
    proof: &Proof,
    optimized: Option<&Optimized>,
) -> Result<()> {
    if arguments.json {
        let mut json = verdicts_json(&finished.run, &finished.verdicts);
        if let Some(found) = &proof.pool {
            json["pool"] = pool::pool_json(found);
        }
        if let Some(cost) = database::cost_json(finished) {
            json["database"] = cost;
        }
        if let Some(sides) = &proof.sides {
            json["reconciliation"] = payments::sides_json(sides);
        }
        if let Some(restart) = &proof.restart {
            json["restart"] = payments::restart_json(restart);
        }
        if let Some(optimized) = optimized {
            json["indexes"] = optimized_json(optimized);
        }
        return print(json_text(&json)?.as_bytes());
    }
    let requirements = requirements(finished);
    let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
    let mut text = String::from("\n");
    text += &render(
        &verdict_table(&requirements, finished.run.meta.saturation.as_ref(), screen::result_width()),
        &theme,
    );
    text += &figures(finished, processor).context("the run has no requests")?;
    if optimized.is_none() {
        text += &render(&database::cost(finished, screen::result_width()), &theme);
    }
    let slowest = slow_lines(&finished.run, 2, screen::result_width());
    if !slowest.is_empty() {
        let heading = [Line::new(), Line::indented(2).with(Role::Heading, "slowest requests")];
        text += &render(&heading, &theme);
        text += &render(&slowest, &theme);
        text.push('\n');
    }
    if let Some(sides) = &proof.sides {
        text += &format!("  {}\n", payments::sides_line(sides));
    }
    if let Some(restart) = &proof.restart {
        text += &format!("  {}\n", payments::restart_line(restart));
    }
    if let Some(optimized) = optimized {
        text += &render(&optimized_lines(optimized, finished, screen::result_width()), &theme);
    }
    print(text.as_bytes())
}
