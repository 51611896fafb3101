//! Prose with a mark before it.

use loadline_report::{Line, Role, wrap};

/// Lines of a width, the first with the mark.
pub(super) fn marked(mark: &str, role: Role, text: &str, width: usize) -> Vec<Line> {
    let wrapped = wrap(text, width.saturating_sub(2).max(20));
    wrapped
        .iter()
        .enumerate()
        .map(|(number, line)| {
            let before = if number == 0 { Line::new().with(role, mark) } else { Line::indented(1) };
            before.with(Role::Text, &format!(" {line}"))
        })
        .collect()
}
