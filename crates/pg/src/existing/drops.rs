//! Which indexes need not be there, by the portrait alone.

use std::collections::HashSet;

use super::need::{Need, need_of};
use super::parts::Parts;
use crate::ghost::quoted;
use crate::portrait::{Index, Invalid, Portrait, Purpose, Relation};

/// Days that use must have been counted for before none of it says something: a week has its quiet days, and a month
/// its reports.
const DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;

/// An index that could go.
#[derive(Clone, Debug, PartialEq)]
pub struct Drop {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its table, with the schema, quoted.
    pub table: String,
    /// Bytes that it takes.
    pub bytes: u64,
    /// Why.
    pub reason: Reason,
    /// The statement that drops it, without a lock that writes would wait for.
    pub statement: String,
    /// The statement that brings it back; nothing for one that is not valid.
    pub rollback: Option<String>,
    /// What has to be known before, in sentences without a capital and a stop.
    pub cautions: Vec<String>,
}

/// Why an index could go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Building it failed: it is written by every change and read by nothing.
    Invalid,
    /// This other one is the same.
    Duplicate(String),
    /// This other one begins with the same keys and has more behind them.
    Covered(String),
    /// No statement has used it since uses were counted.
    Unused,
}

/// An index that is to be built, and may do the work of those that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The schema of its table, which will be its own.
    pub schema: String,
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// How it is made: `CREATE INDEX name ON table USING …`.
    pub definition: String,
}

impl Planned {
    /// As if it were there.
    fn relation(&self, portrait: &Portrait) -> Option<Relation> {
        let of = |relation: &Relation| {
            (relation.schema.as_str(), relation.name.as_str()).cmp(&(&self.schema, &self.table))
        };
        let table = portrait.relations.binary_search_by(of).ok()?;
        let index = Index {
            method: String::new(),
            definition: self.definition.clone(),
            height: 0,
            height_is_known: false,
            pages_per_range: 0,
            is_needed: false,
        };
        Some(Relation {
            schema: self.schema.clone(),
            name: self.name.clone(),
            kind: if portrait.relations[table].kind == 'p' { 'I' } else { 'i' },
            table: Some(table as u32),
            pages: 0,
            tuples: 0.0,
            all_visible: 0,
            all_frozen: 0,
            bytes: 0,
            scans: 0,
            writes: 0,
            index: Some(index),
        })
    }
}

/// Indexes that could go, once what is planned has been built, the largest of each reason first. `needed` says which
/// others the workload was seen to use, by schema and name: they are not called unused.
pub fn drops(portrait: &Portrait, planned: &[Planned], needed: impl Fn(&str, &str) -> bool) -> Vec<Drop> {
    let mut drops = invalid(portrait);
    let to_be: Vec<Relation> = planned.iter().filter_map(|one| one.relation(portrait)).collect();
    let there = portrait.relations.len();
    let known: Vec<Known<'_>> = portrait
        .relations
        .iter()
        .chain(&to_be)
        .enumerate()
        .filter_map(|(place, relation)| Known::of(portrait, place, relation, place >= there))
        .collect();
    let mut idle = Vec::new();
    // Who does the work of one that goes has to stay, used until now or not.
    let mut stays = HashSet::new();
    for (place, index) in known.iter().enumerate().filter(|(_, index)| index.may_go() && !index.is_planned) {
        let others = known.iter().enumerate().filter(|(other, _)| *other != place);
        let better = others
            .filter_map(|(other, candidate)| Some((index.stands_behind(candidate, place, other)?, other)));
        if let Some((reason, other)) = better.min() {
            stays.insert(other);
            drops.push(index.drop(portrait, reason));
        } else if index.relation.kind == 'i'
            && index.relation.scans == 0
            && !needed(&index.relation.schema, &index.relation.name)
        {
            idle.push(place);
        }
    }
    if portrait.usage.is_some() {
        let idle = idle.into_iter().filter(|place| !stays.contains(place));
        drops.extend(idle.map(|place| known[place].drop(portrait, Reason::Unused)));
    }
    let rank = |reason: &Reason| match reason {
        Reason::Invalid => 0,
        Reason::Duplicate(_) => 1,
        Reason::Covered(_) => 2,
        Reason::Unused => 3,
    };
    drops.sort_by(|one, other| {
        (rank(&one.reason), other.bytes, &one.schema, &one.name).cmp(&(
            rank(&other.reason),
            one.bytes,
            &other.schema,
            &other.name,
        ))
    });
    drops
}

/// An index, and what is known of it.
struct Known<'a> {
    relation: &'a Relation,
    table: &'a Relation,
    index: &'a Index,
    parts: Parts,
    need: Option<Need>,
    orders_table: bool,
    is_planned: bool,
}

