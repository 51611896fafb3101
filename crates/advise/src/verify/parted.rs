//! An index of a partitioned table without keeping writes out: on each partition it is built beside everybody's work,
//! and when all are there, one short transaction makes the index of the table itself and attaches them to it. So an
//! index of which parts are missing, which is invalid, is never seen; and whatever ends the building, what is left of
//! it can go beside others' work, too.

use std::collections::BTreeSet;

use loadline_pg::ghost::quoted;

use super::definition::{Definition, DefinitionError, words};

/// A table of a tree of partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its kind, as `pg_class.relkind` has it: `p` if it has partitions itself, `f` if another server has its rows.
    pub kind: char,
    /// What it is a part of, by its place in the tree.
    pub above: usize,
}

/// A table and its partitions, each behind what it is a part of; the table itself first. One that has no partitions is
/// alone, or there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(pub Vec<Part>);

/// How an index is built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Each by itself: beside others' work it can be in no transaction.
    pub beside: Vec<String>,
    /// All in one transaction, which takes a moment.
    pub together: Vec<String>,
}

impl Steps {
    /// All of them as a script has them.
    pub fn script(&self) -> Vec<String> {
        let mut all = self.beside.clone();
        if !self.together.is_empty() {
            all.push("BEGIN".to_owned());
            all.extend(self.together.iter().cloned());
            all.push("COMMIT".to_owned());
        }
        all
    }
}

impl Tree {
    /// Whether the table is partitioned.
    pub fn is_partitioned(&self) -> bool {
        self.0.first().is_some_and(|top| top.kind == 'p')
    }

    /// The first partition that another server has: no index is built there, so that one on all parts is never whole.
    pub fn foreign(&self) -> Option<&Part> {
        self.0.iter().find(|part| part.kind == 'f')
    }

    /// What builds the index under this name: one statement after the other, and then some in one transaction.
    ///
    /// ```
    /// use loadline_advise::verify::{Definition, Part, Tree};
    ///
    /// let part = |name: &str, kind| Part { schema: "s".to_owned(), name: name.to_owned(), kind, above: 0 };
    /// let tree = Tree(vec![part("t", 'p'), part("t_1", 'r')]);
    /// let steps = tree.steps(&Definition::parse("CREATE INDEX ON s.t (a)")?, "i");
    /// assert_eq!(steps.beside, [r#"CREATE INDEX CONCURRENTLY IF NOT EXISTS "i_1" ON "s"."t_1" (a)"#]);
    /// assert_eq!(steps.together, [
    ///     r#"CREATE INDEX IF NOT EXISTS "i" ON ONLY "s"."t" (a)"#,
    ///     r#"ALTER INDEX "s"."i" ATTACH PARTITION "s"."i_1""#,
    /// ]);
    /// # Ok::<(), loadline_advise::verify::DefinitionError>(())
    /// ```
    pub fn steps(&self, index: &Definition, name: &str) -> Steps {
        let unique = if index.is_unique { "UNIQUE " } else { "" };
        let names = self.names(name);
        let mut steps = Steps::default();
        let mut attached = Vec::new();
        for (place, part) in self.0.iter().enumerate() {
            let (own, table) = (quoted(&own(name, place)), place_of(part));
            let rest = &index.rest;
            if part.kind == 'p' {
                steps
                    .together
                    .push(format!("CREATE {unique}INDEX IF NOT EXISTS {own} ON ONLY {table} {rest}"));
            } else {
                steps
                    .beside
                    .push(format!("CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {own} ON {table} {rest}"));
            }
            if place > 0 {
                let above = &names[part.above];
                attached.push(format!("ALTER INDEX {above} ATTACH PARTITION {}", names[place]));
            }
        }
        steps.together.extend(attached);
        steps
    }

    /// The names of the index on each table, with their schemas and in quotes; its own first.
    pub fn names(&self, name: &str) -> Vec<String> {
        let one =
            |(place, part): (usize, &Part)| format!("{}.{}", quoted(&part.schema), quoted(&own(name, place)));
        self.0.iter().enumerate().map(one).collect()
    }
}

/// The indexes that a script builds. Indexes of partitions that it attaches to another one of the script are parts of
/// that one.
///
/// # Errors
/// The place of the first statement that builds none, and what it is.
pub fn of_script(script: &[impl AsRef<str>]) -> Result<Vec<Definition>, (usize, DefinitionError)> {
    let mut parts = BTreeSet::new();
    let mut all = Vec::new();
    for (place, statement) in script.iter().enumerate() {
        let said = words(statement.as_ref());
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        match said[..] {
            ["begin" | "commit"] | ["begin" | "commit", ";"] => {}
            ["alter", "index", .., "attach", "partition", _]
            | ["alter", "index", .., "attach", "partition", _, ".", _] => {
                parts.extend(said.last().map(|name| (*name).to_owned()));
            }
            _ => all.push(Definition::parse(statement.as_ref()).map_err(|error| (place, error))?),
        }
    }
    let is_part = |index: &Definition| {
        let name = index.name.as_deref().and_then(|name| words(name).pop());
        name.is_some_and(|name| parts.contains(&name))
    };
    all.retain(|index| !is_part(index));
    Ok(all)
}

fn own(name: &str, place: usize) -> String {
    if place == 0 { name.to_owned() } else { format!("{name}_{place}") }
}

fn place_of(part: &Part) -> String {
    format!("{}.{}", quoted(&part.schema), quoted(&part.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_of_partitions_are_attached_to_what_they_are_part_of() {
        let part =
            |name: &str, kind, above| Part { schema: "s".to_owned(), name: name.to_owned(), kind, above };
        let tree = Tree(vec![part("t", 'p', 0), part("a", 'p', 0), part("b", 'r', 1), part("C", 'r', 0)]);
        let index = Definition::parse("CREATE UNIQUE INDEX ON t USING btree (a)").unwrap();
        let steps = tree.steps(&index, "i");
        assert_eq!(
            steps.beside,
            [
                r#"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "i_2" ON "s"."b" USING btree (a)"#,
                r#"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "i_3" ON "s"."C" USING btree (a)"#,
            ]
        );
        assert_eq!(
            steps.together,
            [
                r#"CREATE UNIQUE INDEX IF NOT EXISTS "i" ON ONLY "s"."t" USING btree (a)"#,
                r#"CREATE UNIQUE INDEX IF NOT EXISTS "i_1" ON ONLY "s"."a" USING btree (a)"#,
                r#"ALTER INDEX "s"."i" ATTACH PARTITION "s"."i_1""#,
                r#"ALTER INDEX "s"."i_1" ATTACH PARTITION "s"."i_2""#,
                r#"ALTER INDEX "s"."i" ATTACH PARTITION "s"."i_3""#,
            ]
        );
        // What such a script builds is one index.
        let script = steps.script();
        let read = of_script(&script).unwrap();
        assert_eq!(read.len(), 1, "{read:?}");
        assert_eq!((read[0].table.as_str(), read[0].is_unique), (r#""s"."t""#, true));
        assert_eq!(of_script(&["ALTER INDEX i ATTACH PARTITION"]), Err((0, DefinitionError::Another)));
        assert!(tree.is_partitioned() && tree.foreign().is_none());
        assert!(!Tree::default().is_partitioned());
    }
}
