//! An index as it is advised, without its name: it is built under one that says whose it is.

use std::fmt;

use loadline_pg::shape::{Kind, Token, Tokens};

/// `CREATE INDEX` without what stands before the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its name, as it is written; none where the server is to find one.
    pub name: Option<String>,
    /// Whether it keeps rows unique.
    pub is_unique: bool,
    /// The table, as it is written: with its scheme and in quotes where they are there.
    pub table: String,
    /// All that is behind the table: method, keys, what is included, storage, predicate.
    pub rest: String,
    /// The whole statement, as it was given.
    pub given: String,
}

/// A text that is no index to build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// It is another statement.
    #[error("is no `CREATE INDEX … ON table …`; give what `db advise --sql` prints")]
    Another,
    /// A quote or a comment in it has no end.
    #[error("is cut: a quote or a comment in it has no end")]
    Cut,
}

/// The words of a text, without spaces and comments.
struct Words<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
}

impl Definition {
    /// Reads one statement.
    ///
    /// ```
    /// use loadline_advise::verify::Definition;
    ///
    /// let text = r#"CREATE INDEX CONCURRENTLY IF NOT EXISTS by_day ON shop."or ders" USING btree (day) WHERE open"#;
    /// let index = Definition::parse(text)?;
    /// assert_eq!(index.create("mine", true), r#"CREATE INDEX CONCURRENTLY "mine" ON shop."or ders" USING btree (day) WHERE open"#);
    /// assert!(Definition::parse("DROP INDEX by_day").is_err());
    /// # Ok::<(), loadline_advise::verify::DefinitionError>(())
    /// ```
    ///
    /// # Errors
    /// See [`DefinitionError`].
    pub fn parse(statement: &str) -> Result<Self, DefinitionError> {
        let text = statement.trim().trim_end_matches(';').trim_end();
        let tokens: Vec<Token> = Tokens::of(text).collect();
        if tokens.iter().any(|token| token.is_open) {
            return Err(DefinitionError::Cut);
        }
        // More than one statement is none of ours.
        if tokens.iter().any(|token| token.kind == Kind::Sign(';')) {
            return Err(DefinitionError::Another);
        }
        let tokens =
            tokens.into_iter().filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment)).collect();
        let mut words = Words { text, tokens, at: 0 };
        words.take("create")?;
        let is_unique = words.has("unique");
        words.take("index")?;
        words.has("concurrently");
        if words.has("if") {
            words.take("not")?;
            words.take("exists")?;
        }
        let mut name = None;
        if !words.is_at("on") {
            let from = words.start()?;
            name = Some(text[from..words.name()?].to_owned());
        }
        words.take("on")?;
        words.has("only");
        let from = words.start()?;
        let to = words.name()?;
        let rest = text[to..].trim().to_owned();
        if rest.is_empty() {
            return Err(DefinitionError::Another);
        }
        Ok(Self { name, is_unique, table: text[from..to].to_owned(), rest, given: text.to_owned() })
    }

    /// What takes it away again; none where it has no name.
    pub fn rollback(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        let schema = words(&self.table).len() > 1 && !name.contains('.');
        let schema = if schema { self.table.rsplit_once('.').map_or("", |(schema, _)| schema) } else { "" };
        let dot = if schema.is_empty() { "" } else { "." };
        Some(format!("DROP INDEX CONCURRENTLY IF EXISTS {schema}{dot}{name}"))
    }

    /// Whether another text is of the same index: letters, quotes that are not needed, the schema `public` and the
    /// access method `btree` make no difference.
    ///
    /// ```
    /// use loadline_advise::verify::Definition;
    ///
    /// let one = Definition::parse("CREATE INDEX ON orders (customer_id)")?;
    /// let other = Definition::parse(r#"CREATE INDEX x ON public.Orders USING btree ("customer_id")"#)?;
    /// assert!(one.is_same(&other));
    /// assert!(!one.is_same(&Definition::parse("CREATE INDEX ON orders (customer_id DESC)")?));
    /// # Ok::<(), loadline_advise::verify::DefinitionError>(())
    /// ```
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_unique == other.is_unique && self.normal() == other.normal()
    }

    fn normal(&self) -> Vec<String> {
        let table = words(&self.table);
        let table = match &table[..] {
            [schema, dot, name] if schema == "public" && dot == "." => vec![name.clone()],
            _ => table,
        };
        let rest = words(&self.rest);
        let rest = match &rest[..] {
            [using, method, rest @ ..] if using == "using" && method == "btree" => rest.to_vec(),
            _ => rest,
        };
        [table, rest].concat()
    }

    /// The statement that builds it under this name, beside everybody's work or not: of a partitioned table it cannot
    /// be.
    pub fn create(&self, name: &str, is_beside: bool) -> String {
        let unique = if self.is_unique { "UNIQUE " } else { "" };
        let beside = if is_beside { "CONCURRENTLY " } else { "" };
        format!(
            "CREATE {unique}INDEX {beside}{} ON {} {}",
            loadline_pg::ghost::quoted(name),
            self.table,
            self.rest
        )
    }
}

