//! A run as a page, opened in a browser that nobody here wrote.

use std::path::Path;
use std::process::Command;

use crate::support::{Folder, nginx};

const SCRIPT: &str = r"
import http from 'k6/http';
import { check, group } from 'k6';
export const options = {
  vus: 2, iterations: 60,
  thresholds: { http_req_duration: ['p(95)<60000'], http_req_failed: ['rate<0.1'] },
};
const markup = `</script><script>document.title = 'taken over'</script><img src=x onerror=document.title='taken'>`;
const wide = 'شارع-'.repeat(40) + '\u202eback' + 'x'.repeat(300) + '\u001b[2J';
export default function () {
  group(markup, () => {
    const found = http.get(`${__ENV.BASE_URL}/`, { tags: { name: 'home' } });
    check(found, { [markup]: (answer) => answer.status === 200 });
    http.get(`${__ENV.BASE_URL}/missing`, { tags: { name: 'missing' } });
    check(http.get(`${__ENV.BASE_URL}/`, { tags: { name: wide } }), { [wide]: (answer) => answer.status === 404 });
  });
}
";

/// What a browser makes of a page, as markup, once its program has run.
fn opened(page: &Path, view: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let browser = Command::new("chromium")
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"])
        .args(["--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}{view}", page.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&browser.stdout).into_owned()
}

/// The text of a page without its data and its program.
fn shown(markup: &str) -> &str {
    let from = markup.find("<main").unwrap_or_else(|| panic!("nothing was drawn: {markup}"));
    &markup[from..markup.find("</main>").unwrap()]
}

#[test]
fn a_run_is_a_page_that_a_browser_draws_without_a_network() {
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", SCRIPT)]));
    let base = format!("BASE_URL={}", nginx.url);
    folder.run(["run", "-e", &base, "--out", "run=it.run", "script.js"]).expect(99);
    let written = folder.run(["report", "it.run", "-o", "it.html"]).expect(0);
    assert!(written.out.contains("1 of 2 requirements is not met"), "{}", written.out);
    let markup = opened(&folder.path("it.html"), "");
    let page = shown(&markup);
    assert!(page.contains("1 of 2 requirements is not met"), "{page}");
    assert!(page.matches("<canvas").count() >= 6, "{page}");
    for words in ["http_req_failed rate", "not met", "missing", "404", "60 of 180"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // What the script named is text, and did nothing.
    assert!(markup.contains("<title>script.js – Loadline</title>"), "{}", &markup[..600]);
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;") && !page.contains("<img"), "{page}");
    // A link shows what one saw.
    let markup = opened(&folder.path("it.html"), "#by=name&row=missing&theme=dark");
    assert!(markup.contains("data-theme=\"dark\""), "{}", &markup[..600]);
    assert!(shown(&markup).contains("missing p95") && shown(&markup).contains("home"), "{}", shown(&markup));
    // It may be written again, and nothing else is overwritten by it.
    folder.run(["report", "it.run", "-o", "it.html"]).expect(0);
    let refused = folder.run(["report", "it.run", "-o", "script.js"]).expect(4);
    assert!(refused.err.contains("script.js") && refused.err.contains("something else"), "{}", refused.err);
    assert_eq!(folder.read("script.js"), SCRIPT);
}

#[test]
fn a_run_that_is_not_whole_says_so_on_its_page() {
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", SCRIPT)]));
    let base = format!("BASE_URL={}", nginx.url);
    folder.run(["run", "-e", &base, "--out", "run=it.run", "script.js"]).expect(99);
    let whole = std::fs::read(folder.path("it.run")).unwrap();
    std::fs::write(folder.path("cut.run"), &whole[..whole.len() - 40]).unwrap();
    let written = folder.run(["report", "cut.run", "-o", "cut.html"]).expect(0);
    assert!(written.err.contains("is not a whole run"), "{}", written.err);
    let markup = opened(&folder.path("cut.html"), "");
    let page = shown(&markup);
    assert!(page.contains("the run has no ending") || page.contains("the run was cut"), "{page}");
    // What a later version wrote is not half understood.
    let mut newer = whole;
    newer[8] = 200;
    std::fs::write(folder.path("newer.run"), &newer).unwrap();
    let refused = folder.run(["report", "newer.run", "-o", "newer.html"]).expect(3);
    assert!(refused.err.contains("version") && !folder.path("newer.html").exists(), "{}", refused.err);
    // No run, no page; no place, no page.
    folder.run(["report", "nowhere.run", "-o", "no.html"]).expect(3);
    folder.run(["report", "script.js", "-o", "no.html"]).expect(3);
    folder.run(["report", "it.run"]).expect(2);
    assert!(!folder.path("no.html").exists());
    folder.run(["report", "it.run", "-o", "script.js/no.html"]).expect(4);
}

/// A folder with two runs of a script, and the server that answered them.
fn two_runs() -> Folder {
    let (nginx, folder) = (nginx(), Folder::with(&[("script.js", SCRIPT)]));
    let base = format!("BASE_URL={}", nginx.url);
    for out in ["run=base.run", "run=head.run"] {
        folder.run(["run", "-e", &base, "--out", out, "script.js"]).expect(99);
    }
    folder
}

#[test]
fn a_run_is_a_picture_for_a_pull_request() {
    let folder = two_runs();
    let written = folder.run(["report", "base.run", "--svg", "it.svg", "-o", "it.html"]).expect(0);
    assert!(
        written.out.contains("it.svg written") && written.out.contains("it.html written"),
        "{}",
        written.out
    );
    let picture = folder.read("it.svg");
    assert!(picture.len() < 30_000 && picture.contains("1 of 2 requirements is not met"), "{picture}");
    for forbidden in ["<script", "<image", "href", "url("] {
        assert!(!picture.contains(forbidden), "{forbidden}: {picture}");
    }
    folder.run(["report", "base.run", "--svg", "it.svg"]).expect(0);
    let refused = folder.run(["report", "base.run", "--svg", "script.js"]).expect(4);
    assert!(refused.err.contains("something else"), "{}", refused.err);
    folder.run(["report", "base.run", "head.run", "--svg", "it.svg"]).expect(2);
}

#[test]
fn two_runs_are_a_page_that_says_what_compare_says() {
    let folder = two_runs();
    let said = folder.run(["compare", "base.run", "head.run", "--html", "compare.html"]).expect(0);
    assert!(said.out.contains("how the distribution has shifted"), "{}", said.out);
    let written = folder.run(["report", "base.run", "head.run", "-o", "pair.html"]).expect(0);
    for file in ["compare.html", "pair.html"] {
        let markup = opened(&folder.path(file), "");
        let page = shown(&markup);
        for words in
            ["How the distribution has shifted", "all requests", "p90", "base: all of it", "advice only"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(page.matches("<canvas").count() >= 6, "{page}");
    }
    assert!(written.out.contains("nothing is known to be worse"), "{}", written.out);
    // Each run is there as its own page would show it.
    let markup = opened(&folder.path("pair.html"), "#show=head");
    assert!(shown(&markup).contains("1 of 2 requirements is not met"), "{}", shown(&markup));
    // Runs of different things are not compared in silence.
    folder.run(["report", "base.run", "script.js", "-o", "no.html"]).expect(3);
    assert!(!folder.path("no.html").exists());
}

#[test]
fn a_history_is_a_page_and_pages_can_be_read_by_everybody() {
    let folder = two_runs();
    folder.run(["report", "history", "-o", "history.html"]).expect(0);
    let markup = opened(&folder.path("history.html"), "");
    let page = shown(&markup);
    // On a busy machine one of the two may be left out, as one whose generator was saturated.
    for words in ["Too few runs to tell", "5 figures over", "all requests", "no change point", "script.js"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    folder.run(["report", "-2", "latest", "-o", "pair.html"]).expect(0);
    folder.run(["report", "latest", "-o", "run.html"]).expect(0);
    // What is there of one that is still written.
    let whole = std::fs::read(folder.path("head.run")).unwrap();
    std::fs::write(folder.path("part.run"), &whole[..whole.len() / 2]).unwrap();
    folder.run(["report", "part.run", "-o", "part.html"]);
    let pages = ["run.html", "pair.html", "history.html", "part.html"].map(|file| folder.path(file));
    let checked = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/check-access"))
        .args(pages)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{words}");
    // Without a history there is nothing to draw.
    let nothing = Folder::with(&[]).run(["report", "history", "-o", "history.html"]);
    assert!(nothing.code != Some(0) && nothing.err.contains("histor"), "{}", nothing.err);
}
