//! A day as services that people use have them, made up: quiet at night, a rise in the morning, lunch, an evening
//! peak; and in school holidays the rush when bookings open.

use super::error::TrafficError;
use super::profile::Profile;

/// A made-up day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// The highest rate of an ordinary day, requests per second.
    pub peak_per_s: f64,
    /// What is left of it in the small hours, as a share.
    pub night: f64,
    /// How many times the ordinary peak the rush has; none on ordinary days.
    pub rush: Option<Rush>,
}

/// A rush: it comes within minutes and fades within the hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rush {
    /// When it begins, in seconds of the day.
    pub at_s: f64,
    /// How long until it is at its height, in seconds.
    pub rise_s: f64,
    /// Its height, in ordinary peaks.
    pub times: f64,
}

impl Rush {
    /// School holidays: bookings open at nine, and within four minutes twice as many come as at the ordinary peak.
    pub const SCHOOL_HOLIDAYS: Self = Self { at_s: 9.0 * 3600.0, rise_s: 240.0, times: 2.0 };
}

/// Hour of the day, width in hours, and height of each bump.
const BUMPS: [(f64, f64, f64); 3] = [(10.5, 2.0, 0.55), (14.0, 2.5, 0.45), (20.0, 1.8, 1.0)];
const DAY_S: usize = 86_400;

impl Day {
    /// An ordinary day with this peak.
    pub fn ordinary(peak_per_s: f64) -> Self {
        Self { peak_per_s, night: 0.08, rush: None }
    }

    /// The same in school holidays.
    pub fn school_holidays(peak_per_s: f64) -> Self {
        Self { rush: Some(Rush::SCHOOL_HOLIDAYS), ..Self::ordinary(peak_per_s) }
    }

    /// Its rates.
    ///
    /// # Errors
    /// Where the peak is negative or no number.
    pub fn profile(&self) -> Result<Profile, TrafficError> {
        let shape: Vec<f64> = (0..DAY_S).map(|second| shape(second as f64)).collect();
        let highest = shape.iter().copied().fold(f64::MIN, f64::max);
        let rate = |(second, shape): (usize, &f64)| {
            let ordinary = self.night + (1.0 - self.night) * shape / highest;
            self.peak_per_s * ordinary.max(self.rush_at(second as f64))
        };
        Profile::new(0, shape.iter().enumerate().map(rate).collect())
    }

    fn rush_at(&self, second: f64) -> f64 {
        let Some(rush) = self.rush else { return 0.0 };
        let since = second - rush.at_s;
        if since < 0.0 {
            0.0
        } else if since < rush.rise_s {
            rush.times * since / rush.rise_s
        } else {
            rush.times * (-(since - rush.rise_s) / 1800.0).exp()
        }
    }
}

fn shape(second: f64) -> f64 {
    let hour = second / 3600.0;
    let bump = |(at, width, height): &(f64, f64, f64)| {
        // Around midnight a day goes on in the next.
        let apart = (hour - at).abs().min(24.0 - (hour - at).abs());
        height * (-(apart / width).powi(2) / 2.0).exp()
    };
    BUMPS.iter().map(bump).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_day_peaks_in_the_evening_and_a_holiday_at_nine() {
        let (peak, at) = Day::ordinary(100.0).profile().unwrap().peak();
        assert!((peak - 100.0).abs() < 1e-9 && (19 * 3600..21 * 3600).contains(&at), "{peak} at {at}");
        let holiday = Day::school_holidays(100.0).profile().unwrap();
        let (peak, at) = holiday.peak();
        assert!((peak - 200.0).abs() < 1e-9 && at == 9 * 3600 + 240, "{peak} at {at}");
        assert!(holiday.at(4 * 3600) < 20.0);
        assert!(Day::ordinary(-1.0).profile().is_err());
    }
}
