//! What a tree of signatures costs besides what the planner says.
//!
//! A `GiST` tree of texts, words or elements keeps a signature of each: bits that many values share. So a search goes
//! down many branches that hold nothing, which the planner, who counts the rows that are left, knows nothing of.
//! Measured (`bench/advise`, among the answers called `less`), such a search takes 60 to 300 times as long as one in a
//! GIN index for which the planner expects about the same: about what reading two fifths of the tree would take.

use serde_json::Value;

use crate::catalogue::Table;
use crate::index::{Index, Method};

/// The part of its pages that a search is thought to read.
pub(super) const READ: f64 = 0.4;

/// Beginnings of the names of classes whose trees have signatures.
const CLASSES: [&str; 4] = ["gist_trgm_", "gist__int", "gist_hstore_", "gist__ltree_"];

/// Whether an index is such a tree.
pub(super) fn has_signatures(index: &Index, table: &Table) -> bool {
    index.method == Method::Gist
        && index.keys.iter().any(|key| match &key.class {
            Some(class) => {
                let class = class.rsplit('.').next().unwrap_or(class);
                CLASSES.iter().any(|known| class.starts_with(known))
            }
            None => {
                key.text.starts_with("to_tsvector(")
                    || table.column(&key.text).is_some_and(|column| column.of == "tsvector")
            }
        })
}

/// The names of indexes that a plan searches, and does not only read in their order.
pub(super) fn searched<'p>(node: &'p Value, found: &mut Vec<&'p str>) {
    if let Some(name) = node.get("Index Name").and_then(Value::as_str)
        && node.get("Index Cond").is_some()
    {
        found.push(name);
    }
    node.get("Plans").and_then(Value::as_array).into_iter().flatten().for_each(|node| searched(node, found));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Column;
    use crate::index::Key;
    use serde_json::json;

    #[test]
    fn trees_of_trigrams_and_words_have_signatures() {
        let words = Column { name: "words".to_owned(), of: "tsvector".to_owned(), ..Column::default() };
        let table = Table { columns: vec![words], ..Table::default() };
        let index = |method, column: &str, class: Option<&str>| {
            Index::of("public", "t", method, vec![Key::column(column).with_class(class.map(str::to_owned))])
        };
        assert!(has_signatures(&index(Method::Gist, "name", Some("public.gist_trgm_ops")), &table));
        assert!(has_signatures(&index(Method::Gist, "words", None), &table));
        assert!(!has_signatures(&index(Method::Gist, "place", None), &table));
        assert!(!has_signatures(&index(Method::Gin, "name", Some("gin_trgm_ops")), &table));
    }

    #[test]
    fn what_is_read_in_order_is_not_searched() {
        let plan = json!({"Node Type": "Append", "Plans": [
            {"Node Type": "Index Scan", "Index Name": "near", "Order By": "(name <-> 'a'::text)"},
            {"Node Type": "Bitmap Heap Scan", "Plans": [
                {"Node Type": "Bitmap Index Scan", "Index Name": "like", "Index Cond": "(name ~~ '%a%'::text)"}]}]});
        let mut found = Vec::new();
        searched(&plan, &mut found);
        assert_eq!(found, ["like"]);
    }
}
