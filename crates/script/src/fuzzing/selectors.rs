//! Any bytes as a selector of `Response.json` and a body: what comes of them is a value, nothing, or an error that is
//! meant, within a moment and without much memory.

use std::time::Duration;

use rquickjs::{Coerced, Context, Function, Runtime, Value};
use tokio::time::Instant;

const SCRIPT: &str = include_str!("../modules/http/selector.js");

/// Longer inputs are cut: time grows with the product of body and selector.
const LONGEST: usize = 8 << 10;

const MEMORY_BYTES: usize = 64 << 20;
const LIMIT: Duration = Duration::from_secs(10);

/// Takes the first line for a selector and the rest for a body.
///
/// # Panics
/// When an error is thrown that nobody has thought of, or it takes too long.
pub fn select(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]);
    let (selector, body) = text.split_once('\n').unwrap_or((&text, "{}"));
    let runtime = Runtime::new().expect("there is memory for a runtime");
    runtime.set_memory_limit(MEMORY_BYTES);
    let until = Instant::now() + LIMIT;
    runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() >= until)));
    let context = Context::full(&runtime).expect("there is memory for a context");
    context.with(|ctx| {
        let Ok(body) = ctx.json_parse(body) else {
            drop(ctx.catch());
            return;
        };
        let select: Function<'_> = ctx.eval(SCRIPT).expect("the script is ours");
        let json = select
            .call::<_, Value<'_>>((body, selector))
            .and_then(|value| ctx.json_stringify(value).map(drop));
        if json.is_err() {
            let said = thrown(&ctx.catch());
            assert!(is_meant(&said), "`{selector}` throws {said}");
        }
    });
}

fn thrown(error: &Value<'_>) -> String {
    error.get::<Coerced<String>>().map_or_else(|_| "something without a text".to_owned(), |text| text.0)
}

/// Whether an error says what is wrong with the selector, or that it or its body is too deep or too large.
fn is_meant(said: &str) -> bool {
    said.starts_with("SyntaxError: `")
        || said.contains("stack size exceeded")
        || said.contains("stack overflow")
        || said.contains("out of memory")
        || said == "null"
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::select;

    fn seeds() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/selectors");
        let mut seeds: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        seeds.sort();
        seeds.iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    fn inputs() -> u32 {
        std::env::var("FUZZ_INPUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(300)
    }

    #[test]
    fn the_seeds() {
        let seeds = seeds();
        assert!(seeds.len() > 30);
        for seed in &seeds {
            select(seed);
        }
    }

    /// What selectors are made of.
    const PIECES: &str = "#()[]{}.|@*?\\\"=!<>%~:,0a";

    proptest! {
        #![proptest_config(ProptestConfig { cases: inputs(), ..ProptestConfig::default() })]

        /// `FUZZ_INPUTS=100000 cargo test -p loadline-script selectors` tries more of them.
        #[test]
        fn mutations_of_the_seeds(
            seed in prop::sample::select(seeds()),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, 0..PIECES.len()), 1..6),
        ) {
            let mut bytes = seed;
            for (at, what, piece) in changes {
                let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
                let at = at.index(line + 1);
                match what {
                    0 => bytes.insert(at, PIECES.as_bytes()[piece]),
                    1 if at < line => drop(bytes.remove(at)),
                    2 if at < line => bytes[at] = PIECES.as_bytes()[piece],
                    _ => {
                        let copy = bytes[at..line].to_vec();
                        bytes.splice(at..at, copy);
                    }
                }
            }
            select(&bytes);
        }
    }
}
