//! Sets of numbers as short text: `1-40,43`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Numbers, written as their ranges. Only text that is known to be whole is read: a range may be long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbers(pub(crate) BTreeSet<i64>);

/// The same as it is written: the first and last number of each range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(i64, i64)>);

/// A text that is no set of numbers.
#[derive(Debug)]
pub(crate) struct NotNumbers;

impl Ranges {
    /// Whether the number is one of them.
    pub(crate) fn contains(&self, number: i64) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// The numbers, ascending.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }
}

impl FromStr for Ranges {
    type Err = NotNumbers;

    fn from_str(text: &str) -> Result<Self, NotNumbers> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| NotNumbers);
        let range = |range: &str| match range.split_once('-') {
            Some((first, last)) => Ok((number(first)?, number(last)?)),
            None => Ok((number(range)?, number(range)?)),
        };
        text.split(',').filter(|range| !range.is_empty()).map(range).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Numbers {
    type Err = NotNumbers;

    fn from_str(text: &str) -> Result<Self, NotNumbers> {
        Ok(Self(text.parse::<Ranges>()?.numbers().collect()))
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.0.iter().copied().peekable();
        let mut separator = "";
        while let Some(first) = numbers.next() {
            let mut last = first;
            while let Some(next) = numbers.next_if(|next| last.checked_add(1) == Some(*next)) {
                last = next;
            }
            if first == last {
                write!(f, "{separator}{first}")?;
            } else {
                write!(f, "{separator}{first}-{last}")?;
            }
            separator = ",";
        }
        Ok(())
    }
}

impl FromIterator<i64> for Numbers {
    fn from_iter<I: IntoIterator<Item = i64>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_short() {
        let numbers: Numbers = (1..=9_999).chain([10_001]).collect();
        assert_eq!(numbers.to_string(), "1-9999,10001");
        assert_eq!(Numbers::default().to_string(), "");
        assert!("1-".parse::<Numbers>().is_err() && "x".parse::<Numbers>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(numbers in proptest::collection::btree_set(0..200_i64, 0..100)) {
            let numbers = Numbers(numbers);
            prop_assert_eq!(numbers.to_string().parse::<Numbers>().unwrap(), numbers);
        }
    }
}
