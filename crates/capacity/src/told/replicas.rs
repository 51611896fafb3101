//! What more replicas give: the Universal Scalability Law over how many there are, not over how many ask.
//!
//! What so many replicas carry was measured, each time by a search or under a load that was too much. Replicas share
//! what is behind them (a database, a lock, a balancer), so that two carry less than twice as much (contention), and
//! sometimes less than one (coherence).

use loadline_verdict::Interval;

use super::amount::amount;
use crate::model::{FitError, UslFit, fit_usl, usl_at};

/// What so many replicas carry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replicas {
    /// How many.
    pub count: f64,
    /// What they carry together.
    pub carry: f64,
}

/// What more of them would carry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foreseen {
    /// How many.
    pub count: f64,
    /// What they would carry together.
    pub carry: f64,
    /// Between what; nothing where as many were measured as the law has parameters.
    pub between: Option<Interval>,
}

/// The law of replicas.
#[derive(Clone, Debug)]
pub struct ReplicaFit {
    /// The law by how many there are.
    pub fit: UslFit,
    /// One more than were measured, and twice as many.
    pub foreseen: [Foreseen; 2],
    /// The most that were measured.
    pub most: Replicas,
}

impl ReplicaFit {
    /// Of what was measured.
    ///
    /// # Errors
    /// With fewer than three different numbers of replicas, and values that are no measurements.
    pub fn of(measured: &[Replicas]) -> Result<Self, FitError> {
        let points: Vec<(f64, f64)> = measured.iter().map(|one| (one.count, one.carry)).collect();
        let fit = fit_usl(&points)?;
        let most =
            points.iter().copied().fold((0.0, 0.0), |most, one| if one.0 > most.0 { one } else { most });
        let foreseen = |count: f64| {
            Ok(Foreseen { count, carry: fit.law.throughput(count), between: usl_at(&points, count)? })
        };
        let foreseen = [foreseen(most.0 + 1.0)?, foreseen(most.0 * 2.0)?];
        Ok(Self { foreseen, fit, most: Replicas { count: most.0, carry: most.1 } })
    }

    /// The law in a line.
    pub fn law_line(&self) -> String {
        let between = |interval: Option<Interval>, places: usize| {
            interval.map_or_else(String::new, |it| {
                format!(" ({:.places$} to {:.places$}, 95 %)", it.low, it.high)
            })
        };
        format!(
            "by the Universal Scalability Law over replicas: contention {:.4}{}, coherence {:.6}{}",
            self.fit.law.alpha,
            between(self.fit.alpha, 4),
            self.fit.law.beta,
            between(self.fit.beta, 6)
        )
    }

    /// What more replicas give, or that it is not known. `load` is what they carry a number of.
    pub fn sentence(&self, load: &str) -> String {
        let [_, twice] = &self.foreseen;
        let most = amount(self.most.count);
        let Some(between) = twice.between else {
            return format!(
                "the data can't tell what more replicas give: a law with three parameters goes through any three of them; it would be {} {load} with {}\nhint: measure one more number of replicas, and it is said how sure that is",
                amount(twice.carry),
                amount(twice.count)
            );
        };
        if let (true, Some(at), Some(peak)) = (self.fit.knows_a_peak(), self.fit.law.peak(), self.fit.peak)
            && at <= twice.count
        {
            return format!(
                "{} replicas carry most ({} to {}, 95 %), {} {load}: more of them would carry less",
                amount(at.round().max(1.0)),
                amount(peak.low),
                amount(peak.high),
                amount(self.fit.law.throughput(at.round().max(1.0)))
            );
        }
        let range = format!("{} to {}, 95 %", amount(between.low), amount(between.high));
        if between.low <= self.most.carry && between.high >= self.most.carry {
            return format!(
                "the data can't tell whether {} replicas carry more than {most}: {} {load} ({range}), and {most} carry {}",
                amount(twice.count),
                amount(twice.carry),
                amount(self.most.carry)
            );
        }
        format!(
            "{} replicas would carry {} {load} ({range}): {} times what {most} carry",
            amount(twice.count),
            amount(twice.carry),
            amount(twice.carry / self.most.carry)
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Usl;

    fn of(law: Usl, counts: &[f64], noise: &[f64]) -> ReplicaFit {
        let wobble = noise.iter().copied().chain(std::iter::repeat(0.0));
        let measured: Vec<Replicas> = counts
            .iter()
            .zip(wobble)
            .map(|(count, noise)| Replicas { count: *count, carry: law.throughput(*count) * (1.0 + noise) })
            .collect();
        ReplicaFit::of(&measured).unwrap()
    }

    #[test]
    fn what_more_of_them_give_is_said_with_how_sure_that_is() {
        let law = Usl { alpha: 0.05, beta: 0.0, gamma: 100.0 };
        let fit = of(law, &[1.0, 2.0, 3.0, 4.0, 6.0], &[0.004, -0.003, 0.002, -0.004, 0.003]);
        let said = fit.sentence("requests/s");
        assert!(said.starts_with("12 replicas would carry 7"), "{said}");
        assert!(said.contains("95 %") && said.contains("times what 6 carry"), "{said}");
        let between = fit.foreseen[1].between.unwrap();
        assert!((between.low..between.high).contains(&law.throughput(12.0)), "{between:?}");
    }

    #[test]
    fn more_than_enough_of_them_carry_less() {
        let law = Usl { alpha: 0.02, beta: 0.02, gamma: 100.0 };
        let fit = of(law, &[1.0, 2.0, 4.0, 6.0, 8.0, 10.0], &[0.002, -0.002, 0.001, -0.001, 0.002, -0.002]);
        assert!(
            fit.sentence("requests/s").starts_with("7 replicas carry most"),
            "{}",
            fit.sentence("requests/s")
        );
    }

    #[test]
    fn three_are_too_few_to_tell_and_so_is_noise() {
        let law = Usl { alpha: 0.05, beta: 0.001, gamma: 100.0 };
        let three = of(law, &[1.0, 2.0, 4.0], &[]).sentence("requests/s");
        assert!(three.starts_with("the data can't tell what more replicas give"), "{three}");
        let noisy = of(law, &[1.0, 2.0, 3.0, 4.0], &[0.2, -0.2, 0.2, -0.2]).sentence("requests/s");
        assert!(noisy.starts_with("the data can't tell whether 8 replicas carry more than 4"), "{noisy}");
        let two = ReplicaFit::of(&[Replicas { count: 1.0, carry: 9.0 }, Replicas { count: 2.0, carry: 9.0 }]);
        assert!(two.is_err());
    }

    proptest! {
        // Each fits the law dozens of times.
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn the_interval_holds_what_the_law_has_and_words_hold_numbers(
            alpha in 0.0..0.6_f64,
            beta in 0.0..0.02_f64,
            gamma in 1.0..10_000.0_f64,
        ) {
            let law = Usl { alpha, beta, gamma };
            let fit = of(law, &[1.0, 2.0, 4.0, 8.0, 16.0], &[]);
            for one in fit.foreseen {
                let truth = law.throughput(one.count);
                prop_assert!((one.carry / truth - 1.0).abs() < 0.01, "{one:?} {truth}");
            }
            let said = fit.sentence("requests/s") + &fit.law_line();
            prop_assert!(!said.contains("NaN") && !said.contains("inf"), "{said}");
        }
    }
}
