//! Extended statistics in PostgreSQL's own form: checked to the last byte, and moved to another cluster.
//!
//! A server reads these bytes without asking whether they make sense, so whatever comes from a portrait is taken apart
//! here first. Columns get the numbers they have in the ghost, types and labels of enumerations their numbers there;
//! values of types whose bytes may point anywhere are not taken at all.
//!
//! Forms: `mvdistinct.c`, `dependencies.c` and `mcv.c` of PostgreSQL 13 and later, on little-endian machines.

const DISTINCT: u32 = 0xA352_BFA4;
const DEPENDENCIES: u32 = 0xB454_9A2C;
const COMMON: u32 = 0xE1A6_51C2;
/// Columns and expressions of one object (`STATS_MAX_DIMENSIONS`).
const MOST_DIMENSIONS: usize = 8;
/// Types whose bytes are safe whatever they are, or are checked by PostgreSQL when they are used.
const PLAIN: [&str; 20] = [
    "boolean",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "oid",
    "text",
    "character varying",
    "character",
    "\"char\"",
    "name",
    "date",
    "time without time zone",
    "timestamp without time zone",
    "timestamp with time zone",
    "interval",
    "numeric",
    "uuid",
    "bytea",
];

/// Why statistics cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtendedError {
    /// The bytes have another form.
    #[error("its form is not known")]
    Form,
    /// A column of it is not there.
    #[error("there is no column {0} for it")]
    Column(i16),
    /// The values' type is none whose bytes can be taken.
    #[error("values of the type `{0}` are not carried in combinations")]
    Type(String),
    /// A label of an enumeration is not there.
    #[error("a label of `{0}` is not there")]
    Label(String),
}

/// A type of a dimension, as the ghost has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// `typlen`.
    pub bytes: i16,
    /// `typbyval`.
    pub by_value: bool,
    /// Whether it is an enumeration.
    pub is_enumeration: bool,
}

/// Counts of different combinations, with the ghost's numbers of columns.
///
/// # Errors
/// See [`ExtendedError`].
pub fn distinct(bytes: &[u8], column: impl Fn(i16) -> Option<i16>) -> Result<Vec<u8>, ExtendedError> {
    let mut from = Reader { bytes, at: 0 };
    let mut to = Vec::with_capacity(bytes.len());
    for _ in 0..from.begin(DISTINCT, &mut to)? {
        to.extend_from_slice(from.take(8)?);
        let count = from.long()?;
        to.extend_from_slice(&count.to_le_bytes());
        from.columns(count as usize, &column, &mut to)?;
    }
    from.end()?;
    Ok(to)
}

/// Functional dependencies, with the ghost's numbers of columns.
///
/// # Errors
/// See [`ExtendedError`].
pub fn dependencies(bytes: &[u8], column: impl Fn(i16) -> Option<i16>) -> Result<Vec<u8>, ExtendedError> {
    let mut from = Reader { bytes, at: 0 };
    let mut to = Vec::with_capacity(bytes.len());
    for _ in 0..from.begin(DEPENDENCIES, &mut to)? {
        to.extend_from_slice(from.take(8)?);
        let count = from.short()?;
        to.extend_from_slice(&count.to_le_bytes());
        from.columns(usize::try_from(count).unwrap_or(0), &column, &mut to)?;
    }
    from.end()?;
    Ok(to)
}

