//! Sydney's postcodes with the centre of their main suburb, read once from a table compiled into the binary.
//!
//! Postcodes are a closed list here: a search at an unknown one is wrong input, not an empty answer.

use std::sync::LazyLock;

use super::Point;

/// One postcode.
#[derive(Clone, Debug)]
pub struct Postcode {
    /// Four digits.
    pub code: &'static str,
    /// Its main suburb.
    pub suburb: &'static str,
    /// The suburb's centre.
    pub centre: Point,
}

/// Why a text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostcodeError {
    /// Not four digits.
    #[error("must be a postcode of four digits, like `2000`")]
    NotAPostcode,
    /// Four digits that are no postcode of Sydney.
    #[error("is not a postcode of Greater Sydney")]
    Unknown,
}

static POSTCODES: LazyLock<Vec<Postcode>> =
    LazyLock::new(|| parse(include_str!("../../data/sydney-postcodes.csv")));

/// All postcodes, in ascending order.
pub fn postcodes() -> &'static [Postcode] {
    &POSTCODES
}

/// The postcode a user wrote.
///
/// # Errors
/// The text is not four digits, or not in the table.
pub fn find_postcode(text: &str) -> Result<&'static Postcode, PostcodeError> {
    if text.len() != 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PostcodeError::NotAPostcode);
    }
    let index =
        POSTCODES.binary_search_by(|postcode| postcode.code.cmp(text)).map_err(|_| PostcodeError::Unknown)?;
    Ok(&POSTCODES[index])
}

fn parse(table: &'static str) -> Vec<Postcode> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split(',');
            let mut next = || fields.next().expect("four columns, checked by a test");
            let (code, suburb) = (next(), next());
            let mut degrees = || next().parse().expect("a number, checked by a test");
            Postcode { code, suburb, centre: Point { latitude: degrees(), longitude: degrees() } }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_around_sydney() {
        let all = postcodes();
        assert!(all.len() > 200);
        assert!(all.windows(2).all(|pair| pair[0].code < pair[1].code));
        let sydney = find_postcode("2000").unwrap();
        for postcode in all {
            assert!(postcode.centre.distance_km(sydney.centre) < 100.0, "{postcode:?}");
        }
    }

    #[test]
    fn the_postcodes_of_the_load_test_exist() {
        for code in ["2000", "2001", "2010", "2020", "2030"] {
            assert_eq!(find_postcode(code).unwrap().code, code);
        }
    }

    #[test]
    fn other_texts_are_told_apart() {
        assert_eq!(find_postcode("9999").unwrap_err(), PostcodeError::Unknown);
        for text in ["", "200", "20000", "2O00", "' OR 1=1", "２０００"] {
            assert_eq!(find_postcode(text).unwrap_err(), PostcodeError::NotAPostcode, "{text}");
        }
    }
}
