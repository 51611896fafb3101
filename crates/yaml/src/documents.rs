//! Several documents in one file.

/// The documents of a file with the lines that they begin in, after comments; those of nothing else are left out.
pub fn documents(text: &str) -> Vec<(usize, String)> {
    let mut documents = vec![(1, String::new())];
    for (index, line) in text.lines().enumerate() {
        if line == "---" || line.starts_with("--- ") || line == "..." {
            documents.push((index + 2, String::new()));
            continue;
        }
        let Some((begins, document)) = documents.last_mut() else { continue };
        let says = !line.trim().is_empty() && !line.trim_start().starts_with('#') && !line.starts_with('%');
        if document.is_empty() && !says {
            *begins = index + 2;
        } else {
            document.push_str(line);
            document.push('\n');
        }
    }
    documents.retain(|(_, document)| !document.is_empty());
    documents
}
