//! What a fuzzer does with what a forge answers. `fuzz/` calls it with libFuzzer's inputs; the test below calls it with
//! the kept inputs and with mutations of them, so that it is never out of date.

use crate::{Answer, Comment, Commenting, End, Place, Step};

/// Takes these bytes as answers, one a line: a status, then `Link`, then the body. It ends, it asks nobody else, and it
/// says something.
///
/// # Panics
/// It does not.
pub(crate) fn answers(bytes: &[u8]) {
    let place = Place::named("github:shop/web#7", "https://api.github.test").ok();
    let comment = Comment::new("loadline", "text").ok();
    let Some((place, comment)) = place.zip(comment) else { return };
    let mut commenting = Commenting::new(place, comment);
    let mut lines = bytes.split(|byte| *byte == b'\n').cycle();
    let mut step = commenting.begin();
    let mut asked = 0;
    loop {
        step = match step {
            Step::End(End::Made { .. }) => return,
            Step::End(End::NotAllowed(why) | End::Failed(why)) => {
                assert!(!why.is_empty() && why.len() < 2_000, "{why}");
                return;
            }
            Step::Wait(_) => commenting.again(),
            Step::Ask(request) => {
                asked += 1;
                assert!(asked < 500, "it goes on for ever");
                assert!(request.url.starts_with("https://api.github.test/"), "{}", request.url);
                let line = lines.next().unwrap_or_default();
                let mut parts = line.splitn(3, |byte| *byte == b'\t');
                let text = |part: Option<&[u8]>| part.map(|part| String::from_utf8_lossy(part).into_owned());
                let status = text(parts.next()).and_then(|status| status.parse().ok()).unwrap_or(200);
                let link = text(parts.next());
                let body = parts.next().unwrap_or_default().to_vec();
                let answer = Answer {
                    status,
                    location: link.clone(),
                    retry_after: link.clone(),
                    link,
                    body,
                    ..Answer::default()
                };
                commenting.heard(Ok(&answer), 1_000)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FUZZ_INPUTS=1000000 cargo test --release -p loadline-forge fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let words = [
            "200\t",
            "201\t",
            "301\t",
            "403\t",
            "404\t",
            "429\t",
            "502\t",
            "\t",
            "\n",
            "[",
            "]",
            "{}",
            "null",
            "{\"id\":1,\"body\":\"<!-- loadline comment loadline -->\"}",
            "\"id\":-1",
            "\"body\":null",
            "<https://api.github.test/x>; rel=\"next\"",
            "<//evil.test>; rel=\"next\"",
            "<>; rel=next",
            "0",
            "日",
        ];
        loadline_fuzzed::try_all("forge", &words.map(str::as_bytes), 5_000, answers);
    }
}
