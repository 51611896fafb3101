//! How long one request keeps a worker busy.

use loadline_measure::Trend;

use super::error::ServiceError;
use crate::draws::Draws;

/// How many values stand for a measured distribution.
const QUANTILES: usize = 2000;

/// The distribution of service times, in seconds: the time that a worker is busy with a request, without waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceTime {
    mean_s: f64,
    shape: Shape,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Constant,
    Exponential,
    /// Mean and deviation of the logarithm, and the variance as a share of the squared mean.
    LogNormal {
        location: f64,
        deviation: f64,
    },
    /// Values of equal weight, ascending.
    Measured(Box<[f64]>),
}

impl ServiceTime {
    /// With a mean, and a deviation in means: 0 is always the same, 1 exponential, anything else log-normal, which has
    /// the long tail that measured times have.
    ///
    /// # Errors
    /// Where the mean is not above zero, or the deviation is below it.
    pub fn new(mean_s: f64, deviation: f64) -> Result<Self, ServiceError> {
        if !mean_s.is_finite() || mean_s <= 0.0 {
            return Err(ServiceError::Mean);
        }
        if !deviation.is_finite() || deviation < 0.0 {
            return Err(ServiceError::Deviation);
        }
        let shape = if deviation == 0.0 {
            Shape::Constant
        } else if deviation == 1.0 {
            Shape::Exponential
        } else {
            let variance = (1.0 + deviation * deviation).ln();
            Shape::LogNormal { location: mean_s.ln() - variance / 2.0, deviation: variance.sqrt() }
        };
        Ok(Self { mean_s, shape })
    }

    /// As it was measured, in milliseconds, of requests that did not wait: those of a run with little load.
    ///
    /// # Errors
    /// Where nothing was measured.
    pub fn measured(times_ms: &Trend) -> Result<Self, ServiceError> {
        let at = |index: usize| times_ms.quantile((index as f64 + 0.5) / QUANTILES as f64);
        let values: Option<Box<[f64]>> =
            (0..QUANTILES).map(|index| at(index).map(|ms| ms / 1000.0)).collect();
        let values = values.ok_or(ServiceError::NothingMeasured)?;
        let mean_s = values.iter().sum::<f64>() / values.len() as f64;
        if mean_s > 0.0 {
            Ok(Self { mean_s, shape: Shape::Measured(values) })
        } else {
            Err(ServiceError::Mean)
        }
    }

    /// The mean, in seconds.
    pub fn mean_s(&self) -> f64 {
        self.mean_s
    }

    /// The mean of the squares, in seconds squared.
    pub fn mean_square(&self) -> f64 {
        match &self.shape {
            Shape::Constant => self.mean_s.powi(2),
            Shape::Exponential => 2.0 * self.mean_s.powi(2),
            Shape::LogNormal { deviation, .. } => self.mean_s.powi(2) * deviation.powi(2).exp(),
            Shape::Measured(values) => {
                values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64
            }
        }
    }

    #[inline]
    pub(crate) fn draw(&self, draws: &mut Draws) -> f64 {
        match &self.shape {
            Shape::Constant => self.mean_s,
            Shape::Exponential => self.mean_s * draws.exponential(),
            Shape::LogNormal { location, deviation } => (location + deviation * draws.normal()).exp(),
            Shape::Measured(values) => values[draws.below(values.len())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_has_the_moments_that_were_asked_for() {
        let measured = Trend::of(&[10.0, 20.0, 20.0, 70.0], &[]);
        let times = [
            ServiceTime::new(0.05, 0.0).unwrap(),
            ServiceTime::new(0.05, 1.0).unwrap(),
            ServiceTime::new(0.05, 1.5).unwrap(),
            ServiceTime::measured(&measured).unwrap(),
        ];
        for time in times {
            let mut draws = Draws::new(5);
            let values: Vec<f64> = (0..400_000).map(|_| time.draw(&mut draws)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
            assert!((mean / time.mean_s() - 1.0).abs() < 0.02, "{time:?}: {mean}");
            assert!((square / time.mean_square() - 1.0).abs() < 0.05, "{time:?}: {square}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        assert_eq!(ServiceTime::new(0.0, 1.0), Err(ServiceError::Mean));
        assert_eq!(ServiceTime::new(0.1, -1.0), Err(ServiceError::Deviation));
        assert_eq!(ServiceTime::measured(&Trend::default()), Err(ServiceError::NothingMeasured));
    }
}
