//! Sizes over any numbers.

use crate::portrait::{Figures, Slot, Values};
use proptest::prelude::*;

use super::{Key, Subject, estimate};

fn key(bytes: f64, distinct: f64, nulls: f64) -> Key {
    Key { bytes, distinct, nulls, ..Key::unknown(1e6) }
}

fn pages(method: &str, keys: &[Key], rows: f64) -> u32 {
    let subject = Subject {
        method,
        keys,
        include: &[],
        class: "",
        rows,
        table_rows: rows,
        table_pages: rows / 50.0,
        pages_per_range: 0,
    };
    estimate(&subject).pages
}

#[test]
fn values_are_read_as_arrays_have_them() {
    let slot = Slot {
        kind: 1,
        operator: String::new(),
        collation: String::new(),
        numbers: Some(vec![0.5, 0.25]),
        values: Some(Values { of: "text".to_owned(), text: r#"{a,"b, \"c\"",""}"#.to_owned() }),
        ends: None,
    };
    let figures = Figures { nulls: 0.0, width: 4, distinct: -0.5, slots: vec![slot] };
    let key = Key::of(&figures, "", 1000.0);
    assert_eq!(key.sample, ["a", "b, \"c\"", ""]);
    assert_eq!((key.distinct, key.can_merge, key.common), (500.0, true, vec![0.5, 0.25]));
    assert!(!Key::of(&figures, "numeric", 1000.0).can_merge);
}

#[test]
fn equal_values_are_merged_where_they_may_be() {
    let few = key(4.0, 10.0, 0.0);
    let apart = Key { can_merge: false, ..few.clone() };
    let (merged, apart) = (pages("btree", &[few], 1e6), pages("btree", &[apart], 1e6));
    assert!(merged * 5 < apart * 2, "{merged} {apart}");
}

proptest! {
    #[test]
    fn more_rows_are_never_fewer_pages(
        method in prop::sample::select(vec!["btree", "hash", "gin", "gist", "spgist", "brin"]),
        bytes in 1.0..200.0_f64, distinct in 1.0..1e6_f64, nulls in 0.0..1.0_f64, rows in 0.0..1e8_f64,
    ) {
        let keys = [key(bytes, distinct, nulls)];
        let (less, more) = (pages(method, &keys, rows), pages(method, &keys, rows * 2.0 + 1.0));
        prop_assert!(less >= 1 && less <= more, "{less} {more}");
    }
}
