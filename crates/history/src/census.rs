//! Which runs and baselines there are: a row that is gone says nothing itself.
//!
//! One sealed row for each of the two tables holds the keys of all its rows. It is changed in the transaction that adds
//! or removes a row, which also makes such transactions wait for each other.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::str::FromStr;

use crate::database::{Database, Fault, Value, row};
use crate::numbers::{NotNumbers, Numbers};
use crate::sealed::{ACCEPTING, SEALED, Sealed, column};

static CENSUS: Sealed = Sealed {
    table: "loadline_census",
    since: SEALED,
    unsealed: None,
    columns: &[column("name"), column("keys")],
};

/// The keys of a table.
pub(crate) trait Keys: FromStr + Display {
    /// What they are the keys of, in the census and in words.
    const NAME: &'static str;
    /// The version of the schema since which they are counted.
    const SINCE: i64 = SEALED;
}

impl Keys for Numbers {
    const NAME: &'static str = "runs";
}

/// The names of baselines.
#[derive(Debug, Default)]
pub(crate) struct Names(pub(crate) BTreeSet<String>);

impl Keys for Names {
    const NAME: &'static str = "baselines";
}

impl FromStr for Names {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text).map(Self)
    }
}

impl Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).unwrap_or_default())
    }
}

/// The numbers of acceptances in the census.
#[derive(Debug, Default)]
pub(crate) struct Accepted(pub(crate) Numbers);

impl Keys for Accepted {
    const NAME: &'static str = "acceptances";
    const SINCE: i64 = ACCEPTING;
}

impl FromStr for Accepted {
    type Err = NotNumbers;

    fn from_str(text: &str) -> Result<Self, NotNumbers> {
        text.parse().map(Self)
    }
}

impl Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a census says.
pub(crate) enum Counted<K> {
    /// These rows are there.
    Keys(K),
    /// It is damaged itself.
    Damaged,
    /// Nothing was counted yet in this version.
    Uncounted,
}

/// Reads the census of a table.
pub(crate) fn counted<K: Keys>(database: &mut dyn Database, version: i64) -> Result<Counted<K>, Fault> {
    if version < K::SINCE {
        return Ok(Counted::Uncounted);
    }
    let found = CENSUS.read(database, version, "WHERE t.name = $1", &[K::NAME.into()])?;
    let keys = found.into_iter().next().and_then(|found| {
        let [_, keys] = row(found.whole()?).ok()?;
        keys.text().ok()?.parse().ok()
    });
    Ok(keys.map_or(Counted::Damaged, Counted::Keys))
}

/// Changes the census of a table; within a transaction.
pub(crate) fn recount<K: Keys>(
    database: &mut dyn Database,
    change: impl FnOnce(&mut K),
) -> Result<(), Fault> {
    // Whoever else changes it waits from here on.
    let lock = "UPDATE loadline_census SET name = name WHERE name = $1";
    database.execute(lock, &[K::NAME.into()])?;
    let Counted::Keys(mut keys) = counted::<K>(database, K::SINCE)? else {
        return Err(Fault::Damaged(damaged::<K>()));
    };
    change(&mut keys);
    CENSUS.replace(database, &[K::NAME.into(), keys.to_string().into()], 1)?;
    Ok(())
}

/// Begins the census of a table, or begins it anew.
pub(crate) fn renew<K: Keys>(database: &mut dyn Database, keys: &K) -> Result<(), Fault> {
    database.execute("DELETE FROM loadline_census WHERE name = $1", &[K::NAME.into()])?;
    let cells: [Value; 2] = [K::NAME.into(), keys.to_string().into()];
    CENSUS.insert(database, &cells, "").map(|_| ())
}

/// What is said of a census that is damaged.
pub(crate) fn damaged<K: Keys>() -> String {
    format!("the list of its {} is damaged, and none can be added or removed", K::NAME)
}
