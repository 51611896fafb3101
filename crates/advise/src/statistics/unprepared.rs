//! Statements whose planning takes longer than they do: prepared once, they would be planned once.

use crate::workload::Workload;

/// Executions below which nobody minds.
const OFTEN: f64 = 100.0;

/// A statement that is planned each time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unprepared {
    /// The statement, by its place in the workload.
    pub statement: usize,
    /// Milliseconds that reading, planning and binding took, all together.
    pub preparation_ms: f64,
    /// Milliseconds that executing took.
    pub ms: f64,
}

/// Statements whose preparation took longer than their executions, as a log tells, those that lose most first.
pub fn unprepared(workload: &Workload) -> Vec<Unprepared> {
    let mut found: Vec<Unprepared> = workload
        .statements
        .iter()
        .enumerate()
        .filter_map(|(statement, asked)| {
            let (preparation_ms, ms) = (asked.preparation_ms?, asked.ms?);
            (asked.calls >= OFTEN && preparation_ms > ms).then_some(Unprepared {
                statement,
                preparation_ms,
                ms,
            })
        })
        .collect();
    found.sort_by(|a, b| b.preparation_ms.total_cmp(&a.preparation_ms).then(a.statement.cmp(&b.statement)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Asked;

    #[test]
    fn planning_that_takes_longer_than_executing_is_told() {
        let asked = |text: &str, calls, preparation_ms| Asked {
            text: text.to_owned(),
            calls,
            ms: Some(10.0),
            preparation_ms,
            ..Asked::default()
        };
        let all = [
            asked("SELECT 1 FROM a", 200.0, Some(30.0)),
            asked("SELECT 1 FROM b", 200.0, Some(5.0)),
            asked("SELECT 1 FROM c", 2.0, Some(30.0)),
            asked("SELECT 1 FROM d", 200.0, None),
        ];
        let found = unprepared(&Workload::of(all));
        assert_eq!(found, [Unprepared { statement: 0, preparation_ms: 30.0, ms: 10.0 }]);
    }
}
