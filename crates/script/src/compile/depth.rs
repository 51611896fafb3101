//! Text that is nested too deep: the parser, every walk over its tree and QuickJS recurse as deep as a text nests
//! brackets, has operators in front of each other, or joins what it calculates with in one expression. Such text is
//! refused before, because a stack that overflows ends the process.

/// So deep may brackets be nested.
pub(super) const MAX_NESTING: usize = 2_000;
/// So many operators may stand in front of each other.
pub(super) const MAX_CHAIN: usize = 5_000;
/// So many may join an expression: the stack bears more, and no expression that somebody wrote has as many.
pub(super) const MAX_JOINED: usize = 30_000;

/// What is wrong with the depth of a text and where, if something is.
pub(super) fn too_deep(source: &str) -> Option<(usize, String)> {
    let nested = nested(source).map(|at| (at, format!("brackets are nested more than {MAX_NESTING} deep")));
    let chained = || {
        chained(source)
            .map(|at| (at, format!("more than {MAX_CHAIN} operators stand in front of each other")))
    };
    let joined =
        || joined(source).map(|at| (at, format!("more than {MAX_JOINED} operators join one expression")));
    nested.or_else(chained).or_else(joined)
}

/// Where brackets are nested too deep, if they are; a rough count that also sees those in strings.
fn nested(source: &str) -> Option<usize> {
    let mut depth = 0usize;
    source.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_NESTING
    })
}

/// Where operators stand in front of each other, `!!!x` or `typeof void x`, more often than a parser's stack bears, if
/// they do; as rough as the count of brackets.
fn chained(source: &str) -> Option<usize> {
    const WORDS: [&str; 6] = ["typeof", "void", "delete", "await", "new", "yield"];
    let bytes = source.as_bytes();
    let (mut chain, mut at) = (0usize, 0);
    while at < bytes.len() {
        let start = at;
        at += 1;
        match bytes[start] {
            b'!' | b'~' | b'+' | b'-' => chain += 1,
            byte if byte.is_ascii_whitespace() => {}
            byte if is_word(byte) => {
                at += bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
                let is_operator = WORDS.iter().any(|word| word.as_bytes() == &bytes[start..at]);
                chain = if is_operator { chain + 1 } else { 0 };
            }
            _ => chain = 0,
        }
        if chain > MAX_CHAIN {
            return Some(start);
        }
    }
    None
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Where an expression has too many parts, `1+1+1` or `a.b.c` or `a?b:c?d:e`, if one has. Strings, templates, comments
/// and regular expressions are no code, because what is encoded in them looks like operators.
fn joined(source: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let (mut count, mut at) = (0usize, 0);
    // The last byte that meant something, whether a line has ended since, and the braces that are open within each
    // template.
    let (mut before, mut line_ended, mut templates) = (b';', false, Vec::<usize>::new());
    while at < bytes.len() {
        let (start, byte) = (at, bytes[at]);
        at += 1;
        match (byte, bytes.get(at)) {
            (b'\n', _) => line_ended = true,
            (byte, _) if byte.is_ascii_whitespace() => {}
            (b'/', Some(b'/')) => at = end(bytes, at, |rest| rest[0] == b'\n'),
            (b'/', Some(b'*')) => at = end(bytes, at + 1, |rest| rest.starts_with(b"*/")) + 2,
            _ => {
                // No operator at the end of a line and none at the next one's begin: it is another expression.
                let operand = is_word(byte) || matches!(byte, b'"' | b'\'' | b'`');
                if std::mem::take(&mut line_ended) && operand && ends_operand(before) {
                    count = 0;
                }
                match byte {
                    b'"' | b'\'' => at = end(bytes, at, |rest| rest[0] == byte || rest[0] == b'\n') + 1,
                    b'`' => at = template(bytes, at, &mut templates),
                    b'}' if templates.last() == Some(&0) => {
                        templates.pop();
                        at = template(bytes, at, &mut templates);
                    }
                    b'/' if !ends_operand(before) => at = regular_expression(bytes, at),
                    b';' | b',' | b'{' | b'}' => {
                        count = 0;
                        match (byte, templates.last_mut()) {
                            (b'{', Some(open)) => *open += 1,
                            (b'}', Some(open)) => *open -= 1,
                            _ => {}
                        }
                    }
                    b'(' | b'[' | b'.' | b'?' | b':' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|'
                    | b'^' | b'<' | b'>' | b'=' | b'!' => count += 1,
                    _ => {}
                }
                before = byte;
            }
        }
        if count > MAX_JOINED {
            return Some(start);
        }
    }
    None
}

/// Whether what ends so can be calculated with: a slash behind it divides.
fn ends_operand(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b')' | b']' | b'"' | b'\'' | b'`')
}

/// Where something ends from here on, or the text does. What is behind a backslash ends nothing.
fn end(bytes: &[u8], from: usize, is_end: impl Fn(&[u8]) -> bool) -> usize {
    let mut at = from;
    while at < bytes.len() && !is_end(&bytes[at..]) {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Where the text of a template ends, or code within it begins.
fn template(bytes: &[u8], from: usize, templates: &mut Vec<usize>) -> usize {
    let at = end(bytes, from, |rest| rest[0] == b'`' || rest.starts_with(b"${"));
    if bytes.get(at) == Some(&b'$') {
        templates.push(0);
        at + 2
    } else {
        at + 1
    }
}

/// Where a regular expression ends: at a slash outside of a class of characters, at the latest with the line.
fn regular_expression(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        at = end(bytes, at, |rest| matches!(rest[0], b'/' | b'[' | b'\n'));
        if bytes.get(at) != Some(&b'[') {
            return at + 1;
        }
        at = end(bytes, at, |rest| matches!(rest[0], b']' | b'\n'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_writes_is_refused() {
        let often = |text: &str| text.repeat(MAX_JOINED + 1);
        for (text, expected) in [
            ("(".repeat(MAX_NESTING + 1), "brackets are nested"),
            ("!".repeat(MAX_CHAIN + 1), "in front of each other"),
            ("typeof ".repeat(MAX_CHAIN + 1), "in front of each other"),
            (format!("x = {}1", often("1+")), "join one expression"),
            (format!("x = {}1", often("a?b:")), "join one expression"),
            (format!("x = {}1", often("a=>")), "join one expression"),
            (format!("x = {}1", often("'a' &&\n")), "join one expression"),
            (format!("x = {}1", often("`${1}`+")), "join one expression"),
            (format!("x = a{}", often(".b")), "join one expression"),
            (format!("x = a{}", often("\n()")), "join one expression"),
            (format!("let x: {}1", often("A<")), "join one expression"),
        ] {
            let (_, message) = too_deep(&text).expect(&text[..40]);
            assert!(message.contains(expected), "{message}: {}", &text[..40]);
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        let often = |text: &str| text.repeat(2 * MAX_JOINED);
        for text in [
            often("x.y = z()\n"),
            often("x.y = z(); "),
            often("[1+2, 'a'+b],"),
            format!("x = '{}'", often("+/=")),
            format!("x = `{}${{a + `{}`}}`", often("+/="), often("a.b")),
            format!("x = /{}/.test(y)", often("a+")),
            format!("x = /[/{}]/; x = '\\'{}'", often("a+"), often("a+")),
            format!("// don't {}\n/* isn't {} */", often("a.b "), often("a.b ")),
            format!("x = a / b; y = \"{}\" / 2", often("/+")),
            "if (a) {} else ".repeat(2 * MAX_JOINED),
        ] {
            assert_eq!(too_deep(&text), None, "{}", &text[..30]);
        }
    }
}
