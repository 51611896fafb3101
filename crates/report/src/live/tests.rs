//! Pictures of the live view, and what a real terminal's screen shows after drawing, logging and erasing.

use std::time::Duration;

use loadline_measure::{ScenarioProgress, Window};

use super::*;
use crate::made_up;
use crate::text::{Line, Role, Theme, render};

const AT: Duration = Duration::from_secs(25);

fn second(view: &mut LiveView, out: &mut Vec<u8>, progress: &[ScenarioProgress]) {
    let run = made_up::run();
    let window = made_up::window(run.schema());
    view.second(out, AT, run.schema(), &window, progress).unwrap();
}

fn rates() -> Rates {
    let run = made_up::run();
    let mut recent = rates::RecentSeconds::default();
    let mut progress = made_up::progress();
    for _ in 0..3 {
        for scenario in &mut progress {
            scenario.completed += 9;
        }
        recent.push(run.schema(), &made_up::window(run.schema()), &progress);
    }
    recent.push(run.schema(), &Window::default(), &progress)
}

fn moment<'a>(phase: Phase, scenarios: &'a [ScenarioProgress], rates: &'a Rates) -> Moment<'a> {
    Moment { phase, elapsed: AT, scenarios, rates, users: Users::Vus }
}

fn picture(phase: Phase, width: usize) -> String {
    render(&live_lines(&moment(phase, &made_up::progress(), &rates()), width), &Theme::plain())
}

#[test]
fn one_target_has_connections() {
    let (progress, rates) = (made_up::progress(), rates());
    let users = Users::Connections;
    let lines = live_lines(&Moment { users, ..moment(Phase::Running, &progress, &rates) }, 120);
    let text = render(&lines, &Theme::plain());
    assert!(text.contains("  490 connections  ") && text.contains("245 connections"), "{text}");
    assert!(!text.contains("VUs"), "{text}");
    let words = PlainView::default().of(users).phase(Phase::Initialising { done: 0, total: 50 });
    assert_eq!(words.as_deref(), Some("initialising 0/50 connections\n"));
}

#[test]
fn wide_narrow_and_very_narrow() {
    insta::assert_snapshot!("running_120", picture(Phase::Running, 120));
    insta::assert_snapshot!("running_80", picture(Phase::Running, 80));
    insta::assert_snapshot!("running_40", picture(Phase::Running, 40));
}

#[test]
fn phases_in_words() {
    let stopping = Phase::Stopping { grace: Duration::from_secs(30) };
    insta::assert_snapshot!("stopping", picture(stopping, 80));
    insta::assert_snapshot!("initialising", picture(Phase::Initialising { done: 1200, total: 5000 }, 80));
    insta::assert_snapshot!("setup", picture(Phase::Setup, 80));
}