/// Most common combinations, with the ghost's numbers of types and labels.
///
/// # Errors
/// See [`ExtendedError`].
pub fn combinations(
    bytes: &[u8],
    dimensions: &[Dimension],
    label: impl Fn(&Dimension, u32) -> Option<u32>,
) -> Result<Vec<u8>, ExtendedError> {
    let mut from = Reader { bytes, at: 0 };
    let mut to = Vec::with_capacity(bytes.len());
    let items = from.begin(COMMON, &mut to)? as usize;
    let count = from.short()?;
    if usize::try_from(count) != Ok(dimensions.len()) || dimensions.len() > MOST_DIMENSIONS {
        return Err(ExtendedError::Form);
    }
    to.extend_from_slice(&count.to_le_bytes());
    for dimension in dimensions {
        if !dimension.is_enumeration && !PLAIN.contains(&dimension.name.as_str()) {
            return Err(ExtendedError::Type(dimension.name.clone()));
        }
        from.take(4)?;
        to.extend_from_slice(&dimension.number.to_le_bytes());
    }
    let mut sizes = Vec::new();
    for dimension in dimensions {
        let (values, bytes, _, width) = (from.long()?, from.long()?, from.long()?, from.long()? as i32);
        let by_value = from.take(4)?[0];
        let is_same = width == i32::from(dimension.bytes) && by_value == u8::from(dimension.by_value);
        if !is_same || values > u32::from(u16::MAX) {
            return Err(ExtendedError::Form);
        }
        sizes.push((values as usize, bytes));
    }
    let mut moved = Vec::new();
    for (dimension, (values, bytes)) in dimensions.iter().zip(&sizes) {
        let mut values_from = Reader { bytes: from.take(*bytes as usize)?, at: 0 };
        // What the server will need for copies of them: it takes the word of whoever wrote the bytes.
        let mut aligned = 0;
        for _ in 0..*values {
            aligned += values_from.value(dimension, &label, &mut moved)?;
        }
        values_from.end()?;
        for number in [*values as u32, *bytes, aligned as u32, i32::from(dimension.bytes) as u32] {
            to.extend_from_slice(&number.to_le_bytes());
        }
        to.extend_from_slice(&[u8::from(dimension.by_value), 0, 0, 0]);
    }
    to.append(&mut moved);
    for _ in 0..items {
        let nulls = from.take(dimensions.len())?;
        if nulls.iter().any(|null| *null > 1) {
            return Err(ExtendedError::Form);
        }
        to.extend_from_slice(nulls);
        to.extend_from_slice(from.take(16)?);
        for ((values, _), null) in sizes.iter().zip(nulls) {
            let place = from.short()?;
            if *null == 0 && usize::from(place as u16) >= *values {
                return Err(ExtendedError::Form);
            }
            to.extend_from_slice(&place.to_le_bytes());
        }
    }
    from.end()?;
    Ok(to)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ExtendedError> {
        let end = self.at.checked_add(count).ok_or(ExtendedError::Form)?;
        let taken = self.bytes.get(self.at..end).ok_or(ExtendedError::Form)?;
        self.at = end;
        Ok(taken)
    }

    fn long(&mut self) -> Result<u32, ExtendedError> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    fn short(&mut self) -> Result<i16, ExtendedError> {
        let mut bytes = [0; 2];
        bytes.copy_from_slice(self.take(2)?);
        Ok(i16::from_le_bytes(bytes))
    }

    /// The beginning that all forms have; gives the number of items.
    fn begin(&mut self, magic: u32, to: &mut Vec<u8>) -> Result<u32, ExtendedError> {
        let begin = [self.long()?, self.long()?, self.long()?];
        // No item is smaller than eight bytes.
        if begin[0] != magic || begin[1] != 1 || begin[2] == 0 || begin[2] as usize > self.bytes.len() / 8 {
            return Err(ExtendedError::Form);
        }
        for number in begin {
            to.extend_from_slice(&number.to_le_bytes());
        }
        Ok(begin[2])
    }

    fn end(&self) -> Result<(), ExtendedError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(ExtendedError::Form) }
    }

    fn columns(
        &mut self,
        count: usize,
        column: impl Fn(i16) -> Option<i16>,
        to: &mut Vec<u8>,
    ) -> Result<(), ExtendedError> {
        if !(2..=MOST_DIMENSIONS).contains(&count) {
            return Err(ExtendedError::Form);
        }
        for _ in 0..count {
            let number = self.short()?;
            // Expressions are numbered from -1 on, in every cluster the same.
            let here = if number < 0 { Some(number) } else { column(number) };
            to.extend_from_slice(&here.ok_or(ExtendedError::Column(number))?.to_le_bytes());
        }
        Ok(())
    }

    /// Copies a value; gives the bytes that a server needs for it beside the list.
    fn value(
        &mut self,
        dimension: &Dimension,
        label: impl Fn(&Dimension, u32) -> Option<u32>,
        to: &mut Vec<u8>,
    ) -> Result<usize, ExtendedError> {
        if dimension.is_enumeration {
            let number = self.long()?;
            let here =
                label(dimension, number).ok_or_else(|| ExtendedError::Label(dimension.name.clone()))?;
            to.extend_from_slice(&here.to_le_bytes());
            return Ok(0);
        }
        if let Ok(width) = usize::try_from(dimension.bytes) {
            to.extend_from_slice(self.take(width)?);
            return Ok(if dimension.by_value { 0 } else { width.next_multiple_of(8) });
        }
        if dimension.bytes != -1 {
            return Err(ExtendedError::Form);
        }
        let length = self.long()?;
        to.extend_from_slice(&length.to_le_bytes());
        to.extend_from_slice(self.take(length as usize)?);
        Ok((4 + length as usize).next_multiple_of(8))
    }
}
