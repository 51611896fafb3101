//! `executionSegment` and `executionSegmentSequence`: this process's part of the run, when several share one.
//!
//! With a sequence the parts are k6's, number for number, and need not be equal. Without one k6 takes what lies before
//! and after the part for one part each, so that three processes with a third each would all make the same third. Here
//! a part without a sequence is so many of the equal parts of its denominator: `1/3:2/3` is the second of three, and
//! `1/4:1` what `0:1/4` leaves. Processes that name parts of one denominator then make the whole, as with a sequence.

use loadline_load::Segment as Part;
use serde_json::{Value, json};

use crate::options::problem::{Findings, Problem};
use crate::options::setting::Setting;
use crate::options::table::Options;
use crate::options::tier::Tier;

/// The option by its name in scripts.
const SEGMENT: &str = "executionSegment";
const SEQUENCE: &str = "executionSegmentSequence";

/// A share of the run, in lowest terms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Fraction {
    over: u64,
    under: u64,
}

impl Fraction {
    const ZERO: Self = Self { over: 0, under: 1 };
    const ONE: Self = Self { over: 1, under: 1 };

    /// `1/3`, `0`, `1`, `0.25` or `25%`; at most 1.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (over, under) = if let Some((over, under)) = text.split_once('/') {
            (over.trim().parse().ok()?, under.trim().parse().ok()?)
        } else if let Some(percent) = text.strip_suffix('%') {
            (percent.trim().parse().ok()?, 100)
        } else {
            let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
            let under = 10_u64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
            let decimals = if decimals.is_empty() { 0 } else { decimals.parse::<u64>().ok()? };
            (whole.parse::<u64>().ok()?.checked_mul(under)?.checked_add(decimals)?, under)
        };
        if under == 0 || over > under {
            return None;
        }
        let divisor = gcd(over, under);
        Some(Self { over: over / divisor, under: under / divisor })
    }

    /// How many parts of a whole of so many this is.
    const fn of(self, whole: u64) -> u64 {
        whole / self.under * self.over
    }

    fn is_below(self, other: Self) -> bool {
        u128::from(self.over) * u128::from(other.under) < u128::from(other.over) * u128::from(self.under)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The smallest denominator that all have in common, unless it is too large to deal by.
fn common(fractions: &[Fraction]) -> Option<u64> {
    fractions
        .iter()
        .try_fold(1_u64, |whole, fraction| (whole / gcd(whole, fraction.under)).checked_mul(fraction.under))
        .filter(|&whole| whole <= Part::MAX_PERIOD)
}

/// A part of a run, as it was written and as it was meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Segment {
    text: String,
    from: Fraction,
    to: Fraction,
}

impl Segment {
    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once(':').unwrap_or(("0", text));
        // As in k6, what says nothing is the whole.
        let (from, to) = if text.is_empty() {
            (Fraction::ZERO, Fraction::ONE)
        } else {
            (Fraction::parse(from)?, Fraction::parse(to)?)
        };
        from.is_below(to).then(|| Self { text: text.to_owned(), from, to })
    }
}

impl Setting for Segment {
    const EXPECTED: &'static str = "a part of the run, such as `0:1/3`, `1/4:1` or `25%:50%`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let read = value.as_str().and_then(Self::parse);
        if read.is_none() {
            findings.wrong(path, value, Self::EXPECTED);
        }
        read
    }

    fn write(&self) -> Value {
        json!(self.text)
    }
}

/// Where a run is cut, from its beginning to its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sequence {
    text: String,
    points: Vec<Fraction>,
}

impl Sequence {
    fn parse(text: &str) -> Option<Self> {
        let mut points = text.split(',').map(Fraction::parse).collect::<Option<Vec<_>>>()?;
        if points.len() < 2 || !points.is_sorted_by(|before, after| before.is_below(*after)) {
            return None;
        }
        // What lies before and after is a part, too.
        if points.first() != Some(&Fraction::ZERO) {
            points.insert(0, Fraction::ZERO);
        }
        if points.last() != Some(&Fraction::ONE) {
            points.push(Fraction::ONE);
        }
        Some(Self { text: text.to_owned(), points })
    }
}

impl Setting for Sequence {
    const EXPECTED: &'static str = "the points where the run is cut, such as `0,1/4,1`";

    fn read(value: &Value, path: &str, findings: &mut Findings) -> Option<Self> {
        let read = value.as_str().and_then(Self::parse);
        if read.is_none() {
            findings.wrong(path, value, Self::EXPECTED);
        }
        read
    }

    fn write(&self) -> Value {
        json!(self.text)
    }
}

