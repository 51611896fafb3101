//! The length of a geodesic on the ellipsoid WGS 84.
//!
//! Karney's method knows no line that is too long or too odd, and takes a few microseconds. Between places of one region Vincenty's
//! (T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid", Survey Review 1975) comes to the same within a hundredth
//! of a millimetre in a quarter of the time, which a search spends on each programme that it shows.

use std::sync::LazyLock;

use geographiclib_rs::{Geodesic, InverseGeodesic};

/// Degrees north and degrees east.
type Place = (f64, f64);

/// Metres from the centre to the equator.
const EQUATOR_M: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Metres from the centre to a pole.
const POLE_M: f64 = EQUATOR_M * (1.0 - FLATTENING);
/// Farther apart than this in degrees, north and east together, Karney measures.
const REGION_DEGREES: f64 = 10.0;
/// A step that changes the longitude by less than this changes the length by microns.
const SETTLED: f64 = 1e-12;
/// Within a region three or four are enough.
const MOST_STEPS: usize = 10;

static ELLIPSOID: LazyLock<Geodesic> = LazyLock::new(Geodesic::wgs84);

/// Metres between two places.
pub(super) fn metres(from: Place, to: Place) -> f64 {
    let apart = (to.0 - from.0).abs() + (to.1 - from.1).abs();
    let near = if apart <= REGION_DEGREES { vincenty(from, to) } else { None };
    near.unwrap_or_else(|| karney(from, to))
}

fn karney(from: Place, to: Place) -> f64 {
    ELLIPSOID.inverse(from.0, from.1, to.0, to.1)
}

/// Sine and cosine of the latitude on the sphere that the ellipsoid is flattened from.
fn reduced(latitude: f64) -> (f64, f64) {
    let tangent = (1.0 - FLATTENING) * latitude.to_radians().tan();
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    (tangent * cosine, cosine)
}

/// `None` when it does not settle.
fn vincenty(from: Place, to: Place) -> Option<f64> {
    const F: f64 = FLATTENING;
    let ((sin_1, cos_1), (sin_2, cos_2)) = (reduced(from.0), reduced(to.0));
    let longitude = (to.1 - from.1).to_radians();
    let mut lambda = longitude;
    for _ in 0..MOST_STEPS {
        let (sin_lambda, cos_lambda) = lambda.sin_cos();
        let (east, north) = (cos_2 * sin_lambda, cos_1 * sin_2 - sin_1 * cos_2 * cos_lambda);
        let sin_sigma = (east * east + north * north).sqrt();
        if sin_sigma == 0.0 {
            return Some(0.0);
        }
        let cos_sigma = sin_1 * sin_2 + cos_1 * cos_2 * cos_lambda;
        let sigma = sin_sigma.atan2(cos_sigma);
        let sin_alpha = cos_1 * east / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        // Along the equator there is no such middle.
        let middle = if cos2_alpha > 0.0 { cos_sigma - 2.0 * sin_1 * sin_2 / cos2_alpha } else { 0.0 };
        let middle_2 = 2.0 * middle * middle - 1.0;
        let c = F / 16.0 * cos2_alpha * (4.0 + F * (4.0 - 3.0 * cos2_alpha));
        let turn = sigma + c * sin_sigma * (middle + c * cos_sigma * middle_2);
        let next = longitude + (1.0 - c) * F * sin_alpha * turn;
        let settled = (next - lambda).abs() < SETTLED;
        lambda = next;
        if settled {
            let u2 = cos2_alpha * (EQUATOR_M * EQUATOR_M - POLE_M * POLE_M) / (POLE_M * POLE_M);
            let a = 1.0 + u2 / 16_384.0 * (4_096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
            let b = u2 / 1_024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
            let cubic = middle * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * middle * middle - 3.0);
            let off = b * sin_sigma * (middle + b / 4.0 * (cos_sigma * middle_2 - b / 6.0 * cubic));
            return Some(POLE_M * a * (sigma - off));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Anywhere on the Earth, from millimetres to a thousand kilometres.
        #[test]
        fn the_quick_way_comes_to_the_same(
            latitude in prop_oneof![-90.0..=90.0_f64, Just(0.0), Just(-90.0), Just(90.0)],
            longitude in -180.0..180.0_f64,
            north in -1.0..=1.0_f64,
            east in prop_oneof![-1.0..=1.0_f64, Just(0.0)],
            scale in prop_oneof![Just(0.0), 1e-8..1e-4_f64, 1e-4..0.1_f64, 0.1..5.0_f64],
        ) {
            let from = (latitude, longitude);
            let to = ((latitude + north * scale).clamp(-90.0, 90.0), longitude + east * scale);
            let (quick, exact) = (vincenty(from, to), karney(from, to));
            prop_assert!(quick.is_some_and(|quick| (quick - exact).abs() < 1e-5), "{:?} {}", quick, exact);
            prop_assert_eq!(metres(from, to), quick.unwrap());
        }
    }

    #[test]
    fn far_and_odd_lines_are_measured_as_well() {
        // Nearly the other side of the Earth, where Vincenty's steps go round in circles; across the date line; a pole.
        for (from, to, expected) in [
            ((0.0, 0.0), (0.5, 179.7), 19_944_127.421),
            ((-18.0, 179.9), (-18.0, -179.9), 21_177.0),
            ((90.0, 0.0), (90.0, 120.0), 0.0),
        ] {
            assert!((metres(from, to) - expected).abs() < 10.0, "{from:?} {to:?}: {}", metres(from, to));
        }
    }
}
