//! Formulas over triggers, as KEDA's scaling modifiers have them: `trig_one > 2 ? trig_one + trig_two : 1`.
//!
//! They are of a language of their own (expr-lang/expr). Read here is what has a meaning for numbers: its operators
//! with their ranks, `a ? b : c`, `a ?? b`, functions of numbers and of lists, and `{# > 1}` over a list. Anything else
//! is refused by name, never guessed. A formula is of numbers with a point, as KEDA makes each of a trigger's value.

use std::collections::BTreeMap;

use super::evaluate::{Value, evaluate};
use super::formula_error::FormulaError;
use super::tokens::{Token, tokens};
use super::tree::Tree;

/// A formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// As it was written.
    pub text: String,
    tree: Tree,
}

/// Operators with two sides and their ranks; of those of one rank the left one comes first, but for powers.
const BINARY: [(&str, u32); 16] = [
    ("||", 10),
    ("&&", 15),
    ("==", 20),
    ("!=", 20),
    ("<", 20),
    (">", 20),
    ("<=", 20),
    (">=", 20),
    ("+", 30),
    ("-", 30),
    ("*", 60),
    ("/", 60),
    ("%", 60),
    ("**", 100),
    ("^", 100),
    ("??", 500),
];
const NOT: u32 = 50;
const SIGN: u32 = 90;
/// How deep a formula may be, and of how many pieces: who evaluates one goes down as deep.
const DEEPEST: usize = 100;
const LONGEST: usize = 1000;

impl Formula {
    /// Reads a formula over triggers of these names.
    ///
    /// # Errors
    /// Where it does not read, names a trigger that is not there, or comes to no number whatever they say.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, FormulaError> {
        let tokens = tokens(text)?;
        if tokens.len() > LONGEST {
            return Err(FormulaError::Value("it has more than 1000 pieces"));
        }
        let mut parser = Parser { tokens: &tokens, at: 0, names, depth: 0 };
        let tree = parser.whole()?;
        parser.end()?;
        let formula = Self { text: text.to_owned(), tree };
        // As KEDA does before it takes one: with a number for each.
        let tried = names.iter().map(|name| ((*name).to_owned(), Some(-1.0))).collect();
        formula.value(&tried)?;
        Ok(formula)
    }

    /// What it comes to with what the triggers say; a trigger without a value is nil, and so may be what comes out.
    ///
    /// # Errors
    /// Where an operator gets what it has no meaning for.
    pub fn value(&self, triggers: &BTreeMap<String, Option<f64>>) -> Result<Option<f64>, FormulaError> {
        match evaluate(&self.tree, triggers, None)? {
            Value::Number(number) => Ok(Some(number)),
            Value::Nil => Ok(None),
            Value::Truth(_) | Value::List(_) => Err(FormulaError::Value("it comes to no number")),
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    names: &'a [&'a str],
    depth: usize,
}

impl Parser<'_> {
    fn mark(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Mark(mark)) => Some(*mark),
            _ => None,
        }
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let is_there = self.mark() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, wanted: &'static str) -> Result<(), FormulaError> {
        if self.takes(wanted) { Ok(()) } else { Err(self.unexpected(wanted)) }
    }

    fn unexpected(&self, wanted: &'static str) -> FormulaError {
        let found = self.tokens.get(self.at).map(|token| match token {
            Token::Number(number) => number.to_string(),
            Token::Name(name) => name.clone(),
            Token::Mark(mark) => (*mark).to_owned(),
        });
        FormulaError::Expected { wanted, found }
    }

    fn end(&self) -> Result<(), FormulaError> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.unexpected("an operator")) }
    }

    fn whole(&mut self) -> Result<Tree, FormulaError> {
        self.deeper()?;
        let mut tree = self.binary(0)?;
        if self.takes("?") {
            let then = self.whole()?;
            self.expect(":")?;
            let otherwise = self.whole()?;
            tree = Tree::Choice(Box::new(tree), Box::new(then), Box::new(otherwise));
        }
        self.depth -= 1;
        Ok(tree)
    }

    fn deeper(&mut self) -> Result<(), FormulaError> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(FormulaError::Value("it is nested too deeply")) } else { Ok(()) }
    }

    fn binary(&mut self, least: u32) -> Result<Tree, FormulaError> {
        self.deeper()?;
        let mut left = self.unary()?;
        while let Some((mark, rank)) =
            self.mark().and_then(|mark| BINARY.iter().find(|(known, _)| *known == mark)).copied()
            && rank >= least
        {
            self.at += 1;
            let is_power = rank == 100;
            let right = self.binary(if is_power { rank } else { rank + 1 })?;
            left = Tree::Binary(mark, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Tree, FormulaError> {
        let (mark, rank) = match self.mark() {
            Some(mark @ "!") => (mark, NOT),
            Some(mark @ ("-" | "+")) => (mark, SIGN),
            _ => return self.primary(),
        };
        self.at += 1;
        let of = self.binary(rank)?;
        Ok(Tree::Unary(mark, Box::new(of)))
    }

    fn primary(&mut self) -> Result<Tree, FormulaError> {
        let token = self.tokens.get(self.at).cloned();
        match token {
            Some(Token::Number(number)) => {
                self.at += 1;
                Ok(Tree::Number(number))
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                self.name(name)
            }
            Some(Token::Mark("(")) => {
                self.at += 1;
                let tree = self.whole()?;
                self.expect(")")?;
                Ok(tree)
            }
            Some(Token::Mark("[")) => {
                self.at += 1;
                self.list("]").map(Tree::List)
            }
            Some(Token::Mark("#")) => {
                self.at += 1;
                Ok(Tree::Each)
            }
            Some(Token::Mark("{")) => {
                self.at += 1;
                let tree = self.whole()?;
                self.expect("}")?;
                Ok(tree)
            }
            _ => Err(self.unexpected("a number, a trigger or a function")),
        }
    }

    fn name(&mut self, name: String) -> Result<Tree, FormulaError> {
        if self.takes("(") {
            let arguments = self.list(")")?;
            return Ok(Tree::Call(name, arguments));
        }
        Ok(match name.as_str() {
            "true" => Tree::Truth(true),
            "false" => Tree::Truth(false),
            "nil" => Tree::Nil,
            _ if self.names.contains(&name.as_str()) => Tree::Trigger(name),
            _ => {
                let known = self.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                return Err(FormulaError::Unknown { name, known });
            }
        })
    }

    /// Values up to a mark.
    fn list(&mut self, end: &'static str) -> Result<Vec<Tree>, FormulaError> {
        let mut values = Vec::new();
        while !self.takes(end) {
            if !values.is_empty() {
                self.expect(",")?;
                if self.takes(end) {
                    break;
                }
            }
            values.push(self.whole()?);
        }
        Ok(values)
    }
}
