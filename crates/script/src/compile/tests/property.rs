//! Whatever the text is, the compiler answers with a bundle or with errors.

use proptest::prelude::*;

use super::{Memory, Settings, builtins, compile};

/// Pieces that make texts which get past the parser now and then.
const PIECES: &[&str] = &[
    "import ",
    "export ",
    "default ",
    "* ",
    "as ",
    "from ",
    "'k6' ",
    "'./b' ",
    "'./main' ",
    "{ ",
    "} ",
    "( ",
    ") ",
    "[ ",
    "] ",
    "a ",
    "b ",
    "async ",
    "await ",
    "function ",
    "class ",
    "const ",
    "let ",
    "= ",
    "=> ",
    "; ",
    ", ",
    "...",
    "`",
    "${",
    "1 ",
    "'x' ",
    "import(",
    "import.meta ",
    "require('./b') ",
    "typeof ",
    "enum ",
    "interface ",
    "namespace ",
    ": ",
    "<",
    ">",
    "type ",
    "declare ",
    "\n",
    "\u{1F600}",
    "\"",
    "/",
    "\\",
    "#",
    "@a ",
    "with ",
    "this ",
    "globalThis",
    ".x ",
    "with { type: 'json' } ",
    "module.exports ",
    "using ",
    "static ",
    "yield ",
    "new ",
    "?. ",
    "?? ",
    "\u{0}",
    "__proto__ ",
    "for (a of b) ",
    "++ ",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn never_panics(main in text(), other in text(), extension in prop::sample::select(&["ts", "js", "cjs", "tsx", "mjs"][..])) {
        let files = Memory::new()
            .with(format!("/work/main.{extension}"), main)
            .with("/work/b.ts", other);
        let entry = format!("main.{extension}");
        if let Err(error) = compile(entry.as_ref(), &Settings::new(files, "/work", builtins())) {
            prop_assert!(!error.problems.is_empty());
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
