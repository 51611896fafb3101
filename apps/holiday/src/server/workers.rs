//! What workers did, as lines of metrics: for whoever scales a service by how busy it is.

use crate::web::WorkersSeen;

/// The end of a text in OpenMetrics's format.
const END: &str = "# EOF\n";

/// A text of metrics with those of the workers, in either format.
pub(super) fn with_workers(mut text: String, seen: &WorkersSeen) -> String {
    let open_metrics = text.ends_with(END);
    if open_metrics {
        text.truncate(text.len() - END.len());
    }
    // OpenMetrics names a counter without what its values end in.
    let total = if open_metrics { "" } else { "_total" };
    let busy_s = seen.busy_for.as_secs_f64();
    text.push_str(&format!(
        "# HELP holiday_workers Requests that are worked on at a time.\n\
         # TYPE holiday_workers gauge\n\
         holiday_workers {workers}\n\
         # HELP holiday_workers_busy Workers that are busy.\n\
         # TYPE holiday_workers_busy gauge\n\
         holiday_workers_busy {busy}\n\
         # HELP holiday_workers_waiting Requests that wait for a worker.\n\
         # TYPE holiday_workers_waiting gauge\n\
         holiday_workers_waiting {waiting}\n\
         # HELP holiday_workers_busy_seconds{total} How long workers were busy, together.\n\
         # TYPE holiday_workers_busy_seconds{total} counter\n\
         holiday_workers_busy_seconds_total {busy_s}\n\
         # HELP holiday_workers_requests{total} Requests that came to the workers.\n\
         # TYPE holiday_workers_requests{total} counter\n\
         holiday_workers_requests_total {came}\n",
        workers = seen.workers,
        busy = seen.busy,
        waiting = seen.waiting,
        came = seen.came,
    ));
    if open_metrics {
        text.push_str(END);
    }
    text
}