/// The words of a text, each as PostgreSQL takes it.
pub(crate) fn words(text: &str) -> Vec<String> {
    let tokens = Tokens::of(text).filter(|token| !matches!(token.kind, Kind::Space | Kind::Comment));
    tokens
        .map(|token| {
            let word = &text[token.range];
            let bare = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).filter(|word| {
                let is_plain =
                    |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
                word.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
                    && word.chars().all(is_plain)
            });
            match (token.kind, bare) {
                (_, Some(bare)) => bare.to_owned(),
                (Kind::Word, None) => word.to_lowercase(),
                _ => word.to_owned(),
            }
        })
        .collect()
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.table, self.rest)
    }
}

impl Words<'_> {
    fn is_at(&self, word: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| {
            token.kind == Kind::Word && self.text[token.range.clone()].eq_ignore_ascii_case(word)
        })
    }

    fn has(&mut self, word: &str) -> bool {
        let is_at = self.is_at(word);
        self.at += usize::from(is_at);
        is_at
    }

    fn take(&mut self, word: &str) -> Result<(), DefinitionError> {
        if self.has(word) { Ok(()) } else { Err(DefinitionError::Another) }
    }

    fn start(&self) -> Result<usize, DefinitionError> {
        self.tokens.get(self.at).map(|token| token.range.start).ok_or(DefinitionError::Another)
    }

    /// Passes a name with what it is in, and says where it ends.
    fn name(&mut self) -> Result<usize, DefinitionError> {
        loop {
            let token = self.tokens.get(self.at).ok_or(DefinitionError::Another)?;
            if !matches!(token.kind, Kind::Word | Kind::QuotedName) {
                return Err(DefinitionError::Another);
            }
            let end = token.range.end;
            self.at += 1;
            if self.tokens.get(self.at).is_none_or(|token| token.kind != Kind::Sign('.')) {
                return Ok(end);
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, created: &str) {
        let index = Definition::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(index.create("n", true), created);
    }

    #[test]
    fn whatever_is_before_the_table_is_ours() {
        let wanted = "CREATE INDEX CONCURRENTLY \"n\" ON t (a)";
        for text in [
            "CREATE INDEX ON t (a)",
            "create index concurrently on only t (a);",
            "CREATE INDEX IF NOT EXISTS x ON t (a)",
            "CREATE /* ; */ INDEX \"on\" ON t (a)",
            "CREATE INDEX other.x ON t (a)",
        ] {
            check(text, wanted);
        }
        check("CREATE UNIQUE INDEX x ON a.b(c)", "CREATE UNIQUE INDEX CONCURRENTLY \"n\" ON a.b (c)");
        check(
            "CREATE INDEX ON t USING gin (d jsonb_path_ops) WHERE x = 'a;b'",
            "CREATE INDEX CONCURRENTLY \"n\" ON t USING gin (d jsonb_path_ops) WHERE x = 'a;b'",
        );
    }

    #[test]
    fn what_takes_it_away_names_its_schema() {
        let rollback = |text: &str| Definition::parse(text).unwrap().rollback();
        let drop = |name: &str| Some(format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"));
        assert_eq!(rollback("CREATE INDEX \"A b\" ON \"s.x\".t (a)"), drop("\"s.x\".\"A b\""));
        assert_eq!(rollback("CREATE INDEX x ON t (a)"), drop("x"));
        assert_eq!(rollback("CREATE INDEX ON t (a)"), None);
    }

    #[test]
    fn all_else_is_refused() {
        for text in [
            "",
            "CREATE INDEX",
            "CREATE INDEX ON",
            "CREATE INDEX ON t",
            "CREATE TABLE t (a int)",
            "DROP TABLE t",
            "CREATE INDEX ON t (a); DROP TABLE t",
            "CREATE INDEX ON 'x' (a)",
        ] {
            assert_eq!(Definition::parse(text), Err(DefinitionError::Another), "{text}");
        }
        assert_eq!(Definition::parse("CREATE INDEX ON t (a) WHERE b = 'x"), Err(DefinitionError::Cut));
    }

    proptest! {
        #[test]
        fn nothing_is_read_into_two_statements(text in "(?s).{0,60}") {
            let whole = format!("CREATE INDEX ON t {text}");
            if let Ok(index) = Definition::parse(&whole) {
                let created = index.create("n", false);
                prop_assert_eq!(loadline_pg::ghost::statements(&created).len(), 1, "{}", created);
            }
        }
    }
}
