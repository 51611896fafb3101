//! The page as one file: markup, styles, program and data, and nothing that is fetched from anywhere.

use serde::Serialize;

use crate::compared::ComparedDocument;
use crate::document::Document;
use crate::trends::TrendsDocument;

const PROGRAM: &str = include_str!("../bundle/page.js");
const STYLE: &str = include_str!("../bundle/page.css");

/// A document in the page, as one file that opens without a server and without a network.
///
/// What scripts and servers named is data here, never markup: `<` is written as an escape, so that nothing in it can
/// end the element that carries it, and the page makes text of it. Its content security policy lets nothing be loaded
/// or sent.
///
/// # Errors
/// When the document cannot be written as JSON, which a document made of a run always can.
pub fn html(document: &Document) -> Result<String, serde_json::Error> {
    page("run", &document.name, document)
}

/// A comparison in the page, in the same way.
///
/// # Errors
/// As [`html`].
pub fn compared_html(document: &ComparedDocument) -> Result<String, serde_json::Error> {
    page("compare", &document.sides.join(" – "), document)
}

/// What a history knows in the page, in the same way.
///
/// # Errors
/// As [`html`].
pub fn trends_html(document: &TrendsDocument) -> Result<String, serde_json::Error> {
    page("history", &document.name, document)
}

/// The page with a document of a kind: `run`, `compare` or `history`.
fn page(kind: &str, title: &str, document: &impl Serialize) -> Result<String, serde_json::Error> {
    let data = escaped(&serde_json::to_string(document)?);
    let title = markup(title);
    // Inline program and style are the page's own; nothing else may run, and nothing may be fetched.
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"generator\" content=\"loadline\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; \
         style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} – Loadline</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <div id=\"page\"><noscript>This page needs JavaScript to draw its charts.</noscript></div>\n\
         <script type=\"application/json\" id=\"run\" data-kind=\"{kind}\">{data}</script>\n\
         <script>{PROGRAM}</script>\n</body>\n</html>\n"
    ))
}

/// JSON that cannot end the element around it.
fn escaped(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The page's program, for a server that has it beside its pages.
pub fn program() -> &'static str {
    PROGRAM
}

/// Its style.
pub fn style() -> &'static str {
    STYLE
}

/// The page that follows a run which goes on: what happens in it comes as events from this path, and program and style
/// from `/page.js` and `/page.css`.
pub fn live_page(title: &str, events: &str, is_steered: bool) -> String {
    let (title, events) = (markup(title), markup(events));
    let title = if title.is_empty() { "A run".to_owned() } else { title };
    let steered = if is_steered { " data-steered" } else { "" };
    format!(
        "{}<div id=\"page\" data-events=\"{events}\"{steered}><noscript>This page needs JavaScript to draw its charts.</noscript>\
         </div>\n<script src=\"/page.js\"></script>\n</body>\n</html>\n",
        served_head(&title)
    )
}

/// A document in a page that a server brings along with program and style; `kind` says what it is a document of.
pub fn served(kind: &str, title: &str, json: &str) -> String {
    let (title, data) = (markup(title), escaped(json));
    let title = if title.is_empty() { "A run".to_owned() } else { title };
    format!(
        "{}<div id=\"page\"><noscript>This page needs JavaScript to draw its charts.</noscript></div>\n\
         <script type=\"application/json\" id=\"run\" data-kind=\"{kind}\">{data}</script>\n\
         <script src=\"/page.js\"></script>\n</body>\n</html>\n",
        served_head(&title)
    )
}

/// The page of a server that says why there is nothing at its address, with the way back to its first one.
pub fn served_nothing(why: &str) -> String {
    let json = serde_json::json!({ "version": crate::VERSION, "why": why }).to_string();
    served("nothing", "Nothing here", &json)
}

fn served_head(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"generator\" content=\"loadline\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{title} – Loadline</title>\n<link rel=\"stylesheet\" href=\"/page.css\">\n</head>\n<body>\n"
    )
}
