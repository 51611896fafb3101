//! How much the reference system carries: the search for its load line, under what the story's users do.
//!
//! Users of the story wait for answers, and think. Here the same searches, visits and payments arrive on a schedule, in
//! the same mix: whoever comes does not know how slow the system is.

use std::sync::Arc;

use jiff::Timestamp;
use loadline_config::DatabaseSection;
use loadline_demo::{Gateway, ReferenceSettings, ReferenceSystem, Staged};
use loadline_runner::{
    Ending, Ends, Failure, Interrupts, OutSpec, ProjectFile, Voice, database_settings, default_run_path,
};
use loadline_scripted::Source;
use loadline_units as units;

use super::arguments::DemoArguments;
use super::load::source;
use crate::capacity::{AnswerArguments, Search, SearchArguments};
use crate::common::limits::enough_threads;
use crate::common::{KeepArguments, Screen};

/// Finds the load line of the reference system on this machine.
pub(super) fn load_line(
    arguments: &DemoArguments,
    screen: &Arc<Screen>,
    password: &str,
) -> Result<Ending, Failure> {
    let system = ReferenceSystem::start(&ReferenceSettings {
        accounts: arguments.users,
        password: password.to_owned(),
        search_delay: arguments.search_delay,
        gateway: Gateway::InProcess { error_rate: arguments.payment_error_rate },
        quiet: true,
        database: arguments.database.0.clone(),
        traces: None,
    })
    .ends(Ending::CouldNotRun)?;
    enough_threads()?;
    screen.note(&format!(
        "how much the reference system at {} carries of what the story's users do, on {}",
        system.url(),
        arguments.database.words()
    ));
    let voice: Arc<dyn Voice> = Arc::clone(screen) as Arc<dyn Voice>;
    let interrupts = Interrupts::listen(&voice).ends(Ending::CouldNotRun)?;
    let place = system.database(arguments.database.0.as_deref()).ends(Ending::CouldNotRun)?;
    let mut sampling = system.sampling();
    sampling.database =
        database_settings(place.as_deref(), &DatabaseSection::default()).ends(Ending::Configuration)?;
    let kept = match &arguments.run {
        Some(path) => path.clone(),
        None => {
            default_run_path("demo-capacity", Timestamp::now().as_millisecond()).ends(Ending::CouldNotRun)?
        }
    };
    let told = AnswerArguments {
        history: KeepArguments { no_history: true, ..KeepArguments::default() },
        json: arguments.json,
        outs: vec![OutSpec::Run(kept.clone())],
        quiet: arguments.quiet,
        no_color: arguments.no_color,
        ..AnswerArguments::default()
    };
    let users = arguments.users as f64;
    let search = Search {
        wanted: &SearchArguments { at_most: arguments.length(), ..SearchArguments::default() },
        answer: &told,
        screen,
        voice: &voice,
        interrupts: &interrupts,
        sampling: &sampling,
        project: &ProjectFile::default(),
        can_resume: false,
        meaning: Some(&|carries, asked| {
            let many = units::count((carries / asked * users) as u64);
            format!("as many as {many} of the story's users make, who think between what they do")
        }),
    };
    let arrivals = Source {
        entry: "/loadtests/arrivals.ts".into(),
        ..source(arguments, system.url(), password, arguments.length())
    };
    let ended = search.script(&arrivals);
    for log in system.logs() {
        screen.note(&format!("what the reference system printed is in {}", log.display()));
    }
    drop(system);
    let ended = ended?;
    if kept.exists() {
        screen.note(&format!("run kept in {}", kept.display()));
    }
    Ok(ended)
}
