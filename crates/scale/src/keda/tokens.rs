//! A formula in pieces.

use super::formula_error::FormulaError;

/// The smallest piece of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    Mark(&'static str),
}

/// Marks, the longer ones first.
const MARKS: [&str; 27] = [
    "**", "&&", "||", "==", "!=", "<=", ">=", "??", "?", ":", "<", ">", "!", "+", "-", "*", "/", "%", "^",
    "(", ")", "[", "]", "{", "}", ",", "#",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FormulaError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = |fits: &dyn Fn(char) -> bool| rest.find(|letter: char| !fits(letter)).unwrap_or(rest.len());
        let length = if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest);
            let number = rest[..length].replace('_', "");
            let number = number.parse().map_err(|_| FormulaError::Piece(rest[..length].to_owned()))?;
            tokens.push(Token::Number(number));
            length
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = end(&|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
            tokens.push(match &rest[..length] {
                "and" => Token::Mark("&&"),
                "or" => Token::Mark("||"),
                "not" => Token::Mark("!"),
                name => Token::Name(name.to_owned()),
            });
            length
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            let mark = mark.ok_or_else(|| FormulaError::Piece(first.to_string()))?;
            tokens.push(Token::Mark(mark));
            mark.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// How long a number is that a text begins with: `10`, `1_000`, `.5`, `1e-3`.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let of_exponent =
            matches!(byte, b'+' | b'-') && matches!(bytes[length.saturating_sub(1)], b'e' | b'E');
        if !(byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'e' | b'E') || of_exponent) {
            break;
        }
        length += 1;
    }
    length
}
