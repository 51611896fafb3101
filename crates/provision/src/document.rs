//! How documents begin, and how numbers stand in them.

use loadline_yaml::{Node, text};

/// A YAML document that says where it is from.
pub(crate) fn document(what: &str, node: &Node) -> String {
    let top = [
        what.to_owned(),
        "Made by `loadline dashboards` from loadline.toml: change that, and make it again.".to_owned(),
    ];
    text(&top, node)
}

/// A number without what floating point adds: 1 - 0.95 is 0.05.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.12}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" && value != 0.0 { value.to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_people_write_them() {
        let numbers = [1.0 - 0.95, 1.0 - 99.9 / 100.0, 14.4, 500.0, 0.0, 1e-15].map(number);
        assert_eq!(numbers, ["0.05", "0.001", "14.4", "500", "0", "0.000000000000001"]);
    }
}
