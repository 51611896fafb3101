//! A change of a statement: which kind, what becomes of it, and what is not the same.

use super::source::Source;

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A distance that is compared: an index answers who is within it.
    Distance,
    /// Rows that are counted to be skipped: read on from the last one.
    Offset,
    /// The day of a moment: a range of moments.
    Day,
    /// A column that is cast to be compared: cast the value.
    Cast,
    /// Alternatives over several columns: a statement for each.
    Either,
    /// Rows that are counted to know whether there are any.
    Count,
    /// What is in no row of another query.
    NotIn,
}

impl Change {
    /// A word for programs.
    pub fn key(self) -> &'static str {
        match self {
            Self::Distance => "distance",
            Self::Offset => "offset",
            Self::Day => "day",
            Self::Cast => "cast",
            Self::Either => "or",
            Self::Count => "count",
            Self::NotIn => "not in",
        }
    }

    /// What to do, in a sentence without a capital and a stop.
    pub fn words(self) -> &'static str {
        match self {
            Self::Distance => {
                "ask who is within the distance: an index answers `ST_DWithin`, and never `ST_Distance`"
            }
            Self::Offset => {
                "read on behind the last row of the page before: an offset reads all that it skips"
            }
            Self::Day => {
                "compare the moment with where its day begins and ends: an index on the column answers that"
            }
            Self::Cast => {
                "give the value the column's type: an index on the column is of no use to a cast of it"
            }
            Self::Either => "ask for each alternative by itself: each can use its own index",
            Self::Count => "ask whether there is a row: `EXISTS` stops at the first, a count reads all",
            Self::NotIn => "ask for what does not exist: `NOT IN` compares each row with the whole list",
        }
    }
}

/// A statement written differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// What is changed.
    pub change: Change,
    /// The statement as it could be.
    pub text: String,
    /// What is not the same, in sentences without a capital and a stop.
    pub cautions: Vec<String>,
}

/// Makes all changes of one kind, one after the other, until there is none any more.
pub(super) fn all(
    source: &Source<'_>,
    change: Change,
    mut one: impl FnMut(&Source<'_>) -> Option<(String, Vec<String>)>,
) -> Option<Rewrite> {
    /// More of them in one statement are nobody's.
    const MOST: usize = 20;
    let (mut text, mut cautions) = (None::<String>, Vec::new());
    for _ in 0..MOST {
        let now = text.clone();
        let next = one(&now.as_deref().map_or_else(|| source.clone(), Source::of));
        let Some((changed, more)) = next else { break };
        text = Some(changed);
        for caution in more {
            if !cautions.contains(&caution) {
                cautions.push(caution);
            }
        }
    }
    text.map(|text| Rewrite { change, text, cautions })
}
