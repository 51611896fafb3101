//! A request's fields as Stripe's libraries send them: `items[0][price]`, `metadata[account]`, and lists with or without numbers.

use serde_json::{Map, Value};

/// Fields in the order in which they came, from the query and from the body.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn parse(query: &[u8], body: &[u8]) -> Form {
        let fields = form_urlencoded::parse(query).chain(form_urlencoded::parse(body));
        Form(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The last value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The values of a list: `NAME[]`, `NAME[0]` and so on.
    pub(super) fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |(known, value)| {
            let index = known.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            index.bytes().all(|byte| byte.is_ascii_digit()).then_some(value.as_str())
        })
    }

    /// The first field that is none of these, by its first word.
    pub(super) fn unknown(&self, known: &[&str]) -> Option<&str> {
        let names = self.0.iter().map(|(name, _)| name.split('[').next().unwrap_or_default());
        names.into_iter().find(|name| !known.contains(name))
    }

    /// Puts what is said of `metadata` into it; an empty value takes a key out.
    pub(super) fn update_metadata(&self, metadata: &mut Map<String, Value>) {
        for (name, value) in &self.0 {
            let Some(key) = name.strip_prefix("metadata[").and_then(|name| name.strip_suffix(']')) else {
                continue;
            };
            if value.is_empty() {
                metadata.remove(key);
            } else {
                metadata.insert(key.to_owned(), Value::from(value.as_str()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_with_and_without_numbers() {
        let form = Form::parse(b"expand[]=a&expand%5B0%5D=b&expand[x]=c&limit=1&limit=2", b"metadata[k]=v");
        assert_eq!(form.list("expand").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((form.get("limit"), form.get("none")), (Some("2"), None));
        assert_eq!(form.unknown(&["expand", "limit"]), Some("metadata"));
        let mut metadata = Map::new();
        form.update_metadata(&mut metadata);
        assert_eq!(metadata["k"], "v");
        Form::parse(b"metadata[k]=", b"").update_metadata(&mut metadata);
        assert!(metadata.is_empty());
    }
}
