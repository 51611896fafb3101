//! Whether a document is of a schema as definitions of Kubernetes' own kinds have it (`OpenAPI` 3, structural): what it
//! requires is there, everything is of its kind, and nothing is there that it does not know.
//!
//! A keyword that is not known here ends the test, so that none is passed over.

use serde_json::{Map, Value};

/// Keywords that say nothing that is held against a document here: words, how whole numbers are kept, what is filled
/// in, how lists are merged, and conditions in a language of their own.
const SILENT: [&str; 9] = [
    "description",
    "format",
    "default",
    "anyOf",
    "pattern",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
];
const KNOWN: [&str; 10] = [
    "type",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "enum",
    "minimum",
    "minItems",
    "minLength",
    "x-kubernetes-int-or-string",
];

/// What a schema has against a value.
pub(crate) fn errors(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = schema.as_object().unwrap();
    for keyword in schema.keys() {
        let known = SILENT.iter().chain(&KNOWN).any(|known| known == keyword);
        assert!(known, "the keyword `{keyword}` at {at} is not known");
    }
    let mut errors = Vec::new();
    let mut wrong = |words: String| errors.push(format!("{at}: {words}"));
    if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        if !(value.is_i64() || value.is_string()) {
            wrong(format!("{value} is neither a whole number nor a text"));
        }
        return errors;
    }
    let kind = schema["type"].as_str().unwrap();
    let fits = match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        other => panic!("the type `{other}` at {at} is not known"),
    };
    if !fits {
        wrong(format!("{value} is no {kind}"));
        return errors;
    }
    if let Some(among) = schema.get("enum").and_then(Value::as_array)
        && !among.contains(value)
    {
        wrong(format!("{value} is none of {among:?}"));
    }
    let least = |keyword: &str| schema.get(keyword).and_then(Value::as_i64).unwrap_or(i64::MIN);
    let size = value.as_array().map(Vec::len).or(value.as_str().map(str::len)).unwrap_or_default() as i64;
    if value.as_i64().is_some_and(|number| number < least("minimum"))
        || (kind == "array" && size < least("minItems"))
        || (kind == "string" && size < least("minLength"))
    {
        wrong(format!("{value} is too small"));
    }
    if let Value::Array(items) = value {
        let of_items = |item| self::errors(&schema["items"], item, at);
        errors.extend(items.iter().flat_map(of_items));
    } else if let Value::Object(fields) = value {
        errors.extend(of_fields(schema, fields, at));
    }
    errors
}

fn of_fields(schema: &Map<String, Value>, fields: &Map<String, Value>, at: &str) -> Vec<String> {
    let mut errors: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|name| !fields.contains_key(name.as_str().unwrap()))
        .map(|name| format!("{at}: {name} is missing"))
        .collect();
    let properties = schema.get("properties");
    let others = schema.get("additionalProperties");
    for (name, value) in fields {
        let at = format!("{at}.{name}");
        match (properties.and_then(|properties| properties.get(name)), others) {
            (Some(known), _) | (None, Some(known)) => errors.extend(self::errors(known, value, &at)),
            // What every object has, such as its metadata, is no part of its own definition.
            (None, None) if properties.is_none() => {}
            (None, None) => errors.push(format!("{at} is not known")),
        }
    }
    errors
}