impl<'a> Known<'a> {
    fn of(portrait: &'a Portrait, place: usize, relation: &'a Relation, is_planned: bool) -> Option<Self> {
        let index = relation.index.as_ref()?;
        let table = portrait.relations.get(relation.table? as usize)?;
        let purposes = portrait.usage.as_ref().and_then(|usage| usage.of.get(place));
        let orders_table = purposes.is_some_and(|of| of.purposes.contains(&Purpose::Cluster));
        let need = need_of(portrait, place, relation);
        Some(Self {
            relation,
            table,
            index,
            parts: Parts::of(&index.definition)?,
            need,
            orders_table,
            is_planned,
        })
    }

    /// Whether nothing but speed stands on it.
    fn may_go(&self) -> bool {
        self.need.is_none_or(|need| !need.holds())
    }

    /// Why another index makes this one superfluous, if it does.
    fn stands_behind(&self, other: &Self, place: usize, other_place: usize) -> Option<Reason> {
        let (mine, theirs) = (&self.parts, &other.parts);
        if !std::ptr::eq(self.table, other.table) || mine.method != theirs.method || mine.rest != theirs.rest
        {
            return None;
        }
        let name = || format!("{}.{}", other.relation.schema, other.relation.name);
        if mine.keys == theirs.keys && mine.include == theirs.include {
            // Of two that could both go, the one with the later name does.
            return (!other.may_go() || other.is_planned || other_place < place)
                .then(|| Reason::Duplicate(name()));
        }
        let begins = theirs.keys.len() > mine.keys.len() && theirs.keys.starts_with(&mine.keys);
        let has_more =
            theirs.keys == mine.keys && mine.include.iter().all(|column| theirs.include.contains(column));
        let carries =
            mine.include.iter().all(|column| theirs.keys.contains(column) || theirs.include.contains(column));
        (mine.method == "btree" && carries && (begins || has_more)).then(|| Reason::Covered(name()))
    }

    fn drop(&self, portrait: &Portrait, reason: Reason) -> Drop {
        let of = self.relation;
        let beside = if of.kind == 'I' { "" } else { " CONCURRENTLY" };
        let name = of.quoted();
        let mut cautions = Vec::new();
        if reason == Reason::Unused {
            cautions.extend(counted(portrait));
        }
        if self.need == Some(Need::ForeignKey) && !matches!(reason, Reason::Duplicate(_) | Reason::Covered(_))
        {
            cautions.push("a foreign key stands on its columns: without it, deleting what they refer to reads the whole table".to_owned());
        }
        if self.orders_table {
            cautions.push("`CLUSTER` orders the table by it".to_owned());
        }
        Drop {
            schema: of.schema.clone(),
            name: of.name.clone(),
            table: self.table.quoted(),
            bytes: of.bytes,
            statement: format!("DROP INDEX{beside} IF EXISTS {name}"),
            rollback: Some(again(&self.index.definition, of.kind != 'I')),
            reason,
            cautions,
        }
    }
}

/// How long uses were counted, and where else they could be.
fn counted(portrait: &Portrait) -> Vec<String> {
    let Some(usage) = &portrait.usage else { return Vec::new() };
    let mut cautions = Vec::new();
    match usage.since_ms {
        None => cautions.push("uses were counted since the database was made or the server last crashed: make sure that is long enough".to_owned()),
        Some(since) if portrait.made_ms - since < DAYS * DAY_MS => cautions.push(format!(
            "uses were counted for {} days only: what runs once a month was not there",
            (portrait.made_ms - since).max(0) / DAY_MS
        )),
        Some(_) => {}
    }
    if usage.is_standby {
        cautions.push("this is a standby, which counts what it reads itself: look at the primary".to_owned());
    }
    if usage.standbys > 0 {
        cautions.push(format!(
            "{} standbys are attached, which count what they read themselves: look there too",
            usage.standbys
        ));
    }
    cautions
}

/// The definition as a statement that nothing waits for.
fn again(definition: &str, beside: bool) -> String {
    if !beside {
        return definition.to_owned();
    }
    ["CREATE UNIQUE INDEX ", "CREATE INDEX "]
        .iter()
        .find_map(|begin| Some(format!("{begin}CONCURRENTLY {}", definition.strip_prefix(begin)?)))
        .unwrap_or_else(|| definition.to_owned())
}

fn invalid(portrait: &Portrait) -> Vec<Drop> {
    let all = portrait.usage.iter().flat_map(|usage| &usage.invalid).filter(|index| !index.is_being_built);
    let drop = |index: &Invalid| Drop {
        schema: index.schema.clone(),
        name: index.name.clone(),
        table: index.table.clone(),
        bytes: index.bytes,
        reason: Reason::Invalid,
        statement: format!(
            "DROP INDEX CONCURRENTLY IF EXISTS {}.{}",
            quoted(&index.schema),
            quoted(&index.name)
        ),
        rollback: None,
        cautions: vec!["`CREATE INDEX … IF NOT EXISTS` under this name would keep it as it is".to_owned()],
    };
    all.map(drop).collect()
}
