//! Everything the crate renders, from made-up measurements, for a person to look at:
//! `cargo run -p loadline-report --example gallery -- 80` (columns; add `plain` for no colours).
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example that shows text")]

mod judged;
mod made_up;

use std::time::Duration;

use loadline_report::{
    LiveView, Phase, PlainView, Requirement, Size, SummaryMode, SummaryOptions, Theme, render, summary,
    verdict_table,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let width = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(80_u16);
    let theme =
        if arguments.iter().any(|argument| argument == "plain") { Theme::plain() } else { Theme::colour() };

    let run = made_up::run();
    let verdicts = judged::verdicts(&run);
    let progress = made_up::progress();
    let window = made_up::window(run.schema());

    for phase in [
        Phase::Initialising { done: 1200, total: 5000 },
        Phase::Running,
        Phase::Stopping { grace: Duration::from_secs(30) },
    ] {
        heading("live view");
        let mut view = LiveView::new(theme, Size { columns: width, rows: 40 });
        let mut screen = Vec::new();
        view.second(&mut screen, Duration::from_secs(25), run.schema(), &window, &progress).unwrap();
        view.phase(&mut screen, phase).unwrap();
        print!("{}", String::from_utf8(screen).unwrap());
    }
    heading("without a terminal");
    let mut plain = PlainView::default();
    print!("{}", plain.second(Duration::from_secs(25), run.schema(), &window, &progress).unwrap());

    for mode in [SummaryMode::Compact, SummaryMode::Full, SummaryMode::Legacy] {
        heading(&format!("summary, {mode:?}"));
        let options = SummaryOptions { mode, width: usize::from(width), ..SummaryOptions::default() };
        print!("{}", render(&summary(&run, &verdicts, &options), &theme));
    }

    heading("verdict table");
    let rows: Vec<Requirement> = judged::words()
        .iter()
        .zip(&verdicts)
        .map(|(words, verdict)| Requirement::new(words, &run, verdict))
        .collect();
    print!("{}", render(&verdict_table(&rows, None, usize::from(width)), &theme));
}

fn heading(text: &str) {
    println!("\n=== {text} ===\n");
}
