//! The tables whose rows are sealed, as the newest version has them; `census` has one of its own.

use crate::sealed::{ACCEPTING, SEALED, Sealed, column, later};

/// Of an unfinished run, how much there is was not said at first.
const LENGTH_BEFORE: &str = "CASE WHEN t.state IN ('unfinished', 'crashed') AND t.duration_ms = 0 THEN 1000 * \
     coalesce((SELECT max(p.number) FROM loadline_pieces p WHERE p.run = t.id), 0) ELSE t.duration_ms END";

/// A run, as a list has it.
pub(crate) static RUNS: Sealed = Sealed {
    table: "loadline_runs",
    since: SEALED,
    unsealed: Some("loadline_runs"),
    columns: &[
        column("id"),
        column("hash"),
        column("state"),
        column("started_unix_ms"),
        later("duration_ms", 2, LENGTH_BEFORE),
        column("name"),
        column("fingerprint"),
        column("plan"),
        column("commit_id"),
        column("branch"),
        column("target"),
        column("target_version"),
        column("host"),
        column("outcome"),
        column("words"),
        column("saturated"),
        column("annotations"),
        column("loadline"),
        later("identity", 2, "''"),
        // How many pieces there are of a run that has no file yet, and the names of its figures.
        later("pieces", SEALED, "(SELECT count(*) FROM loadline_pieces p WHERE p.run = t.id)"),
        later("figures", SEALED, "''"),
    ],
};

/// Where columns are that are changed by themselves.
pub(crate) const STATE: usize = 2;
pub(crate) const DURATION: usize = 4;
pub(crate) const OUTCOME: usize = 13;
pub(crate) const WORDS: usize = 14;
pub(crate) const PIECES: usize = 19;
pub(crate) const FIGURE_NAMES: usize = 20;

/// The file of a run that is over.
pub(crate) static CONTENTS: Sealed = Sealed {
    table: "loadline_contents",
    since: SEALED,
    unsealed: Some("loadline_contents"),
    columns: &[column("run"), column("file")],
};

/// What was flushed of a run while it goes on.
pub(crate) static PARTS: Sealed = Sealed {
    table: "loadline_parts",
    since: SEALED,
    unsealed: Some("loadline_pieces"),
    columns: &[column("run"), column("number"), column("bytes")],
};

/// The names of figures.
pub(crate) static NAMES: Sealed = Sealed {
    table: "loadline_names",
    since: SEALED,
    unsealed: Some("loadline_names"),
    columns: &[column("id"), column("subject"), column("quantity"), column("unit")],
};

/// The figures. Which of them a run has is said in its row.
pub(crate) static FIGURES: Sealed = Sealed {
    table: "loadline_figures",
    since: SEALED,
    unsealed: Some("loadline_figures"),
    columns: &[column("name"), column("run"), column("value"), column("amount")],
};

/// The baselines, each with its runs.
pub(crate) static BASELINES: Sealed = Sealed {
    table: "loadline_baselines",
    since: SEALED,
    unsealed: Some("loadline_baselines"),
    columns: &[column("name"), column("fingerprint"), column("saved_unix_ms"), later("runs", SEALED, "''")],
};

/// What is known of the noise of set-ups: how much figures differ while nothing changes.
pub(crate) static NOISE: Sealed = Sealed {
    table: "loadline_noise",
    since: 4,
    unsealed: None,
    columns: &[column("set_up"), column("measured_unix_ms"), column("figures")],
};

/// Changes that somebody accepted.
pub(crate) static ACCEPTANCES: Sealed = Sealed {
    table: "loadline_acceptances",
    since: ACCEPTING,
    unsealed: None,
    columns: &[
        column("id"),
        column("fingerprint"),
        column("run"),
        column("run_started_unix_ms"),
        column("subject"),
        column("quantity"),
        column("why"),
        column("who"),
        column("commit_id"),
        column("accepted_unix_ms"),
    ],
};
