//! What the aggregator offers: programmes, the providers that run them, and the ages they are for.
//!
//! These are the types a store takes and gives; how they look on the wire is each procedure's business.

use std::{fmt, str::FromStr};

use crate::place::Point;

/// A programme's number.
pub type ProgramId = i64;
/// A provider's number.
pub type ProviderId = i64;

/// A range of ages in whole years, both ends included; `first <= last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    first: u8,
    last: u8,
}

/// Whether a programme can be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Shown and bookable.
    Active,
    /// Not yet published.
    Draft,
    /// Called off.
    Cancelled,
}

/// One holiday programme.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// From 1.
    pub id: ProgramId,
    /// Who runs it.
    pub provider: ProviderId,
    /// One line.
    pub title: String,
    /// Like `sport` or `science`.
    pub category: String,
    /// A paragraph.
    pub description: String,
    /// Whom it is for.
    pub ages: Ages,
    /// For the whole programme, in Australian cents.
    pub price_cents: i64,
    /// First day, `YYYY-MM-DD`.
    pub starts_on: String,
    /// Last day, `YYYY-MM-DD`.
    pub ends_on: String,
    /// Places in all.
    pub capacity: u32,
    /// Where it is, by postcode.
    pub postcode: String,
    /// Where it is, by name.
    pub suburb: String,
    /// Where it is, exactly.
    pub place: Point,
    /// Whether it is offered.
    pub status: Status,
}

/// A company or club that runs programmes.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// From 1.
    pub id: ProviderId,
    /// Its trading name.
    pub name: String,
    /// Where it is at home.
    pub suburb: String,
    /// Where it is at home.
    pub postcode: String,
    /// Mean of its reviews in tenths: 10 to 50.
    pub rating_tenths: u8,
}

/// What a list shows of a programme.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The programme; its `description` is left empty.
    pub program: Program,
    /// Its provider's name.
    pub provider_name: String,
    /// From the place that was asked about, when there was one.
    pub distance_km: Option<f64>,
}

/// A text that is no range of ages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a range of ages from 0 to 17 with the lower one first, like `5-7`")]
pub struct AgesError;

impl Ages {
    /// The oldest age the aggregator serves.
    pub const OLDEST: u8 = 17;

    /// A range of ages; `None` when reversed or beyond [`Ages::OLDEST`].
    pub fn new(first: u8, last: u8) -> Option<Ages> {
        (first <= last && last <= Ages::OLDEST).then_some(Ages { first, last })
    }

    /// The youngest age.
    pub fn first(self) -> u8 {
        self.first
    }

    /// The oldest age.
    pub fn last(self) -> u8 {
        self.last
    }

    /// Whether some age is in both.
    pub fn overlaps(self, other: Ages) -> bool {
        self.first <= other.last && self.last >= other.first
    }
}

impl FromStr for Ages {
    type Err = AgesError;

    fn from_str(text: &str) -> Result<Ages, AgesError> {
        let (first, last) = text.split_once('-').ok_or(AgesError)?;
        let age = |text: &str| {
            let digits =
                !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten().ok_or(AgesError)
        };
        Ages::new(age(first)?, age(last)?).ok_or(AgesError)
    }
}

impl fmt::Display for Ages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.first, self.last)
    }
}

impl Status {
    /// The word used in stores and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Draft => "draft",
            Status::Cancelled => "cancelled",
        }
    }

    /// The status of a stored word.
    pub fn from_word(word: &str) -> Option<Status> {
        [Status::Active, Status::Draft, Status::Cancelled].into_iter().find(|status| status.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_groups_of_the_load_test() {
        for text in ["0-2", "3-4", "5-7", "8-12", "13-17"] {
            assert_eq!(text.parse::<Ages>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_age_group() {
        for text in [
            "",
            "-",
            "5",
            "7-5",
            "5-",
            "-7",
            "5-18",
            "5-99999999999",
            "+5-7",
            "5-7-9",
            "a-b",
            "5 - 7",
            "005-7",
        ] {
            assert_eq!(text.parse::<Ages>(), Err(AgesError), "{text}");
        }
    }

    #[test]
    fn overlap_includes_both_ends() {
        let group = |text: &str| text.parse::<Ages>().unwrap();
        assert!(group("5-7").overlaps(group("7-9")));
        assert!(group("5-7").overlaps(group("0-17")));
        assert!(!group("5-7").overlaps(group("8-12")));
    }

    #[test]
    fn a_status_survives_storing() {
        for status in [Status::Active, Status::Draft, Status::Cancelled] {
            assert_eq!(Status::from_word(status.as_str()), Some(status));
        }
        assert_eq!(Status::from_word("gone"), None);
    }
}
