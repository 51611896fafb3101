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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dimensions() -> Vec<Dimension> {
        let dimension = |name: &str, number, bytes, by_value, is_enumeration| Dimension {
            name: name.to_owned(),
            number,
            bytes,
            by_value,
            is_enumeration,
        };
        vec![dimension("public.mood", 900, 4, true, true), dimension("text", 25, -1, false, false)]
    }

    /// Two combinations of a label and a text, as `mcv.c` writes them.
    fn list() -> Vec<u8> {
        let mut list = Vec::new();
        for number in [COMMON, 1, 2] {
            list.extend_from_slice(&number.to_le_bytes());
        }
        list.extend_from_slice(&2_i16.to_le_bytes());
        for number in [16_386_u32, 25] {
            list.extend_from_slice(&number.to_le_bytes());
        }
        for info in [[2_u32, 8, 0, 4, 1], [1, 6, 8, u32::MAX, 0]] {
            list.extend(info.iter().flat_map(|number| number.to_le_bytes()));
        }
        for number in [71_u32, 72, 2] {
            list.extend_from_slice(&number.to_le_bytes());
        }
        list.extend_from_slice(b"hi");
        for place in [0_u16, 1] {
            list.extend_from_slice(&[0, 0]);
            list.extend_from_slice(&[7; 16]);
            list.extend_from_slice(&place.to_le_bytes());
            list.extend_from_slice(&0_u16.to_le_bytes());
        }
        list
    }

    fn label(_: &Dimension, number: u32) -> Option<u32> {
        (70..80).contains(&number).then_some(number + 1000)
    }

    #[test]
    fn types_and_labels_get_their_numbers_here() {
        let moved = combinations(&list(), &dimensions(), label).unwrap();
        let mut right = list();
        right[14..18].copy_from_slice(&900_u32.to_le_bytes());
        right[62..66].copy_from_slice(&1071_u32.to_le_bytes());
        right[66..70].copy_from_slice(&1072_u32.to_le_bytes());
        assert_eq!(moved, right);
        let geometry = [Dimension { name: "public.geometry".to_owned(), ..dimensions()[1].clone() }];
        let refused = combinations(&list(), &[dimensions().remove(0), geometry[0].clone()], label);
        assert_eq!(refused, Err(ExtendedError::Type("public.geometry".to_owned())));
        assert_eq!(combinations(&list(), &dimensions()[..1], label), Err(ExtendedError::Form));
    }

    #[test]
    fn columns_get_their_numbers_here() {
        let mut counts = Vec::new();
        for number in [DISTINCT, 1, 1] {
            counts.extend_from_slice(&number.to_le_bytes());
        }
        counts.extend_from_slice(&30.0_f64.to_le_bytes());
        counts.extend_from_slice(&2_u32.to_le_bytes());
        counts.extend_from_slice(&[3, 0, 0xff, 0xff]);
        let moved = distinct(&counts, |column| Some(column - 1)).unwrap();
        assert_eq!(moved[24..], [2, 0, 0xff, 0xff]);
        assert_eq!(distinct(&counts, |_| None), Err(ExtendedError::Column(3)));
        assert_eq!(dependencies(&counts, Some), Err(ExtendedError::Form));
    }

    proptest! {
        /// A server believes the lengths and places in these bytes, so whatever is taken has to be right.
        #[test]
        fn what_is_taken_fits(at in 0..list().len(), to in any::<u8>()) {
            let mut changed = list();
            changed[at] = to;
            if let Ok(moved) = combinations(&changed, &dimensions(), label) {
                prop_assert_eq!(moved.len(), changed.len());
                prop_assert_eq!(combinations(&moved, &dimensions(), |_, number| Some(number)), Ok(moved));
            }
        }

        #[test]
        fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), form in 0..3) {
            let mut all = [DISTINCT, DEPENDENCIES, COMMON][form as usize].to_le_bytes().to_vec();
            all.extend_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
            all.extend(bytes);
            let _ = (distinct(&all, Some), dependencies(&all, Some), combinations(&all, &dimensions(), label));
        }
    }
}
