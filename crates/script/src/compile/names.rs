//! The names a factory uses for itself, chosen so that the module's own text cannot contain them.

/// Names of one factory.
pub(crate) struct Names {
    /// The VU's `globalThis`, under a name that the module cannot shadow.
    pub(crate) global: String,
    /// The module's side of the linker; `link` and a number is the exports of that module.
    pub(crate) link: String,
    /// The realm's global object, which functions without `this` get as theirs outside of strict mode.
    pub(crate) real: String,
    /// The variable of an anonymous default export.
    pub(crate) default: String,
}

impl Names {
    /// Names that do not occur in `source`.
    pub(crate) fn for_source(source: &str) -> Self {
        let mut mark = "$".to_owned();
        loop {
            let [global, link, real, default] =
                ["global", "link", "real", "default"].map(|word| format!("{mark}{word}"));
            if [&global, &link, &real, &default].iter().all(|name| !source.contains(name.as_str())) {
                return Self { global, link, real, default };
            }
            mark.push('$');
        }
    }
}
