//! From arguments to an exit code.

use std::sync::Arc;

use anyhow::Result;
use loadline_hit::Hit;
use loadline_measure::RESPONSE_TIME;
use loadline_report::{HitFigures, Line, Requirement, Role, Users, hit_json, hit_report, slow_lines};
use loadline_runner::{
    Described, Ending, Ends, Failure, Finished, Interrupts, KeptRun, OutSpec, Rules, SamplingSettings,
    Subject, Voice, execute, outputs_and_history,
};
use loadline_verdict::{TargetBudget, escape};

use super::HitArguments;
use super::settings::hit_settings;
use crate::common::{
    OnSaturation, Screen, ScreenSettings, Unproven, database, find, finish, json_text, print, print_result,
    screen,
};

const FROM_REQUEST: &str = "of answered requests: sending, waiting and receiving, without connecting";
const FROM_SCHEDULE: &str =
    "of answered requests, from when each was due: starting late and waiting for a connection included";

/// Sends one request again and again, and reports.
pub(crate) fn hit(arguments: &HitArguments) -> Result<Ending, Failure> {
    loadline_runner::raise_descriptor_limit();
    let settings = ScreenSettings {
        quiet: arguments.quiet,
        no_color: arguments.no_color,
        latency: Some(RESPONSE_TIME),
        users: Users::Connections,
        ..ScreenSettings::default()
    };
    let screen = Arc::new(Screen::new(settings));
    let mut found = find(&arguments.around.project).ends(Ending::Configuration)?;
    arguments.database.take_place_in(&mut found);
    let mut sampling = SamplingSettings::default();
    database::follow(&mut sampling, &found).ends(Ending::Configuration)?;
    let (mut hit, elsewhere) =
        Hit::prepare(&hit_settings(arguments).ends(Ending::Configuration)?, &found.project)
            .ends(Ending::Configuration)?;
    if let Some(path) = found.path.as_ref().filter(|_| !elsewhere.is_empty()) {
        screen.note(&format!("{}: {elsewhere}", escape(&path.display().to_string())));
    }
    hit.came_from(arguments.around.history.target_version.as_deref());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().ends(Ending::CouldNotRun)?;
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    arguments.around.ci.check().ends(Ending::Configuration)?;
    sampling.traces = arguments.traces.open(&screen)?;
    let steering = arguments.steering.open(&interrupts, None, &screen)?;
    let watched = arguments.ui.open(&screen, steering.as_ref())?;
    let (terms, mut kept) = (hit.terms(), None);
    let finished = runtime.block_on(execute(&mut hit, &sampling, &voice, &interrupts, |meta| {
        let described = Described { meta, schema: &terms.schema, budgets: &terms.budgets };
        let history = arguments.around.history.open(&found, &interrupts);
        let (mut all, where_kept) = outputs_and_history(&arguments.outs, "hit", history, described, &*voice)?;
        kept = where_kept;
        all.extend(arguments.around.events.output()?);
        let page = watched.as_ref();
        all.extend(page.map(|page| page.output(meta, &terms.schema, &terms.budgets, false)));
        let steered = steering.as_ref();
        all.extend(steered.map(|steered| steered.output(meta, &terms.schema, &terms.budgets)));
        anyhow::Ok(all)
    }));
    runtime.shutdown_background();
    let mut finished = finished?;
    if let Some(why) = hit.unreachable() {
        screen.error(&format!("nothing answered at {}: {why}", arguments.url.origin().ascii_serialization()));
        // That it was given up is no news beside that. A budget is not kept by a target that is not there; without one,
        // there is nothing to report.
        finished.verdicts.retain(|verdict| !verdict.is_of_ending());
        finished.trouble.retain(|trouble| trouble.ending == Ending::OutputNotWritten);
        finished.came_to = Ending::Failed;
        if finished.verdicts.is_empty() {
            if arguments.json {
                report(arguments, &finished).ends(Ending::OutputNotWritten)?;
            }
            return Ok(Ending::CouldNotRun);
        }
    }
    let told = [
        report(arguments, &finished),
        arguments.around.ci.report(&finished.run, &finished.verdicts, Some(&found)),
    ];
    let rules = Rules {
        fail_on_unproven: arguments.unproven.or(found.project.judge.unproven_fails) == Unproven::Fail,
        fail_on_saturation: arguments.saturation.on_saturation == OnSaturation::Fail,
    };
    if !hit.answered() && finished.ending(rules, interrupts.any()) == Ending::Passed {
        screen.error("no request was answered");
        finished.came_to = Ending::CouldNotRun;
    }
    let kept = kept.and_then(|kept: KeptRun| kept.words());
    let ending = finish(&screen, &mut finished, told, kept.as_deref(), rules, &interrupts);
    if let Some(watched) = watched {
        watched.close(&screen);
    }
    if let Some(steering) = steering {
        steering.close();
    }
    Ok(ending)
}

fn report(arguments: &HitArguments, finished: &Finished) -> Result<()> {
    let figures = HitFigures::of(&finished.run, RESPONSE_TIME);
    let open = arguments.rate.is_some();
    if arguments.json {
        let mut json = hit_json(&finished.run, &figures, open, &finished.verdicts);
        if let Some(cost) = database::cost_json(finished) {
            json["database"] = cost;
        }
        return print(json_text(&json)?.as_bytes());
    }
    let requirements: Vec<Requirement> = finished
        .verdicts
        .iter()
        .map(|verdict| {
            let typed = arguments.budgets.iter().find(|budget| {
                budget.selector == verdict.selector && budget.expression == verdict.expression
            });
            let words = typed
                .map_or_else(|| format!("{} {}", verdict.selector, verdict.aggregate), TargetBudget::words);
            Requirement::new(&words, &finished.run, verdict)
        })
        .collect();
    let words = if open { FROM_SCHEDULE } else { FROM_REQUEST };
    let lines = hit_report(&figures, words, &requirements, screen::result_width());
    let cost = database::cost(finished, screen::result_width());
    let slowest = slow_lines(&finished.run, 4, screen::result_width());
    let heading = [Line::new(), Line::indented(2).with(Role::Heading, "slowest requests")];
    let slowest = heading.into_iter().filter(|_| !slowest.is_empty()).chain(slowest.clone());
    let lines: Vec<Line> = std::iter::once(Line::new()).chain(lines).chain(slowest).chain(cost).collect();
    print_result(&lines, arguments.no_color, arguments.outs.iter().any(OutSpec::is_standard_output))
}
