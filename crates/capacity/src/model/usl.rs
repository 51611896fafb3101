//! The Universal Scalability Law (Gunther, Guerrilla Capacity Planning, 2007).
//!
//! `X(N) = γN / (1 + α(N − 1) + βN(N − 1))`: what one unit of load gets through (γ), less what waits for its turn
//! (contention, α), less what everybody has to agree on with everybody (coherence, β). With β above 0 throughput has a
//! peak, and falls behind it.

/// The law with its three parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usl {
    /// The share of the work that waits for its turn, from 0 to 1.
    pub alpha: f64,
    /// What each pair of users costs, at least 0.
    pub beta: f64,
    /// The throughput at a load of 1.
    pub gamma: f64,
}

impl Usl {
    /// The throughput at this load.
    ///
    /// ```
    /// use loadline_capacity::model::Usl;
    /// let law = Usl { alpha: 0.02, beta: 0.02, gamma: 1.0 };
    /// assert!((law.throughput(8.0) - 3.5398).abs() < 5e-5);
    /// ```
    pub fn throughput(&self, load: f64) -> f64 {
        self.gamma * self.relative(load)
    }

    /// The throughput at this load, as a multiple of the throughput at 1.
    pub(super) fn relative(&self, load: f64) -> f64 {
        load / (1.0 + self.alpha * (load - 1.0) + self.beta * load * (load - 1.0))
    }

    /// The load at which throughput is highest; none where it never falls.
    pub fn peak(&self) -> Option<f64> {
        // Above a contention of 1, or with much coherence, more than one unit of load is too much already.
        (self.beta > 0.0).then(|| ((1.0 - self.alpha).max(0.0) / self.beta).sqrt().max(1.0))
    }

    /// The throughput that no load exceeds; none where it grows without bound.
    pub fn ceiling(&self) -> Option<f64> {
        match self.peak() {
            Some(peak) => Some(self.throughput(peak)),
            // Amdahl's limit.
            None => (self.alpha > 0.0).then(|| self.gamma / self.alpha),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_highest_point() {
        let law = Usl { alpha: 0.02, beta: 0.02, gamma: 1.0 };
        let peak = law.peak().unwrap();
        assert!((peak - 7.0).abs() < 1e-12, "{peak}");
        for load in [1.0, 6.9, 7.1, 100.0] {
            assert!(law.throughput(load) < law.ceiling().unwrap(), "{load}");
        }
    }

    #[test]
    fn without_coherence_there_is_a_ceiling_and_no_peak() {
        let amdahl = Usl { alpha: 0.1, beta: 0.0, gamma: 5.0 };
        assert_eq!((amdahl.peak(), amdahl.ceiling()), (None, Some(50.0)));
        let linear = Usl { alpha: 0.0, beta: 0.0, gamma: 5.0 };
        assert_eq!((linear.peak(), linear.ceiling()), (None, None));
    }
}