#[test]
fn colours_by_role() {
    let lines = live_lines(&moment(Phase::Running, &made_up::progress(), &rates()), 80);
    insta::assert_snapshot!(
        "colours",
        render(&lines, &Theme::colour()).escape_debug().to_string().replace("\\n", "\n")
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let (progress, rates) = (made_up::progress(), rates());
    for width in 0..130 {
        for phase in
            [Phase::Running, Phase::Initialising { done: 1, total: 2 }, Phase::Stopping { grace: AT }]
        {
            for line in live_lines(&moment(phase, &progress, &rates), width) {
                assert!(line.width() <= width, "{width}: {line:?}");
            }
        }
    }
}

#[test]
fn the_plain_form_speaks_every_five_seconds_and_at_each_phase() {
    let run = made_up::run();
    let window = made_up::window(run.schema());
    let mut view = PlainView::default();
    assert_eq!(
        view.phase(Phase::Initialising { done: 0, total: 50 }).as_deref(),
        Some("initialising 0/50 virtual users\n")
    );
    assert_eq!(view.phase(Phase::Initialising { done: 20, total: 50 }), None);
    assert!(view.phase(Phase::Initialising { done: 50, total: 50 }).is_some());
    assert_eq!(view.phase(Phase::Running), None);
    let spoken: Vec<u64> = (1..=12)
        .filter(|&second| {
            view.second(Duration::from_secs(second), run.schema(), &window, &made_up::progress()).is_some()
        })
        .collect();
    assert_eq!(spoken, [1, 5, 10]);
    let stopping = Phase::Stopping { grace: Duration::from_secs(30) };
    assert_eq!(view.phase(stopping).as_deref(), Some("stopping, up to 30s for iterations under way\n"));
    let line = view.second(Duration::from_secs(15), run.schema(), &window, &made_up::progress());
    insta::assert_snapshot!("plain_line", line.unwrap());
}

fn screen(bytes: &[u8], rows: u16) -> String {
    let mut terminal = vt100::Parser::new(rows, 80, 0);
    // A terminal's line discipline turns a line break into carriage return and line feed.
    let bytes: Vec<u8> = String::from_utf8_lossy(bytes).replace('\n', "\r\n").into_bytes();
    terminal.process(&bytes);
    terminal.screen().contents()
}

#[test]
fn logs_stand_above_the_view_and_nothing_of_it_is_left_at_the_end() {
    let mut out = b"$ loadline run mix.ts\n".to_vec();
    let mut view = LiveView::new(Theme::colour(), Size { columns: 80, rows: 24 });
    view.phase(&mut out, Phase::Initialising { done: 3, total: 4 }).unwrap();
    view.phase(&mut out, Phase::Running).unwrap();
    second(&mut view, &mut out, &made_up::progress());
    view.print_above(&mut out, "INFO one\nINFO \x1b[2Jtwo").unwrap();
    second(&mut view, &mut out, &made_up::progress());
    view.print_lines_above(&mut out, &[Line::new().with(Role::Bad, "ERROR three")]).unwrap();
    insta::assert_snapshot!("screen", screen(&out, 24));

    view.erase(&mut out).unwrap();
    view.erase(&mut out).unwrap();
    view.print_above(&mut out, "done").unwrap();
    assert_eq!(screen(&out, 24), "$ loadline run mix.ts\nINFO one\nINFO \\x1b[2Jtwo\nERROR three\ndone");
}

#[test]
fn many_scenarios_do_not_outgrow_the_screen() {
    let mut many = Vec::new();
    for index in 0..40 {
        let mut scenario = made_up::progress()[1].clone();
        scenario.name = format!("scenario_{index}");
        many.push(scenario);
    }
    let mut out = Vec::new();
    let mut view = LiveView::new(Theme::plain(), Size { columns: 80, rows: 10 });
    for _ in 0..3 {
        second(&mut view, &mut out, &many);
    }
    let screen = screen(&out, 10);
    assert_eq!(screen.matches("running").count(), 1, "{screen}");
    assert!(screen.contains("… 35 more"), "{screen}");
}

#[test]
fn a_terminal_that_became_narrower_has_wrapped_what_was_drawn() {
    let mut view = LiveView::new(Theme::plain(), Size { columns: 80, rows: 24 });
    let mut out = Vec::new();
    second(&mut view, &mut out, &made_up::progress()[1..2]);
    view.resize(Size { columns: 40, rows: 24 });
    out.clear();
    view.draw(&mut out).unwrap();
    // An empty line, two rows of the headline, an empty line, two rows of the scenario.
    assert!(out.starts_with(b"\r\x1b[6A"), "{}", String::from_utf8_lossy(&out).escape_debug());
}

#[test]
fn names_cannot_command_the_terminal() {
    let mut progress = made_up::progress();
    progress[1].name = "evil\x1b[2J\x07".to_owned();
    let text =
        render(&live_lines(&moment(Phase::Running, &progress, &Rates::default()), 80), &Theme::plain());
    assert!(!text.contains('\x1b') && text.contains("evil\\x1b[2J\\x07"), "{text}");
}

#[test]
fn rates_are_those_of_the_last_five_seconds() {
    let rates = rates();
    // Three seconds of 20 requests and one of none.
    assert_eq!(rates.requests_per_s, Some(15.0));
    assert_eq!(rates.total.failed_requests, Some(0.05));
    assert_eq!(rates.scenarios["browse"].shares.failed_checks, Some(0.0));
    assert!(rates.latency_p95_ms.unwrap() > 100.0);
}
