//! An index that could be built: what it is of, and how it is written.

use std::fmt;

use loadline_pg::ghost::quoted;

/// An access method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// A B-tree.
    Btree,
    /// Summaries of ranges of pages.
    Brin,
    /// Entries with lists of rows.
    Gin,
    /// A tree of boxes.
    Gist,
    /// A tree of partitioned space.
    Spgist,
    /// Equality alone.
    Hash,
}

impl Method {
    /// As PostgreSQL calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Btree => "btree",
            Self::Brin => "brin",
            Self::Gin => "gin",
            Self::Gist => "gist",
            Self::Spgist => "spgist",
            Self::Hash => "hash",
        }
    }

    /// The method of this name.
    pub fn of(name: &str) -> Option<Self> {
        let all = [Self::Btree, Self::Brin, Self::Gin, Self::Gist, Self::Spgist, Self::Hash];
        all.into_iter().find(|method| method.name() == name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A column or an expression that an index is ordered or searched by.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The column's name, or the expression's text over unqualified columns.
    pub text: String,
    /// Whether it is an expression.
    pub is_expression: bool,
    /// The operator class, where it is not the default one.
    pub class: Option<String>,
    /// Whether it goes from the largest to the smallest.
    pub descending: bool,
    /// Where nulls are, if not where they are by default.
    pub nulls_first: Option<bool>,
}

impl Key {
    /// A column in its natural order.
    pub fn column(name: &str) -> Self {
        Self { text: name.to_owned(), ..Self::default() }
    }

    /// An expression in its natural order.
    pub fn expression(text: &str) -> Self {
        Self { text: text.to_owned(), is_expression: true, ..Self::default() }
    }

    /// The same with an operator class.
    #[must_use]
    pub fn with_class(mut self, class: Option<String>) -> Self {
        self.class = class;
        self
    }

    fn sql(&self) -> String {
        let mut sql = if self.is_expression { format!("({})", self.text) } else { name(&self.text) };
        if let Some(class) = &self.class {
            sql += &format!(" {class}");
        }
        if self.descending {
            sql += " DESC";
        }
        match self.nulls_first {
            Some(first) if first != self.descending => {
                sql += if first { " NULLS FIRST" } else { " NULLS LAST" }
            }
            _ => {}
        }
        sql
    }
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index {
    /// The schema of its table.
    pub schema: String,
    /// Its table.
    pub table: String,
    /// The access method.
    pub method: Method,
    /// What it is searched by.
    pub keys: Vec<Key>,
    /// Columns that are only read from it.
    pub include: Vec<String>,
    /// Which rows it has, if not all.
    pub predicate: Option<String>,
}

impl Index {
    /// A B-tree of these keys.
    pub fn tree(schema: &str, table: &str, keys: Vec<Key>) -> Self {
        Self::of(schema, table, Method::Btree, keys)
    }

    /// An index of any method.
    pub fn of(schema: &str, table: &str, method: Method, keys: Vec<Key>) -> Self {
        let (schema, table) = (schema.to_owned(), table.to_owned());
        Self { schema, table, method, keys, include: Vec::new(), predicate: None }
    }

    /// Its table, quoted and with the schema.
    pub fn quoted_table(&self) -> String {
        format!("{}.{}", name(&self.schema), name(&self.table))
    }

    /// The statement that builds it without keeping writes out, if its table is no partitioned one.
    pub fn create(&self, is_partitioned: bool) -> String {
        let concurrently = if is_partitioned { "" } else { " CONCURRENTLY" };
        format!("CREATE INDEX{concurrently} IF NOT EXISTS {} ON {}", name(&self.name()), self.body())
    }

    /// The statement that takes it away again.
    pub fn rollback(&self, is_partitioned: bool) -> String {
        let concurrently = if is_partitioned { "" } else { " CONCURRENTLY" };
        format!("DROP INDEX{concurrently} IF EXISTS {}.{}", name(&self.schema), name(&self.name()))
    }

    /// What stands behind `CREATE INDEX … ON`.
    pub fn body(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(Key::sql).collect();
        let mut body = format!("{} USING {} ({})", self.quoted_table(), self.method, keys.join(", "));
        if !self.include.is_empty() {
            let include: Vec<String> = self.include.iter().map(|column| name(column)).collect();
            body += &format!(" INCLUDE ({})", include.join(", "));
        }
        if let Some(predicate) = &self.predicate {
            body += &format!(" WHERE {predicate}");
        }
        body
    }

    /// A name that says what it is of: at most 63 bytes, the same for the same index.
    pub fn name(&self) -> String {
        let mut name = self.table.clone();
        for key in &self.keys {
            let words = key.text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(3).collect();
            name += &format!("_{}", words.join("_"));
        }
        let name = name.to_lowercase();
        let end = (0..=44.min(name.len())).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
        format!("{}_{:08x}_idx", &name[..end], digest(&self.body()))
    }
}

/// Words that are no names without quotes.
const RESERVED: [&str; 77] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "session_user",
    "some",
    "symmetric",
    "system_user",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "when",
    "where",
    "with",
];

/// A name as SQL takes it: in quotes only where they are needed.
///
/// ```
/// use loadline_advise::index::name;
///
/// assert_eq!((name("orders").as_str(), name("user").as_str(), name("Order s").as_str()), ("orders", "\"user\"", "\"Order s\""));
/// ```
pub fn name(of: &str) -> String {
    let begins = of.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_');
    let is_plain = of.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    // Names of types and functions are quoted as well: some of them are no columns.
    if begins && is_plain && !RESERVED.contains(&of) && !RESTRICTED.contains(&of) {
        of.to_owned()
    } else {
        quoted(of)
    }
}

/// Words that are names of some things only.
const RESTRICTED: [&str; 40] = [
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "char",
    "character",
    "coalesce",
    "collation",
    "concurrently",
    "cross",
    "current_schema",
    "freeze",
    "full",
    "greatest",
    "grouping",
    "ilike",
    "inner",
    "is",
    "isnull",
    "join",
    "least",
    "left",
    "like",
    "natural",
    "none",
    "notnull",
    "nullif",
    "outer",
    "overlaps",
    "overlay",
    "position",
    "right",
    "row",
    "similar",
    "substring",
    "tablesample",
    "values",
    "verbose",
];

/// FNV-1a: the same on every machine and in every version.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_written_as_postgresql_reads_it() {
        let mut keys = vec![Key::column("a"), Key::expression("lower(\"Name\")")];
        keys[0].descending = true;
        keys[0].nulls_first = Some(false);
        keys[1].class = Some("text_pattern_ops".to_owned());
        let mut index = Index::tree("public", "or ders", keys);
        index.include.push("Total".to_owned());
        index.predicate = Some("(open)".to_owned());
        assert_eq!(
            index.body(),
            "public.\"or ders\" USING btree (a DESC NULLS LAST, (lower(\"Name\")) text_pattern_ops) INCLUDE (\"Total\") WHERE (open)"
        );
        assert!(index.name().len() <= 63);
    }
}
