//! Points, true distances and bounding boxes.
//!
//! Distances are those of the ellipsoid WGS 84, the geodesics of PostGIS with `use_spheroid = true`: two stores that measure
//! so agree on members and order. A sphere is quicker, and what indexes can do; how far the two may differ is known, so that a search
//! by the one holds all that the other could find.

use super::geodesic;

/// Mean radius of WGS 84, (2a + b) / 3, in kilometres: the sphere PostGIS uses.
const EARTH_RADIUS_KM: f64 = 6_371.008_771_4;

/// No true distance is less than this part of the one on the sphere.
///
/// The meridian is most curved at the equator, where its radius is b²/a = 6,335.439 km; everything else is longer, so no path on the
/// ellipsoid is shorter than this part of the same path on the sphere. Rounded down.
const LEAST_RATIO: f64 = 0.994_40;
/// No true distance is more than this part of the one on the sphere: the radius of curvature at the poles is a²/b = 6,399.594 km.
/// Rounded up.
const MOST_RATIO: f64 = 1.004_50;

/// A place on the Earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
}

/// All points whose coordinates lie between two corners, edges included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// Degrees north of the southern edge.
    pub south: f64,
    /// Degrees north of the northern edge.
    pub north: f64,
    /// Degrees east of the western edge.
    pub west: f64,
    /// Degrees east of the eastern edge.
    pub east: f64,
}

impl Point {
    /// The distance in kilometres, on the ellipsoid.
    pub fn distance_km(self, other: Point) -> f64 {
        let [from, to] = [self, other].map(|place| (place.latitude, place.longitude));
        geodesic::metres(from, to) / 1_000.0
    }

    /// The great-circle distance in kilometres, on the sphere.
    pub fn sphere_km(self, other: Point) -> f64 {
        let from = self.latitude.to_radians();
        let to = other.latitude.to_radians();
        let half_latitude = ((to - from) / 2.0).sin();
        let half_longitude = ((other.longitude - self.longitude).to_radians() / 2.0).sin();
        let chord = half_latitude * half_latitude + from.cos() * to.cos() * half_longitude * half_longitude;
        2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin()
    }

    /// The smallest box that holds everything within `radius_km` on the sphere, a hair larger so that rounding never loses a point.
    ///
    /// The longitude's half-width is asin(sin(r/R) / cos(latitude)) (J. P. Matuschek, "Finding points within a distance");
    /// near a pole, where the circle holds all longitudes, it is 180°.
    pub fn bounding_box(self, radius_km: f64) -> BoundingBox {
        const MARGIN_DEGREES: f64 = 1e-6;
        let angle = radius_km / EARTH_RADIUS_KM;
        let latitude = angle.to_degrees() + MARGIN_DEGREES;
        let ratio = angle.sin() / self.latitude.to_radians().cos();
        let longitude = if ratio < 1.0 && angle < std::f64::consts::FRAC_PI_2 {
            ratio.asin().to_degrees() + MARGIN_DEGREES
        } else {
            180.0
        };
        BoundingBox {
            south: self.latitude - latitude,
            north: self.latitude + latitude,
            west: self.longitude - longitude,
            east: self.longitude + longitude,
        }
    }
}

/// Nothing within so many true kilometres is farther than this on the sphere.
pub(crate) fn most_on_sphere(true_km: f64) -> f64 {
    true_km / LEAST_RATIO
}

/// Nothing that is farther than this on the sphere is truly nearer than what is `sphere_km` on it.
pub(crate) fn surely_farther(sphere_km: f64) -> f64 {
    most_on_sphere(sphere_km * MOST_RATIO)
}

/// All that is so far on the sphere, or farther, is truly at least this far.
pub(crate) fn least_true(sphere_km: f64) -> f64 {
    sphere_km * LEAST_RATIO
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SYDNEY: Point = Point { latitude: -33.8688, longitude: 151.2093 };
    const MELBOURNE: Point = Point { latitude: -37.8136, longitude: 144.9631 };

    #[test]
    fn known_distances() {
        let (origin, pole) =
            (Point { latitude: 0.0, longitude: 0.0 }, Point { latitude: 90.0, longitude: 0.0 });
        for (from, to, on_ellipsoid, on_sphere) in [
            // A quarter of a meridian, a degree of the equator, and what PostGIS 3.3 says of the two cities.
            (origin, pole, 10_001.965_729, 10_007.557_176),
            (origin, Point { latitude: 0.0, longitude: 1.0 }, 111.319_490_793, 111.195_079_734),
            (SYDNEY, MELBOURNE, 713.857_665_117, 713.428_462_947),
            (SYDNEY, SYDNEY, 0.0, 0.0),
        ] {
            let (found, sphere) = (from.distance_km(to), from.sphere_km(to));
            assert!((found - on_ellipsoid).abs() < 1e-6, "{from:?} {to:?}: {found}");
            assert!((sphere - on_sphere).abs() < 1e-6, "{from:?} {to:?}: {sphere}");
        }
    }

    proptest! {
        #[test]
        fn a_box_holds_every_point_within_the_radius(
            north in -3.0..3.0_f64, east in -3.0..3.0_f64, radius in 0.1..200.0_f64,
        ) {
            let point = Point { latitude: SYDNEY.latitude + north, longitude: SYDNEY.longitude + east };
            let bounds = SYDNEY.bounding_box(radius);
            let inside = (bounds.south..=bounds.north).contains(&point.latitude)
                && (bounds.west..=bounds.east).contains(&point.longitude);
            prop_assert!(inside || SYDNEY.sphere_km(point) > radius);
        }

        /// Anywhere, near or far: the sphere is never farther off than is said.
        #[test]
        fn the_sphere_is_as_near_the_truth_as_is_said(
            latitude in -90.0..90.0_f64, longitude in -180.0..180.0_f64,
            north in -1.0..1.0_f64, east in -1.0..1.0_f64, scale in prop_oneof![1e-4..1.0_f64, 1.0..90.0_f64],
        ) {
            let from = Point { latitude, longitude };
            let to = Point {
                latitude: (latitude + north * scale).clamp(-90.0, 90.0),
                longitude: longitude + east * scale,
            };
            let (truth, sphere) = (from.distance_km(to), from.sphere_km(to));
            // A hundredth of a millimetre for rounding.
            prop_assert!(sphere <= most_on_sphere(truth) + 1e-8, "{} {}", truth, sphere);
            prop_assert!(truth >= least_true(sphere) - 1e-8, "{} {}", truth, sphere);
            prop_assert!(truth <= sphere * MOST_RATIO + 1e-8, "{} {}", truth, sphere);
        }
    }

    /// The bounds are not wider than they must be: both are met within a ten-thousandth.
    #[test]
    fn the_bounds_are_met() {
        let ratio = |latitude: f64, north: f64, east: f64| {
            let from = Point { latitude, longitude: 0.0 };
            let to = Point { latitude: latitude + north, longitude: east };
            from.distance_km(to) / from.sphere_km(to)
        };
        assert!(ratio(0.0, 0.001, 0.0) < LEAST_RATIO + 1e-4);
        assert!(ratio(89.99, 0.001, 0.0) > MOST_RATIO - 1e-4);
    }
}
