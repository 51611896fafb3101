//! Indexes that do the work of two, and those that do another's.

use crate::index::{Index, Key, Method};

/// Columns that an index may carry along when two are made one.
const MOST_READ: usize = 4;

/// Whether an index makes another one needless: it begins with the same keys in the same order, has the same rows, and
/// carries along what the other does. A tree does a hash index's work too.
pub(super) fn does_work_of(index: &Index, other: &Index) -> bool {
    // A tree finds what is equal as well.
    let is_hash = index.method == Method::Btree && other.method == Method::Hash;
    let is_same = index.schema == other.schema
        && index.table == other.table
        && (index.method == other.method || is_hash)
        && index.predicate == other.predicate;
    let has = |column: &String| {
        index.include.contains(column)
            || index.keys.iter().any(|key| !key.is_expression && key.text == *column)
    };
    let keys = if index.method == Method::Btree {
        index.keys.starts_with(&other.keys)
    } else {
        index.keys == other.keys
    };
    is_same && keys && other.include.iter().all(has)
}

/// Indexes that could do the work of both: the keys of one and then those of the other, and what both carry along.
pub(super) fn combined(a: &Index, b: &Index) -> Vec<Index> {
    let is_same = a.schema == b.schema && a.table == b.table && a.predicate == b.predicate;
    if !is_same || a.method != Method::Btree || b.method != Method::Btree || a == b {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (first, second) in [(a, b), (b, a)] {
        let texts = |keys: &[Key]| keys.iter().map(|key| key.text.clone()).collect::<Vec<_>>();
        let (own, others) = (texts(&first.keys), texts(&second.keys));
        let shares = own.iter().zip(&others).take_while(|(a, b)| a == b).count();
        // Keys that have nothing in common are two indexes.
        if shares == 0 && !own.iter().all(|key| others.contains(key)) {
            continue;
        }
        let mut one = first.clone();
        // Behind the keys of the one those of the other may still be ordered or ranged by, or only read.
        let rest = second.keys.iter().filter(|key| !own.contains(&key.text));
        one.keys.extend(rest.cloned());
        let carried = first.include.iter().chain(&second.include).cloned();
        one.include = carried.filter(|column| !one.keys.iter().any(|key| key.text == *column)).collect();
        one.include.sort();
        one.include.dedup();
        if one.include.len() <= MOST_READ && one != *a && one != *b && !found.contains(&one) {
            found.push(one.clone());
        }
        let mut lean = one.clone();
        lean.include.clear();
        if lean != one && lean != *a && lean != *b && !found.contains(&lean) {
            found.push(lean);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(keys: &[&str], include: &[&str]) -> Index {
        let mut index = Index::tree("public", "t", keys.iter().map(|key| Key::column(key)).collect());
        index.include = include.iter().map(|column| (*column).to_owned()).collect();
        index
    }

    #[test]
    fn what_begins_the_same_does_the_work() {
        assert!(does_work_of(&tree(&["a", "b"], &[]), &tree(&["a"], &[])));
        assert!(does_work_of(&tree(&["a", "b"], &[]), &tree(&["a"], &["b"])));
        assert!(does_work_of(&tree(&["a"], &["b", "c"]), &tree(&["a"], &["c"])));
        assert!(!does_work_of(&tree(&["a"], &["b"]), &tree(&["a", "b"], &[])));
        assert!(!does_work_of(&tree(&["b", "a"], &[]), &tree(&["a"], &[])));
        let hash = Index::of("public", "t", Method::Hash, vec![Key::column("a")]);
        assert!(does_work_of(&tree(&["a", "b"], &[]), &hash));
        assert!(!does_work_of(&hash, &tree(&["a"], &[])) && !does_work_of(&tree(&["b"], &[]), &hash));
        let mut limited = tree(&["a", "b"], &[]);
        limited.predicate = Some("(c > 1)".to_owned());
        assert!(!does_work_of(&limited, &tree(&["a"], &[])));
    }

    #[test]
    fn two_become_one() {
        assert_eq!(
            combined(&tree(&["a"], &["b"]), &tree(&["a"], &["c"])),
            [tree(&["a"], &["b", "c"]), tree(&["a"], &[])]
        );
        let found = combined(&tree(&["a", "b"], &[]), &tree(&["a", "c"], &[]));
        assert_eq!(found, [tree(&["a", "b", "c"], &[]), tree(&["a", "c", "b"], &[])]);
        assert!(combined(&tree(&["a"], &[]), &tree(&["b"], &[])).is_empty());
    }
}