/// This process's part of the run, and what is odd about it.
///
/// # Errors
/// What keeps it from having one.
pub(crate) fn part(options: &Options, tiers: &[Tier]) -> Result<(Part, Option<Problem>), Problem> {
    let found = |name: &str, message: String, hint: &str| {
        let sets = |tier: &&Tier| match name {
            SEQUENCE => tier.options.execution_segment_sequence.is_some(),
            _ => tier.options.execution_segment.is_some(),
        };
        let origin = tiers.iter().rev().find(sets).map(|tier| tier.findings.origin.clone());
        Problem {
            origin: origin.unwrap_or_default(),
            path: name.to_owned(),
            message,
            hint: Some(hint.to_owned()),
        }
    };
    let too_fine = |name: &str| {
        let message =
            format!("has no common denominator of at most {}, so it cannot be dealt out", Part::MAX_PERIOD);
        found(name, message, "use fractions such as `1/3`")
    };
    let equal = |segment: &Segment| {
        let whole = common(&[segment.from, segment.to])?;
        let own = segment.from.of(whole) as usize..segment.to.of(whole) as usize;
        Part::new(&vec![1; whole as usize], own)
    };
    match (&options.execution_segment, &options.execution_segment_sequence) {
        (None, None) => Ok((Part::whole(), None)),
        (Some(segment), None) => {
            let part = equal(segment).ok_or_else(|| too_fine(SEGMENT))?;
            let whole = common(&[segment.from, segment.to]).unwrap_or(1);
            let parts = segment.to.of(whole) - segment.from.of(whole);
            let odd = (parts > 1 && !part.is_whole()).then(|| {
                let message = "is not one of several equal parts, and nothing says how the others are cut";
                let hint = format!(
                    "give all processes the same `{SEQUENCE}`, such as `0,1/4,1` for `0:1/4` and `1/4:1`"
                );
                found(SEGMENT, message.to_owned(), &hint)
            });
            Ok((part, odd))
        }
        (None, Some(sequence)) if sequence.points.len() == 2 => Ok((Part::whole(), None)),
        (None, Some(_)) => {
            let message = format!("is given without an `{SEGMENT}`, so this process has no part of the run");
            Err(found(SEQUENCE, message, "say which part this process has, or leave the sequence out"))
        }
        (Some(segment), Some(sequence)) => {
            let cuts = || sequence.points.iter().zip(&sequence.points[1..]);
            let is_own = |(from, to): (&Fraction, &Fraction)| (*from, *to) == (segment.from, segment.to);
            let Some(index) = cuts().position(is_own) else {
                let message =
                    format!("is `{}`, which is not a part of the sequence `{}`", segment.text, sequence.text);
                return Err(found(SEGMENT, message, "name two neighbouring points of the sequence"));
            };
            let whole = common(&sequence.points).ok_or_else(|| too_fine(SEQUENCE))?;
            let weights: Vec<u64> = cuts().map(|(from, to)| to.of(whole) - from.of(whole)).collect();
            let part = Part::new(&weights, index..index + 1).ok_or_else(|| too_fine(SEQUENCE))?;
            Ok((part, None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Segment, Sequence, part};
    use crate::options::table::Options;
    use crate::options::tier::Tier;

    /// The part as its first numbers, its oddity or its error.
    fn first(segment: &str, sequence: &str) -> Result<(Vec<u64>, bool), String> {
        let tier = Tier {
            options: Options {
                execution_segment: (!segment.is_empty()).then(|| Segment::parse(segment).unwrap()),
                execution_segment_sequence: (!sequence.is_empty())
                    .then(|| Sequence::parse(sequence).unwrap()),
                ..Options::default()
            },
            ..Tier::default()
        };
        let (part, odd) = part(&tier.options, std::slice::from_ref(&tier))
            .map_err(|problem| format!("{}: {}", problem.path, problem.message))?;
        Ok(((0..part.count_below(12)).map(|k| part.nth(k)).collect(), odd.is_some()))
    }

    #[test]
    fn without_a_sequence_parts_are_counted_in_their_denominator() {
        let thirds: [&[u64]; 3] = [&[0, 3, 6, 9], &[1, 4, 7, 10], &[2, 5, 8, 11]];
        let table = [
            ("0:1/3", thirds[0], false),
            ("1/3:2/3", thirds[1], false),
            ("2/3:1", thirds[2], false),
            ("2/6:4/6", thirds[1], false),
            ("1/3", thirds[0], false),
            ("0:1", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], false),
            ("25%:50%", &[1, 5, 9], false),
            ("0.5:1", &[1, 3, 5, 7, 9, 11], false),
            ("0:1/4", &[0, 4, 8], false),
            ("1/4:1", &[1, 2, 3, 5, 6, 7, 9, 10, 11], true),
            ("1/3:1", &[1, 2, 4, 5, 7, 8, 10, 11], true),
        ];
        for (text, expected, odd) in table {
            assert_eq!(first(text, ""), Ok((expected.to_vec(), odd)), "{text}");
        }
    }

    #[test]
    fn with_a_sequence_parts_are_those_of_k6() {
        let table: [(&str, &str, &[u64]); 6] = [
            ("0:1/4", "0,1/4,1", &[1, 5, 9]),
            ("1/4:1", "0,1/4,1", &[0, 2, 3, 4, 6, 7, 8, 10, 11]),
            ("1/4:100%", "0.25,1", &[0, 2, 3, 4, 6, 7, 8, 10, 11]),
            ("2/6:4/6", "0,1/3,2/3,1", &[1, 4, 7, 10]),
            ("1/2:3/4", "0,1/2,3/4,1", &[1, 5, 9]),
            ("0:1", "0,1", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ];
        for (segment, sequence, expected) in table {
            assert_eq!(first(segment, sequence), Ok((expected.to_vec(), false)), "{segment} of {sequence}");
        }
    }

    #[test]
    fn what_is_no_part_is_told() {
        for text in ["2/3:1/3", "1/2:1/2", "0:4/3", "0:1/0", "a:b", ":", "-1/3:1", "0:1:2"] {
            assert_eq!(Segment::parse(text), None, "{text}");
        }
        for text in ["", "0", "0,1/2,1/3,1", "0,0,1", "0,2", "0;1"] {
            assert_eq!(Sequence::parse(text), None, "{text}");
        }
        let problem = |segment, sequence| first(segment, sequence).unwrap_err();
        assert_eq!(
            problem("0:1/3", "0,1/4,1"),
            "executionSegment: is `0:1/3`, which is not a part of the sequence `0,1/4,1`"
        );
        assert!(problem("", "0,1/4,1").starts_with("executionSegmentSequence: is given without"));
        assert!(problem("0:1/1000003", "").contains(&format!("at most {}", Part::MAX_PERIOD)));
        assert!(problem("0:1/999983", "0,1/999983,1/7,1").starts_with("executionSegmentSequence: has no"));
    }
}
