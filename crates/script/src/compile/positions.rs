//! From a position in a factory back to the author's text: a source map in the form it is used in.

use serde::{Deserialize, Serialize};

/// Pairs of positions, sorted by the generated one; all numbers count from 0, columns in UTF-16 units.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Positions {
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Token {
    line: u32,
    column: u32,
    source_line: u32,
    source_column: u32,
}

impl Positions {
    /// The map from tokens of `[line, column, source line, source column]`, for a text that stands `shift`
    /// lines further down than where it was printed.
    pub(crate) fn new(tokens: impl Iterator<Item = [u32; 4]>, shift: u32) -> Self {
        let tokens = tokens
            .map(|[line, column, source_line, source_column]| Token {
                line: line + shift,
                column,
                source_line,
                source_column,
            })
            .collect();
        Self { tokens }
    }

    /// The source line and column of a generated line and column: those of the last token that starts at or
    /// before it on its line, or of the line's first token.
    pub(crate) fn original(&self, line: u32, column: u32) -> Option<(u32, u32)> {
        let after = self.tokens.partition_point(|token| (token.line, token.column) <= (line, column));
        let token = after
            .checked_sub(1)
            .map(|at| &self.tokens[at])
            .filter(|token| token.line == line)
            .or_else(|| self.tokens.get(after).filter(|token| token.line == line))?;
        Some((token.source_line, token.source_column))
    }
}
