//! What a parameter of a statement can be for.

/// What a column or an expression is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The table, by its place in the catalogue: the topmost one of partitions.
    pub table: usize,
    /// The column or the expression, as it would stand in an index.
    pub key: String,
    /// The operator, with the key on its left: `=`, `<`, `~~`, `@>`; that of a function is `&&`.
    pub operator: String,
    /// Whether the parameter is a list of values of which one has to be met.
    pub is_list: bool,
    /// Which one of how many parameters of one list it is, from 0: they are different values.
    pub nth: (usize, usize),
    /// Whether a column, and no expression, is compared with the parameter itself, and with nothing made of it: then
    /// its values are those of the column.
    pub is_direct: bool,
}

impl Compared {
    /// Whether one value has to be met, so that it matters how many rows have that one.
    pub fn is_equality(&self) -> bool {
        self.operator == "=" && !self.is_list
    }

    /// Whether another one bounds the same key on the other side.
    pub fn is_other_end(&self, other: &Self) -> bool {
        let side = |of: &Self| of.operator.chars().next().filter(|sign| "<>".contains(*sign));
        (self.table, &self.key) == (other.table, &other.key)
            && side(self).is_some()
            && side(other).is_some()
            && side(self) != side(other)
    }
}

/// What a parameter is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Something of a table is compared with it, or with what is made of it.
    Compared(Compared),
    /// It becomes the value of a column.
    Written {
        /// The table, by its place in the catalogue.
        table: usize,
        /// The column.
        column: String,
        /// Whether the row is a new one.
        is_new: bool,
    },
    /// So many rows are asked for.
    Limit,
    /// So many rows are passed over.
    Offset,
    /// Something else.
    #[default]
    Other,
}

impl Role {
    /// What is compared with it.
    pub fn compared(&self) -> Option<&Compared> {
        if let Self::Compared(compared) = self { Some(compared) } else { None }
    }
}
