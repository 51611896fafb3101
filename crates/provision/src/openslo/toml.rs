//! What was read as a part of a project file.

use std::fmt::Write as _;

use super::read::Imported;

/// `[endpoints]` and `[[budget]]` of a `loadline.toml`. A route that is not known has to be filled in: it stands in a
/// comment, so that the file says so when it is read without.
pub fn project_text(all: &[Imported]) -> String {
    let mut text = "[endpoints]\n".to_owned();
    let mut endpoints: Vec<&Imported> = Vec::new();
    for one in all.iter().filter(|one| one.budget.is_ok()) {
        if endpoints.iter().all(|known| known.endpoint != one.endpoint) {
            endpoints.push(one);
        }
    }
    for one in &endpoints {
        let name = quoted(&one.endpoint);
        let _ = match &one.route {
            Some(route) => writeln!(text, "{name} = {}", quoted(route)),
            None => writeln!(text, "# {name} = \"GET /path\"   # which route is it?"),
        };
    }
    for endpoint in &endpoints {
        let _ = write!(text, "\n[[budget]]\nendpoint = {}\n", quoted(&endpoint.endpoint));
        let of_it = all.iter().filter(|one| one.endpoint == endpoint.endpoint);
        let mut said: Vec<&str> = Vec::new();
        for (quantity, limit) in of_it.filter_map(|one| one.budget.as_ref().ok()) {
            if said.contains(&quantity.as_str()) {
                let _ = write!(text, "\n[[budget]]\nendpoint = {}\n", quoted(&endpoint.endpoint));
                said.clear();
            }
            said.push(quantity);
            let is_bare =
                !quantity.is_empty() && quantity.chars().all(|letter| letter.is_ascii_alphanumeric());
            let key = if is_bare { quantity.clone() } else { quoted(quantity) };
            let _ = writeln!(text, "{key} = {}", quoted(limit));
        }
    }
    text
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", letter as u32);
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_that_is_not_known_is_asked_for() {
        let one = |endpoint: &str, route: Option<&str>, quantity: &str, limit: &str| Imported {
            name: endpoint.to_owned(),
            endpoint: endpoint.to_owned(),
            route: route.map(str::to_owned),
            budget: Ok((quantity.to_owned(), limit.to_owned())),
        };
        let all = [
            one("a\"b", Some("GET /a"), "p95", "500ms"),
            one("a\"b", Some("GET /a"), "p99.9", "1s"),
            one("c", None, "errors", "1%"),
            one("c", None, "errors", "2%"),
        ];
        assert_eq!(
            project_text(&all),
            "[endpoints]\n\"a\\\"b\" = \"GET /a\"\n# \"c\" = \"GET /path\"   # which route is it?\n\n[[budget]]\nendpoint = \
             \"a\\\"b\"\np95 = \"500ms\"\n\"p99.9\" = \"1s\"\n\n[[budget]]\nendpoint = \"c\"\nerrors = \"1%\"\n\n[[budget]]\nendpoint = \
             \"c\"\nerrors = \"2%\"\n"
        );
    }
}
