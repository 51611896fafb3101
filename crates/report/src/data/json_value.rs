//! Numbers in JSON as JavaScript writes them: a count of 4 is `4`, not `4.0`.

use serde_json::Value;

/// The largest integer that a double holds exactly, as JavaScript's `Number.MAX_SAFE_INTEGER`.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A number as JSON: whole numbers without `.0`, and `null` for what JSON has no number for.
pub(crate) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() <= LARGEST_INTEGER {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        assert_eq!(number(1.0).to_string(), "1");
        assert_eq!(number(-0.0).to_string(), "0");
        assert_eq!(number(3.957_97).to_string(), "3.95797");
        assert_eq!(number(f64::NAN).to_string(), "null");
        assert_eq!(number(f64::INFINITY).to_string(), "null");
    }
}
