//! `[edge]`: the caches in front of the system, as far as a run has to know of them.

use http::HeaderName;
use loadline_edge::rules::Rules;
use loadline_tables::{Table, Wrong};
use loadline_verdict::Problem;

/// `[edge]`: the caches in front of the system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EdgeSection {
    /// The file of cache rules, from the folder of the project file on.
    pub rules_file: Option<String>,
    /// What stands in it. Reading a project file opens no other: whoever found the one reads the other.
    pub rules: Rules,
    /// The header of answers that says where they come from.
    pub region: Option<HeaderName>,
}

pub(crate) fn read(table: &Table<'_>, wrong: &mut Wrong) -> EdgeSection {
    table.only(&["rules", "region"], wrong);
    let rules_file = table.text("rules", wrong).map(|file| file.text);
    let region = table.text("region", wrong).and_then(|name| {
        let read = name.text.parse().ok();
        if read.is_none() {
            wrong.add(|| Problem {
                hint: Some(
                    "name the header of answers that says where they come from: `region = \"cf-ray\"`"
                        .to_owned(),
                ),
                ..table
                    .source
                    .problem(name.span.clone(), "the `region` of [edge] is not the name of a header")
            });
        }
        read
    });
    EdgeSection { rules_file, rules: Rules::default(), region }
}

#[cfg(test)]
mod tests {
    use crate::project::Project;

    #[test]
    fn it_names_rules_and_a_header() {
        let project =
            Project::parse("loadline.toml", "[edge]\nrules = \"edge.toml\"\nregion = \"CF-Ray\"\n").unwrap();
        assert_eq!(project.edge.rules_file.as_deref(), Some("edge.toml"));
        assert_eq!(project.edge.region.unwrap(), "cf-ray");
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, words) in [
            ("region = \"two words\"", "loadline.toml:2"),
            ("region = \"two words\"", "not the name of a header"),
            ("rule = \"edge.toml\"", "did you mean `rules`?"),
        ] {
            let problems = Project::parse("loadline.toml", &format!("[edge]\n{text}\n")).unwrap_err();
            assert!(problems.to_string().contains(words), "{problems}");
        }
    }
}
