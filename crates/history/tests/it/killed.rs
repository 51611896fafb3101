//! A process that is killed while a run goes on. The process is this test binary, asked to be the victim.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use loadline_history::{Filter, History};
use loadline_measure::{Completeness, RunState, RunWriter};

use crate::place::Place;
use crate::runs::run;

const PLACE: &str = "LOADLINE_TEST_VICTIM";
const WRITTEN: &str = "written: ";

/// Keeps a run without end, and says each second that is in the history.
#[test]
fn victim() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let run = run(7);
    let entry = History::open(&place.parse().unwrap()).unwrap().begin(&run.meta).unwrap();
    let mut writer = RunWriter::new(entry.writer(), &run.meta, Arc::clone(run.schema())).unwrap();
    let window = run.second(1).unwrap();
    for second in 0.. {
        entry.reached(Duration::from_secs(second + 1));
        writer.write_second(second, &window).unwrap();
        println!("{WRITTEN}{second}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn the_run_of_a_killed_process_is_there_up_to_its_last_second() {
    let place = Place::sqlite();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::victim", "--nocapture"])
        .env(PLACE, place.location.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let second = |line: String| Some(line.rsplit_once(WRITTEN)?.1.parse::<u64>().unwrap());
    let mut told = None;
    while told < Some(20) {
        told = second(lines.next().expect("it goes on").unwrap()).or(told);
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    // What it said before it died.
    for line in lines.map_while(Result::ok) {
        told = second(line).or(told);
    }
    let mut history = History::open(&place.location).unwrap();
    assert_eq!(history.given_up().unwrap().len(), 1);
    let listed = history.list(&Filter::default()).unwrap();
    assert_eq!((listed.len(), listed[0].state), (1, RunState::Unfinished));
    let (run, completeness) = history.load(listed[0].id).unwrap();
    let Completeness::Cut { last_second: Some(last), .. } = completeness else { panic!("it never ended") };
    // It may have died between the second and the word of it.
    assert!(
        Some(last) == told || Some(last) == told.map(|told| told + 1),
        "{last} is there, {told:?} was told"
    );
    assert_eq!(run.seconds().count() as u64, last + 1);
    assert_eq!(listed[0].duration_ms, (last + 1) * 1000);
}
