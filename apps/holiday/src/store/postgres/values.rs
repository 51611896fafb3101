//! The service's types in PostgreSQL's binary format: what the driver does not know by itself.
//!
//! Formats: `geography` is extended well-known binary (PostGIS, "EWKB"); a range is a byte of flags and its bounds, each behind its
//! length (`range_send` in PostgreSQL's rangetypes.c); a date is days since 2000-01-01.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{
    catalogue::{Ages, Status},
    place::Point,
    store::{Mode, SubscriptionStatus},
};

type Problem = Box<dyn Error + Sync + Send>;

/// A point as `geography (Point, 4326)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place(pub(super) Point);

/// Ages as `int4range`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AgeRange(pub(super) Ages);

/// A day written `YYYY-MM-DD` as `date`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Day(pub(super) String);

/// A status as its word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StatusWord(pub(super) Status);

/// How far a subscription has come, as its word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paid(pub(super) SubscriptionStatus);

/// Live or test, as its word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ModeWord(pub(super) Mode);

const LITTLE_ENDIAN: u8 = 1;
const POINT_WITH_REFERENCE: u32 = 0x2000_0001;
const WGS84: u32 = 4326;

impl ToSql for Place {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        out.put_u8(LITTLE_ENDIAN);
        out.put_u32_le(POINT_WITH_REFERENCE);
        out.put_u32_le(WGS84);
        out.put_f64_le(self.0.longitude);
        out.put_f64_le(self.0.latitude);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        kind.name() == "geography"
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Place {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Place, Problem> {
        let bad = || "not a point in the reference system 4326";
        let raw: &[u8; 25] = raw.try_into().map_err(|_| bad())?;
        let mut head = [LITTLE_ENDIAN; 9];
        head[1..5].copy_from_slice(&POINT_WITH_REFERENCE.to_le_bytes());
        head[5..].copy_from_slice(&WGS84.to_le_bytes());
        if raw[..9] != head {
            return Err(bad().into());
        }
        let degrees = |at: usize| {
            f64::from_le_bytes(raw[at..at + 8].try_into().expect("eight of the twenty-five bytes"))
        };
        Ok(Place(Point { latitude: degrees(17), longitude: degrees(9) }))
    }

    fn accepts(kind: &Type) -> bool {
        <Place as ToSql>::accepts(kind)
    }
}

/// Lower bound included, upper bound not: the form in which PostgreSQL keeps ranges of integers.
const LOWER_INCLUDED: u8 = 0x02;
const INTEGER_BYTES: i32 = 4;

impl ToSql for AgeRange {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        out.put_u8(LOWER_INCLUDED);
        for bound in [i32::from(self.0.first()), i32::from(self.0.last()) + 1] {
            out.put_i32(INTEGER_BYTES);
            out.put_i32(bound);
        }
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::INT4_RANGE
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for AgeRange {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<AgeRange, Problem> {
        let bad = || "not a range of ages from 0 to 17";
        // Ages are small, so of each bound's four bytes only the last may be other than zero.
        let [LOWER_INCLUDED, 0, 0, 0, 4, 0, 0, 0, first, 0, 0, 0, 4, 0, 0, 0, end] = *raw else {
            return Err(bad().into());
        };
        Ok(AgeRange(Ages::new(first, end.saturating_sub(1)).ok_or_else(bad)?))
    }

    fn accepts(kind: &Type) -> bool {
        <AgeRange as ToSql>::accepts(kind)
    }
}

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;

impl ToSql for Day {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        let days = days_since_1970(&self.0).ok_or_else(|| format!("`{}` is not a date", self.0))?;
        out.put_i32(i32::try_from(days - EPOCH_DAYS)?);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::DATE
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Day {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Day, Problem> {
        let days = i32::from_be_bytes(raw.try_into()?);
        let (year, month, day) = civil(i64::from(days) + EPOCH_DAYS);
        Ok(Day(format!("{year:04}-{month:02}-{day:02}")))
    }

    fn accepts(kind: &Type) -> bool {
        <Day as ToSql>::accepts(kind)
    }
}

/// Source: H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
fn days_since_1970(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    (civil(days) == (year, month, day)).then_some(days)
}

/// Its inverse, `civil_from_days`: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl ToSql for StatusWord {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Problem> {
        self.0.as_str().to_sql(kind, out)
    }

    fn accepts(kind: &Type) -> bool {
        <&str as ToSql>::accepts(kind)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for StatusWord {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<StatusWord, Problem> {
        let word = <&str as FromSql>::from_sql(kind, raw)?;
        Ok(StatusWord(Status::from_word(word).ok_or_else(|| format!("unknown status `{word}`"))?))
    }

    fn accepts(kind: &Type) -> bool {
        <&str as FromSql>::accepts(kind)
    }
}

impl<'a> FromSql<'a> for Paid {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Paid, Problem> {
        let word = <&str as FromSql>::from_sql(kind, raw)?;
        let status = SubscriptionStatus::from_word(word);
        Ok(Paid(status.ok_or_else(|| format!("`{word}` is not a subscription status"))?))
    }

    fn accepts(kind: &Type) -> bool {
        <&str as FromSql>::accepts(kind)
    }
}

impl<'a> FromSql<'a> for ModeWord {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<ModeWord, Problem> {
        let word = <&str as FromSql>::from_sql(kind, raw)?;
        Ok(ModeWord(Mode::from_word(word).ok_or_else(|| format!("`{word}` is not a mode"))?))
    }

    fn accepts(kind: &Type) -> bool {
        <&str as FromSql>::accepts(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn survives<T: ToSql + for<'a> FromSql<'a> + PartialEq + std::fmt::Debug>(value: &T, kind: &Type) {
        let mut out = BytesMut::new();
        value.to_sql(kind, &mut out).unwrap();
        assert_eq!(&T::from_sql(kind, &out).unwrap(), value);
    }

    proptest! {
        #[test]
        fn values_survive(latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64, days in -700_000..2_000_000_i64) {
            survives(&Place(Point { latitude, longitude }), &Type::BYTEA);
            let (year, month, day) = civil(days);
            let text = format!("{year:04}-{month:02}-{day:02}");
            if (0..=9_999).contains(&year) {
                prop_assert_eq!(days_since_1970(&text), Some(days));
                survives(&Day(text), &Type::DATE);
            }
        }

        #[test]
        fn strange_bytes_are_errors(raw in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Place::from_sql(&Type::BYTEA, &raw);
            let _ = AgeRange::from_sql(&Type::INT4_RANGE, &raw);
            let _ = Day::from_sql(&Type::DATE, &raw);
            let _ = StatusWord::from_sql(&Type::TEXT, &raw);
        }
    }

    #[test]
    fn days() {
        assert_eq!(days_since_1970("2000-01-01"), Some(EPOCH_DAYS));
        assert_eq!(days_since_1970("2026-11-23"), Some(20_780));
        for text in ["", "2026", "2026-02-30", "2026-13-01", "2026-00-10", "soon", "2026-1-1-1"] {
            assert_eq!(days_since_1970(text), None, "{text}");
        }
    }

    #[test]
    fn every_range_of_ages() {
        for first in 0..=Ages::OLDEST {
            for last in first..=Ages::OLDEST {
                survives(&AgeRange(Ages::new(first, last).unwrap()), &Type::INT4_RANGE);
            }
        }
    }
}
