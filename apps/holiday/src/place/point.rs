//! Points, true distances and bounding boxes.
//!
//! Distances are haversine on a sphere of the Earth's mean radius: within 0.5 % of the ellipsoid, and the same number that
//! PostGIS gives with `use_spheroid = false`, so that two stores can be compared exactly.

/// Mean radius of WGS 84, (2a + b) / 3, in kilometres: the sphere PostGIS uses.
const EARTH_RADIUS_KM: f64 = 6_371.008_771_4;

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
    /// The great-circle distance in kilometres.
    pub fn distance_km(self, other: Point) -> f64 {
        let from = self.latitude.to_radians();
        let to = other.latitude.to_radians();
        let half_latitude = ((to - from) / 2.0).sin();
        let half_longitude = ((other.longitude - self.longitude).to_radians() / 2.0).sin();
        let chord = half_latitude * half_latitude + from.cos() * to.cos() * half_longitude * half_longitude;
        2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin()
    }

    /// The smallest box that holds everything within `radius_km`, a hair larger so that rounding never loses a point.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SYDNEY: Point = Point { latitude: -33.8688, longitude: 151.2093 };
    const MELBOURNE: Point = Point { latitude: -37.8136, longitude: 144.9631 };

    #[test]
    fn known_distances() {
        // A quarter of a meridian, and the published distance between the two cities.
        let quarter =
            Point { latitude: 0.0, longitude: 0.0 }.distance_km(Point { latitude: 90.0, longitude: 0.0 });
        assert!((quarter - 10_007.557).abs() < 0.001, "{quarter}");
        let cities = SYDNEY.distance_km(MELBOURNE);
        assert!((cities - 713.4).abs() < 1.0, "{cities}");
        assert_eq!(SYDNEY.distance_km(SYDNEY), 0.0);
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
            prop_assert!(inside || SYDNEY.distance_km(point) > radius);
        }
    }
}
