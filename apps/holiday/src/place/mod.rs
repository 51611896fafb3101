//! Where things are: points on the Earth, and Sydney's postcodes.

mod geodesic;
mod point;
mod postcode;

pub use point::{BoundingBox, Point};
pub(crate) use point::{least_true, most_on_sphere, surely_farther};
pub use postcode::{Postcode, PostcodeError, find_postcode, postcodes};
