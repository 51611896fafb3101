//! What has to be known of a log beside its statements.

use loadline_pg::log::{Format, Told, Untold};
use loadline_pg::slow::{Listing, Looks, Others};
use loadline_units as units;

/// From this on the shortest duration looks like a limit of the log's, in milliseconds.
const LIMITED: f64 = 1.0;
/// … if there are so many.
const MANY: u64 = 20;

/// What is missing in a log, or would be taken for something else.
pub(super) fn log_notes(told: &Told, format: Format, listing: &Listing) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| notes.push(text);
    if format == Format::PrismaPrinted {
        note(
            "Prisma prints no durations and does not tell connections apart; its query events have durations"
                .to_owned(),
        );
    }
    if told.without_statement.calls > 0 {
        note(format!(
            "{} without a statement; `log_min_duration_statement` logs both in one entry",
            durations(told.without_statement)
        ));
    }
    if told.nested.calls > 0 {
        note(format!(
            "{} of statements within functions, whose time is part of the statements' that call them",
            durations(told.nested)
        ));
    }
    if let Some(shortest) = told.shortest_ms.filter(|shortest| *shortest >= LIMITED)
        && listing.calls() >= MANY
        && format != Format::PrismaEvents
    {
        note(format!(
            "nothing that took less than {} is logged (`log_min_duration_statement`?): shares are of what is",
            units::time(shortest)
        ));
    }
    if told.failed > 0 {
        let cancelled = match told.cancelled {
            0 => String::new(),
            some => format!(", {} of them cancelled", units::count(some)),
        };
        note(format!(
            "{} failed{cancelled}: no log says how long these took",
            number(told.failed, "statement")
        ));
    }
    if told.without_session > 0 && format.has_sessions() {
        note(format!(
            "{} without a session, so what follows what is not known; `%p` or `%c` in `log_line_prefix` tells",
            number(told.without_session, "entry")
        ));
    }
    if told.cut > 0 {
        note(format!("{} cut off: the end of its text is missing", number_are(told.cut, "entry")));
    }
    if told.too_long > 0 {
        note(format!("{} longer than 1 MiB and left out", number_are(told.too_long, "entry")));
    }
    if told.plans_unread > 0 {
        note(format!(
            "{} in another form than text and JSON and left out (`auto_explain.log_format`)",
            number_are(told.plans_unread, "plan")
        ));
    }
    if told.not_utf8 > 0 {
        note(format!("{} with bytes that are no UTF-8, shown as `\u{fffd}`", number(told.not_utf8, "line")));
    }
    if told.fragments > 0 {
        note(format!("{} of no entry and left out", number_are(told.fragments, "line")));
    }
    notes
}

/// What is missing in what was looked at several times.
pub(super) fn looks_notes(looks: &Looks) -> Vec<String> {
    let mut notes = Vec::new();
    if looks.void().is_some() {
        notes.push("the server forgot its statistics meanwhile: figures are of the time since".to_owned());
    }
    if looks.evictions() > 0 {
        notes.push(format!(
            "entries were evicted {} times meanwhile (`pg_stat_statements.max`): all figures are lower bounds",
            units::count(looks.evictions())
        ));
    }
    if looks.lost() > 0 {
        let statements = number(looks.lost() as u64, "statement");
        notes.push(format!(
            "of {statements} something is not known, because what was counted went back or away"
        ));
    }
    notes.extend(hidden_note(looks.hidden()));
    notes
}

/// What a role may not see.
pub(super) fn hidden_note(hidden: u64) -> Option<String> {
    (hidden > 0).then(|| {
        let statements = number(hidden, "statement");
        format!("{statements} of other users are hidden from this role and in no figure")
    })
}

/// What is left out because it is ours.
pub(super) fn own_note(own: Others) -> Option<String> {
    (own.calls > 0).then(|| {
        let executions = number(own.calls, "execution");
        let time = units::time(own.time_ms);
        format!("{executions} of loadline's own statements ({time} together) left out")
    })
}

/// A warning of several lines in one.
pub(super) fn one_line(warning: &str) -> String {
    warning.replace("\nhint: ", "; ").replace('\n', " ")
}

fn durations(untold: Untold) -> String {
    format!("{} ({} together)", number_are(untold.calls, "duration"), units::time(untold.ms))
}

fn number(count: u64, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{} {stem}ies", units::count(count)),
        _ => format!("{} {what}s", units::count(count)),
    }
}

fn number_are(count: u64, what: &str) -> String {
    format!("{} {}", number(count, what), if count == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_what_would_help() {
        let told = Told {
            without_statement: Untold { calls: 2, ms: 3.0 },
            failed: 5,
            cancelled: 1,
            cut: 1,
            fragments: 1_200,
            ..Told::default()
        };
        let notes = log_notes(&told, Format::Plain, &Listing::default());
        assert_eq!(
            notes,
            [
                "2 durations are (3ms together) without a statement; `log_min_duration_statement` logs both in one entry",
                "5 statements failed, 1 of them cancelled: no log says how long these took",
                "1 entry is cut off: the end of its text is missing",
                "1,200 lines are of no entry and left out",
            ]
        );
        assert!(log_notes(&Told::default(), Format::Csv, &Listing::default()).is_empty());
    }
}
