//! Places on a grid: a coordinate as it comes out of a telephone is somebody's own, and a key with it is never asked
//! for twice.
//!
//! Geohashes are those of Niemeyer (2008): longitude and latitude halved in turns, five halvings to a letter. Cells of
//! four letters are about 39 by 20 km, of five 4.9 km square, of six 1.2 by 0.6 km.

/// How coordinates are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// To geohashes of so many letters, 1 to 12.
    Geohash(u8),
    /// To so many decimals of a degree, 0 to 6; one of them is 11 km of latitude.
    Decimals(u8),
}

const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

impl Grid {
    /// The cell of a coordinate, `latitude, longitude` in degrees; none when it is none.
    ///
    /// ```
    /// use loadline_edge::rules::Grid;
    /// assert_eq!(Grid::Geohash(5).cell("57.64911,10.40744").as_deref(), Some("u4pru"));
    /// assert_eq!(Grid::Decimals(1).cell("-33.8688 151.2093").as_deref(), Some("-33.9,151.2"));
    /// assert_eq!(Grid::Decimals(1).cell("2000"), None);
    /// ```
    pub fn cell(self, text: &str) -> Option<String> {
        let mut parts = text.split([',', ';', ' ']).filter(|part| !part.is_empty());
        let (latitude, longitude) = (degrees(parts.next()?, 90.0)?, degrees(parts.next()?, 180.0)?);
        if parts.next().is_some() {
            return None;
        }
        Some(match self {
            Self::Geohash(length) => geohash(latitude, longitude, length),
            Self::Decimals(decimals) => {
                let round = |degrees: f64| {
                    let text = format!("{degrees:.*}", usize::from(decimals));
                    // Nothing below zero is zero.
                    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
                    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
                };
                format!("{},{}", round(latitude), round(longitude))
            }
        })
    }

    /// Whether its cells are so small that few people share one: below about a kilometre.
    pub fn is_fine(self) -> bool {
        match self {
            Self::Geohash(letters) => letters > 5,
            Self::Decimals(decimals) => decimals > 1,
        }
    }
}

/// A number of degrees, in plain digits: `1e1`, `inf` and `nan` are none.
fn degrees(text: &str, most: f64) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.'));
    text.parse().ok().filter(|degrees: &f64| is_plain && degrees.abs() <= most)
}

fn geohash(latitude: f64, longitude: f64, length: u8) -> String {
    let (mut south, mut north, mut west, mut east) = (-90.0, 90.0, -180.0, 180.0);
    let mut is_longitude = true;
    let mut letters = String::new();
    for _ in 0..length {
        let mut index = 0;
        for _ in 0..5 {
            let (low, high, value) = if is_longitude {
                (&mut west, &mut east, longitude)
            } else {
                (&mut south, &mut north, latitude)
            };
            let middle = f64::midpoint(*low, *high);
            let is_upper = value >= middle;
            *(if is_upper { low } else { high }) = middle;
            index = index * 2 + usize::from(is_upper);
            is_longitude = !is_longitude;
        }
        letters.push(char::from(LETTERS[index]));
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_those_of_the_published_examples() {
        // Niemeyer's own example and those of the original service's tips.
        for (text, cell) in
            [("57.64911,10.40744", "u4pruydqqvj"), ("42.6,-5.6", "ezs42e44yx9"), ("0,0", "s0000000000")]
        {
            assert_eq!(Grid::Geohash(11).cell(text).as_deref(), Some(cell), "{text}");
        }
    }

    #[test]
    fn what_is_no_coordinate_is_none() {
        for text in ["", "2000", "a,b", "91,0", "0,181", "1,2,3", "nan,0", "1e1,0", "inf,0", "0x1,0"] {
            assert_eq!(Grid::Geohash(4).cell(text), None, "{text}");
        }
        assert_eq!(Grid::Decimals(0).cell("-0.2,0.2").as_deref(), Some("0,0"));
    }
}
