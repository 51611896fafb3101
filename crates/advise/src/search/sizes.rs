//! How large a candidate would be, from what the portrait knows of its columns.

use loadline_pg::portrait::Portrait;

use crate::candidate::Candidate;
use crate::catalogue::Catalogue;
use loadline_pg::size::{Key, Size, Subject, estimate};

/// Values of an expression that nobody has looked at: one in so many rows is another.
const REPEATED: f64 = 10.0;

/// The size of a candidate, with all its parts.
pub(super) fn predict(portrait: &Portrait, catalogue: &Catalogue, candidate: &Candidate) -> Size {
    let (index, table) = (&candidate.index, &catalogue.tables[candidate.table]);
    let of = (table.schema.as_str(), table.name.as_str());
    let relation = portrait
        .relations
        .binary_search_by(|relation| (relation.schema.as_str(), relation.name.as_str()).cmp(&of));
    let key = |name: &str| {
        let known = match relation {
            Ok(relation) => Key::of_column(portrait, relation as u32, name, table.rows),
            Err(_) => Key::unknown(table.rows),
        };
        let is_apart =
            catalogue.keeps_padded_apart && table.column(name).is_some_and(|column| column.of == "character");
        Key { can_merge: known.can_merge && !is_apart, ..known }
    };
    let keys: Vec<Key> = index
        .keys
        .iter()
        .map(|one| {
            if one.is_expression {
                Key { distinct: (table.rows / REPEATED).max(1.0), ..Key::unknown(table.rows) }
            } else {
                key(&one.text)
            }
        })
        .collect();
    let include: Vec<Key> = index.include.iter().map(|name| key(name)).collect();
    estimate(&Subject {
        method: index.method.name(),
        keys: &keys,
        include: &include,
        class: index.keys.first().and_then(|key| key.class.as_deref()).unwrap_or_default(),
        rows: table.rows * candidate.share,
        table_rows: table.rows,
        table_pages: table.bytes / 8192.0,
        pages_per_range: 0,
    })
}
