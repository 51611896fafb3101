//! The plan of a script, as it would run.

use std::sync::Arc;

use anyhow::Result;
use loadline_load::Scenario;
use loadline_report::{column, plain, widest};
use loadline_runner::{Ending, Ends, Failure, Interrupts, Voice};
use loadline_script::modules::Log;
use loadline_script::program::VusPerRealm;
use loadline_scripted::Session;
use loadline_units as units;
use loadline_verdict::{brief, escape};
use serde_json::json;

use super::arguments::InspectArguments;
use crate::common::{Screen, ScreenSettings, print, told};
use crate::run::{OutputArguments, source};

/// Prints the plan. Init code runs, because it decides on options; nothing else of the script does.
pub(crate) fn inspect(arguments: &InspectArguments) -> Result<Ending, Failure> {
    let screen = Arc::new(Screen::new(ScreenSettings { quiet: true, ..ScreenSettings::default() }));
    let voice: Arc<dyn Voice> = Arc::clone(&screen) as Arc<dyn Voice>;
    let log: Arc<dyn Log> = Arc::clone(&screen) as Arc<dyn Log>;
    let source = source(&arguments.script, &arguments.options, &OutputArguments::default())?;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let session = Session::prepare(&source, &log, &interrupts)?;
    for warning in &session.settled.warnings {
        screen.warn(warning);
    }
    let text = if arguments.json {
        json_text(&session).ends(Ending::CouldNotRun)?
    } else {
        plain(&plain_text(&session))
    };
    let ending = told(print(text.as_bytes()), Ending::Passed);
    if ending == Ending::Passed && !arguments.json {
        screen.note(&format!(
            "next: `loadline run {}` runs it",
            escape(&arguments.script.display().to_string())
        ));
    }
    Ok(ending)
}

/// The options as they would apply, and what follows from them: `maxVUs` and `totalDuration` as k6 prints them.
fn json_text(session: &Session) -> Result<String> {
    let mut value = session.options().to_json();
    let plan = &session.settled.plan;
    if let Some(object) = value.as_object_mut() {
        object.insert("totalDuration".to_owned(), json!(units::time_of(plan.end())));
        object.insert("maxVUs".to_owned(), json!(plan.max_vus()));
        object.insert("vusPerRealm".to_owned(), json!(sharing(session)));
        object.insert("sharePackages".to_owned(), json!(session.options().share_packages.unwrap_or(false)));
        object.insert("memoryPerRealm".to_owned(), json!(session.script.realms().memory_limit_bytes));
    }
    loadline_secrets::mask_json(&mut value);
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

fn plain_text(session: &Session) -> String {
    let plan = &session.settled.plan;
    let mut text = format!("script      {}\n", session.script.entry());
    for (file, bytes) in session.script.files().skip(1) {
        text += &format!("            imports {file} ({})\n", units::bytes(bytes as f64));
    }
    text += &format!(
        "users       up to {}, {}\n{}duration    up to {}, graceful stop included\n\nscenarios\n",
        plan.max_vus(),
        realms_text(session),
        packages_text(session),
        units::time_of(plan.end()),
    );
    let width = widest(plan.scenarios.iter().map(|scenario| scenario.name.as_str()));
    for scenario in &plan.scenarios {
        text += &scenario_text(scenario, width);
    }
    text += "\nthresholds\n";
    if session.budgets.budgets.is_empty() {
        text += "  none: every run passes\n";
    }
    let width = widest(session.budgets.budgets.iter().map(|budget| budget.text.selector.as_str()));
    for budget in &session.budgets.budgets {
        let abort = if budget.text.abort_on_fail { ", aborts the run" } else { "" };
        let selector = column(&budget.text.selector, width);
        text += &format!("  {selector}  {}{abort}\n", brief(&budget.text.expression));
    }
    text
}

fn scenario_text(scenario: &Scenario, width: usize) -> String {
    let mut text = format!(
        "  {}  {}: {}",
        column(&scenario.name, width),
        scenario.executor.name(),
        scenario.executor.description()
    );
    if !scenario.start_time.is_zero() {
        text += &format!(", starts after {}", units::time_of(scenario.start_time));
    }
    if scenario.exec != "default" {
        text += &format!(", runs {}()", scenario.exec);
    }
    text + "\n"
}

/// How users live in realms, and why.
fn realms_text(session: &Session) -> String {
    let why = match (session.sharing(), session.script.own_realm()) {
        (VusPerRealm::Exactly(_), _) => "as the options say".to_owned(),
        (VusPerRealm::Automatic, Some(reason)) => format!("because the script {reason}"),
        (VusPerRealm::Automatic, None) => "because the script is synchronous".to_owned(),
    };
    let memory = session.script.realms().memory_limit_bytes;
    let memory = memory.map_or("any memory".to_owned(), |limit| units::bytes(limit as f64));
    format!("{} in a JavaScript realm of {memory} at most, {why}", sharing(session))
}

/// What packages there are that could be shared, and whether they are; empty without any.
fn packages_text(session: &Session) -> String {
    let packages = session.script.shareable_packages();
    if packages.is_empty() || sharing(session) == 1 {
        return String::new();
    }
    let shared = session.options().share_packages.unwrap_or(false);
    let how =
        if shared { "once per realm" } else { "once per user; --share-packages loads them once per realm" };
    format!("packages    {}: {how}\n", packages.join(", "))
}

fn sharing(session: &Session) -> usize {
    session.sharing().of(&session.script)
}
