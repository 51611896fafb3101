//! What the values of some series come to, as any quantity of them.

use std::time::Duration;

use loadline_measure::{Counter, Gauge, Quantity, Rate, Sink, Trend};

use crate::stats::harrell_davis;

/// The values of some series, together; those of a stretch of a run or of all of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gathered {
    trend: Option<Trend>,
    counter: Option<Counter>,
    rate: Option<Rate>,
    gauge: Option<Gauge>,
    /// The values of gauges at the ends of seconds: their sum and how many.
    levels: (f64, u64),
    seconds: f64,
}

impl Gathered {
    /// Nothing yet, of a stretch so long.
    pub(crate) fn over(length: Duration) -> Self {
        Self { seconds: length.as_secs_f64(), ..Self::default() }
    }

    /// Adds what a series comes to.
    pub(crate) fn add(&mut self, sink: &Sink) {
        match sink {
            Sink::Trend(trend) => put(&mut self.trend, Some(trend), Trend::merge),
            Sink::Counter(counter) => put(&mut self.counter, Some(counter), Counter::merge),
            Sink::Rate(rate) => put(&mut self.rate, Some(rate), Rate::merge),
            Sink::Gauge(gauge) => put(&mut self.gauge, Some(gauge), Gauge::merge),
        }
    }

    /// Adds what a gauge stood at when a second ended.
    pub(crate) fn add_level(&mut self, level: f64) {
        self.levels.0 += level;
        self.levels.1 += 1;
    }

    /// Adds another stretch.
    pub(crate) fn merge(&mut self, other: &Self) {
        let Self { trend, counter, rate, gauge, levels, seconds } = other;
        put(&mut self.trend, trend.as_ref(), Trend::merge);
        put(&mut self.counter, counter.as_ref(), Counter::merge);
        put(&mut self.rate, rate.as_ref(), Rate::merge);
        put(&mut self.gauge, gauge.as_ref(), Gauge::merge);
        self.levels.0 += levels.0;
        self.levels.1 += levels.1;
        self.seconds += seconds;
    }

    /// The quantity, and how many values it stands on; `None` without values that have it.
    pub(crate) fn figure(&self, quantity: Quantity) -> Option<(f64, u64)> {
        let trend = self.trend.as_ref();
        let of_trend = |value: fn(&Trend) -> Option<f64>| Some((value(trend?)?, trend?.count()));
        let of_gauge = |value: fn(&Gauge) -> f64| Some((value(self.gauge.as_ref()?), self.levels.1.max(1)));
        match quantity {
            Quantity::Percentile(percent) => Some((trend?.quantile(percent / 100.0)?, trend?.count())),
            Quantity::Average => of_trend(Trend::avg).or_else(|| {
                let (sum, count) = self.levels;
                (count > 0).then(|| (sum / count as f64, count))
            }),
            Quantity::Min => of_trend(Trend::min).or_else(|| of_gauge(|gauge| gauge.min)),
            Quantity::Max => of_trend(Trend::max).or_else(|| of_gauge(|gauge| gauge.max)),
            Quantity::Last => of_gauge(|gauge| gauge.last),
            Quantity::Count => self.counted(),
            Quantity::Rate => {
                let (counted, values) = self.counted()?;
                (self.seconds > 0.0).then(|| (counted / self.seconds, values))
            }
            Quantity::Share => Some((self.rate?.share()?, self.rate?.total)),
        }
    }

    fn counted(&self) -> Option<(f64, u64)> {
        let values = || self.trend.as_ref().map(|trend| (trend.count() as f64, trend.count()));
        self.counter.map(|counter| (counter.sum, counter.count)).or_else(values)
    }

    /// As [`figure`](Self::figure), for telling two builds apart: of few values a percentile is a mean of those around
    /// it, which jumps less from run to run. It is not the percentile that reports and histories have.
    pub(crate) fn smoothed_figure(&self, quantity: Quantity) -> Option<(f64, u64)> {
        match (quantity, self.trend.as_ref().and_then(|trend| Some((trend.raw()?, trend.count())))) {
            (Quantity::Percentile(percent), Some((values, count))) => {
                Some((harrell_davis(values, percent / 100.0)?, count))
            }
            _ => self.figure(quantity),
        }
    }
}

fn put<T: Clone>(all: &mut Option<T>, one: Option<&T>, merge: fn(&mut T, &T)) {
    match (all.as_mut(), one) {
        (Some(all), Some(one)) => merge(all, one),
        (None, Some(one)) => *all = Some(one.clone()),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_come_to_what_they_come_to_together() {
        let stretch = |values: &[f64], level: f64| {
            let mut gathered = Gathered::over(Duration::from_secs(10));
            gathered.add(&Sink::Trend(Trend::of(values, &[])));
            gathered.add(&Sink::Counter(Counter { sum: values.len() as f64, count: values.len() as u64 }));
            gathered.add(&Sink::Rate(Rate { passes: 1, total: values.len() as u64 }));
            gathered.add(&Sink::Gauge(Gauge::new(level, level as i64, 0)));
            gathered.add_level(level);
            gathered
        };
        let mut all = stretch(&[1.0, 2.0, 3.0], 4.0);
        all.merge(&stretch(&[4.0, 5.0], 8.0));
        for (quantity, figure) in [
            (Quantity::Percentile(50.0), (3.0, 5)),
            (Quantity::Average, (3.0, 5)),
            (Quantity::Max, (5.0, 5)),
            (Quantity::Count, (5.0, 5)),
            (Quantity::Rate, (0.25, 5)),
            (Quantity::Share, (0.4, 5)),
            (Quantity::Last, (8.0, 2)),
        ] {
            assert_eq!(all.figure(quantity), Some(figure), "{quantity}");
        }
        assert_eq!(Gathered::default().figure(Quantity::Share), None);
    }

    #[test]
    fn the_mean_of_a_gauge_is_that_over_the_seconds() {
        let mut gathered = Gathered::default();
        gathered.add(&Sink::Gauge(Gauge::new(9.0, 0, 0)));
        for level in [2.0, 4.0, 9.0] {
            gathered.add_level(level);
        }
        assert_eq!(gathered.figure(Quantity::Average), Some((5.0, 3)));
    }
}
