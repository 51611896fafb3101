//! Whoever knows what plans cost: it explains statements, with indexes that exist only for it.

use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::index::Index;
use crate::verify::Definition;
use loadline_pg::size::Size;

/// An index that an oracle has made, by its number there.
pub type Number = u32;

/// Why an oracle does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OracleError {
    /// It refuses this one question; others can be asked.
    #[error("{0}")]
    Refused(String),
    /// It is gone.
    #[error("the empty copy of the database went away: {0}")]
    Gone(String),
}

/// Explains statements and makes indexes that are there for the planner alone.
pub trait Oracle {
    /// Tables, columns, indexes and operators.
    ///
    /// # Errors
    /// See [`OracleError`].
    fn catalogue(&mut self) -> Result<Catalogue, OracleError>;

    /// The topmost node of `EXPLAIN (VERBOSE, FORMAT JSON)`; `$1` stands for any value.
    ///
    /// # Errors
    /// See [`OracleError`].
    fn plan(&mut self, statement: &str) -> Result<Value, OracleError>;

    /// The types of expressions over a table, as PostgreSQL writes them.
    ///
    /// # Errors
    /// See [`OracleError`].
    fn types(&mut self, table: &str, expressions: &[String]) -> Result<Vec<String>, OracleError>;

    /// Makes an index of this size; on a partitioned table, each partition has its share of it. Nobody sees it yet.
    ///
    /// # Errors
    /// See [`OracleError`].
    fn make(&mut self, index: &Index, size: Size) -> Result<Number, OracleError>;

    /// Lets the planner see these of the indexes that were made, and no others of them.
    ///
    /// # Errors
    /// See [`OracleError`].
    fn show(&mut self, wanted: &[Number]) -> Result<(), OracleError>;

    /// The index that was made whose name, or a part's, is this.
    fn whose(&self, name: &str) -> Option<Number>;

    /// Whether an answer is still wanted: whoever works out much without a question asks it now and then.
    ///
    /// # Errors
    /// See [`OracleError`].
    fn go_on(&self) -> Result<(), OracleError> {
        Ok(())
    }
}

/// An oracle that makes none of some indexes: those of which it is known that they do not pay.
#[derive(Debug)]
pub struct Without<O> {
    /// Who is asked.
    pub oracle: O,
    /// What is not made.
    pub indexes: Vec<Definition>,
}

impl<O: Oracle> Oracle for Without<O> {
    fn catalogue(&mut self) -> Result<Catalogue, OracleError> {
        self.oracle.catalogue()
    }

    fn plan(&mut self, statement: &str) -> Result<Value, OracleError> {
        self.oracle.plan(statement)
    }

    fn types(&mut self, table: &str, expressions: &[String]) -> Result<Vec<String>, OracleError> {
        self.oracle.types(table, expressions)
    }

    fn make(&mut self, index: &Index, size: Size) -> Result<Number, OracleError> {
        let wanted = Definition::parse(&index.create(false));
        if wanted.is_ok_and(|wanted| self.indexes.iter().any(|other| other.is_same(&wanted))) {
            return Err(OracleError::Refused("it was built and measured, and withdrawn".to_owned()));
        }
        self.oracle.make(index, size)
    }

    fn show(&mut self, wanted: &[Number]) -> Result<(), OracleError> {
        self.oracle.show(wanted)
    }

    fn whose(&self, name: &str) -> Option<Number> {
        self.oracle.whose(name)
    }

    fn go_on(&self) -> Result<(), OracleError> {
        self.oracle.go_on()
    }
}
