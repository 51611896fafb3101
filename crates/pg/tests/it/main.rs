//! Ghosts on real servers, in the process that raises them.
//!
//! A child of `loadline_children` runs under a guard, which is the program that started it: so this one has the command
//! `guard`, and a main function of its own. It takes a part of a test's name, as the usual one does.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests, though clippy knows them by the usual main function only"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "whoever runs tests is told how they went")]

mod candidates;
mod ghosts;
mod guard;
mod plans;
mod servers;
mod statistics;

use std::panic::catch_unwind;
use std::process::ExitCode;

use candidates as c;

/// A test and its name.
type Test = (&'static str, fn());

const TESTS: [Test; 9] = [
    ("candidates::an_index_of_any_method_costs_what_it_does_where_it_is_real", c::any_method),
    ("candidates::a_hidden_index_is_none_until_it_is_shown", c::hidden),
    ("candidates::what_was_rewritten_has_its_size_again", c::rewritten),
    ("candidates::what_makes_no_index_leaves_none", c::refused),
    ("candidates::hundreds_of_candidates_leave_no_files", c::hundreds),
    ("candidates::padded_values_are_merged_as_the_build_does_it", c::padded_values),
    ("ghosts::plans_are_those_of_the_database", ghosts::plans),
    ("ghosts::gin_indexes_say_what_those_of_the_database_count", ghosts::gin),
    ("statistics::a_window_is_counted_to_the_statement", statistics::window),
];

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "guard") {
        return guard::keep(words);
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let wanted = words.iter().find(|word| !word.starts_with('-'));
    let chosen = TESTS.iter().filter(|(name, _)| wanted.is_none_or(|part| name.contains(part.as_str())));
    if words.iter().any(|word| word == "--list") {
        chosen.for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let mut failed = 0;
    for (name, test) in chosen {
        let passed = catch_unwind(test).is_ok();
        failed += u32::from(!passed);
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
    }
    if failed > 0 {
        println!("{failed} failed");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
