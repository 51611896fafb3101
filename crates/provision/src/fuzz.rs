//! What a fuzzer does with other tools' objectives. `fuzz/` calls it with libFuzzer's inputs; the test below
//! calls it with the kept inputs and with mutations of them, so that it is never out of date.

use loadline_verdict::escape;
use toml::de::{DeTable, DeValue};

use crate::openslo::{imported, project_text};

/// Reads these bytes as objectives: what is made of them is a part of a project file that reads, with as many limits
/// as there are budgets.
///
/// # Panics
/// It is not, it commands a terminal, or nothing is said of what is wrong.
pub(crate) fn openslo(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let all = match imported(text) {
        Ok(all) => all,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert!(!all.is_empty());
    let made = project_text(&all);
    assert!(made.lines().all(|line| escape(line) == line), "{made:?}");
    let read = match DeTable::parse(&made) {
        Ok(read) => read,
        Err(error) => panic!("{error}: {made}"),
    };
    let budgets = read.get_ref().iter().filter(|(key, _)| key.get_ref() == "budget");
    let budgets = budgets.filter_map(|(_, all)| match all.get_ref() {
        DeValue::Array(all) => Some(all.iter()),
        _ => None,
    });
    let limits: usize = budgets
        .flatten()
        .filter_map(|budget| match budget.get_ref() {
            // One field says which endpoint it is on.
            DeValue::Table(fields) => Some(fields.len() - 1),
            _ => None,
        })
        .sum();
    assert_eq!(limits, all.iter().filter(|one| one.budget.is_ok()).count(), "{made}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-provision fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
            "---\n",
            "kind: SLO\n",
            "apiVersion: openslo/v1\n",
            "metadata: { name: a, annotations: { loadline.dev/budget: 'p95<=1s', loadline.dev/endpoint: b } }\n",
            "loadline.dev/budget: '<=1s'",
            "loadline.dev/budget: endpoint<1",
            "objectives: [{ target: 0.95 }]\n",
            "query: 'a_ms_bucket{le=\"500\"}'\n",
            "budgetingMethod: Occurrences\n",
            "&a [*a]",
            "<<: *a",
            "!!binary",
            "\"\\u0000\"",
            "|\n",
            "  ",
            "\n",
            "\u{2028}",
            "\u{1b}[2J",
        ];
        loadline_fuzzed::try_all("openslo", &words.map(str::as_bytes), 5_000, openslo);
    }
}
