//! A document as it stands in a file, with the order of its fields.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// A part of a YAML document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Node {
    /// Nothing: `null`.
    #[default]
    Nothing,
    /// A number or a truth value, as it is written.
    Plain(String),
    /// A text.
    Text(String),
    /// Values in their order.
    List(Vec<Node>),
    /// Fields in their order.
    Map(Vec<Field>),
}

/// A field of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Why it is as it is: lines of a comment above it.
    pub why: String,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// A map of fields.
    pub fn map<const N: usize>(fields: [(&str, Node); N]) -> Self {
        let field = |(name, value): (&str, Node)| Field { why: String::new(), name: name.to_owned(), value };
        Self::Map(fields.into_iter().map(field).collect())
    }

    /// The value of a field; none where it is no map or has no such field.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let Self::Map(fields) = self else { return None };
        fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The field of a name, made where there is none; what was no map becomes one.
    fn field(&mut self, name: &str) -> &mut Field {
        if !matches!(self, Self::Map(_)) {
            *self = Self::Map(Vec::new());
        }
        let Self::Map(fields) = self else { unreachable!("it was just made a map") };
        let index = fields.iter().position(|field| field.name == name).unwrap_or(fields.len());
        if index == fields.len() {
            fields.push(Field { why: String::new(), name: name.to_owned(), value: Self::Nothing });
        }
        &mut fields[index]
    }

    /// The value at the end of a path of fields, made where there is none.
    pub fn at(&mut self, path: &[&str]) -> &mut Node {
        path.iter().fold(self, |node, name| &mut node.field(name).value)
    }

    /// Sets the value of a field.
    pub fn set(&mut self, name: &str, value: impl Into<Node>) {
        self.field(name).value = value.into();
    }

    /// Sets the value of a field, and says why.
    pub fn set_why(&mut self, name: &str, value: impl Into<Node>, why: &str) {
        let field = self.field(name);
        (field.value, field.why) = (value.into(), why.to_owned());
    }

    /// Takes a field away.
    pub fn take(&mut self, name: &str) {
        if let Self::Map(fields) = self {
            fields.retain(|field| field.name != name);
        }
    }

    /// The values of a list; none of anything else.
    pub fn items(&mut self) -> &mut [Node] {
        match self {
            Self::List(items) => items,
            _ => &mut [],
        }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Self {
        Self::Plain(number.to_string())
    }
}

impl From<i32> for Node {
    fn from(number: i32) -> Self {
        Self::Plain(number.to_string())
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Plain(value.to_string())
    }
}

impl From<Vec<Node>> for Node {
    fn from(items: Vec<Node>) -> Self {
        Self::List(items)
    }
}

impl From<u64> for Node {
    fn from(number: u64) -> Self {
        Self::Plain(number.to_string())
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a document")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = values.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = values.next_entry()? {
            fields.push(Field { why: String::new(), name, value });
        }
        Ok(Node::Map(fields))
    }
}
