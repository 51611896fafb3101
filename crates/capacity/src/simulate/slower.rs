//! A build that carries a part of what another one does, within the same budgets: what a comparison should find.

use super::trial::{Trial, truth};

impl Trial {
    /// The same service, slower by so much that it carries this part of `line`, which is what it carries as it is.
    /// Lines are bisected over so many requests for each rate.
    ///
    /// A limit that stays leaves a slower service less room to wait, so what it carries falls faster than it slows
    /// down; how much faster is told by one that is slower by just that part.
    #[must_use]
    pub fn carrying(&self, part: f64, line: f64, requests: u64) -> Self {
        let slower = |pace: f64| Self { kind: self.kind.faster(pace.exp()), ..self.clone() };
        let carried = |pace: f64| {
            let around = line * part;
            (truth(&slower(pace), (around * 0.7, around * 1.3), requests) / line).ln()
        };
        let wanted = part.ln();
        if wanted == 0.0 {
            return self.clone();
        }
        let steepness = (carried(wanted) / wanted).max(0.5);
        let near = wanted / steepness;
        slower(near + (wanted - carried(near)) / steepness)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Station;
    use crate::simulate::{CASES, Kind, Law};

    #[test]
    fn a_station_carries_the_part_that_it_should_by_erlangs_formula() {
        let case = CASES[0];
        let slower = case.trial().carrying(0.92, case.truth, 200_000);
        let Kind::Workers { workers: 4, service: Law::Exponential(mean) } = slower.kind else {
            panic!("{:?}", slower.kind)
        };
        let line = Station::exponential(4, mean).rate_within(0.95, case.p95_s).unwrap();
        assert!((line / case.truth / 0.92 - 1.0).abs() < 0.004, "{line}");
        assert_eq!(slower.p95_s, case.p95_s);
    }
}
