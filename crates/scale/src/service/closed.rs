//! What queueing theory knows in closed form: the simulator's yardstick, and a first answer without simulating.

/// The mean wait, in seconds, in a queue with Poisson arrivals, exponential service and `workers` workers (M/M/c, by
/// Erlang's C formula); none where more comes than they can do.
pub fn mm_c_wait_s(per_s: f64, mean_s: f64, workers: usize) -> Option<f64> {
    let offered = per_s * mean_s;
    let spare = workers as f64 - offered;
    (spare > 0.0).then(|| erlang_c(offered, workers) * mean_s / spare)
}

/// The share of requests that wait there (Erlang C), for an offered load below the number of workers.
pub fn erlang_c(offered: f64, workers: usize) -> f64 {
    // Erlang B by its recursion, which does not overflow.
    let blocked = (1..=workers).fold(1.0, |blocked, n| offered * blocked / (n as f64 + offered * blocked));
    let busy = offered / workers as f64;
    blocked / (1.0 - busy * (1.0 - blocked))
}

/// The mean wait, in seconds, with one worker and any distribution of service times (M/G/1, Pollaczek and Khinchine);
/// none where more comes than it can do.
pub fn mg_1_wait_s(per_s: f64, mean_s: f64, mean_square: f64) -> Option<f64> {
    let busy = per_s * mean_s;
    (busy < 1.0).then(|| per_s * mean_square / (2.0 * (1.0 - busy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_agree_where_they_meet_and_with_tables() {
        // 12 Erlang on 15 workers: C = 0.3192.
        assert!((erlang_c(12.0, 15) - 0.3192).abs() < 5e-5, "{}", erlang_c(12.0, 15));
        let (single, general) = (mm_c_wait_s(8.0, 0.1, 1).unwrap(), mg_1_wait_s(8.0, 0.1, 0.02).unwrap());
        assert!((single - 0.4).abs() < 1e-12 && (general - 0.4).abs() < 1e-12);
        assert_eq!((mm_c_wait_s(20.0, 0.1, 2), mg_1_wait_s(10.0, 0.1, 0.02)), (None, None));
    }
}
