//! Files as `JMeter` 2.13 and oha wrote them, and what else they may look like.

use loadline_import::{Format, ImportError, Imported, import};
use loadline_verdict::{Endpoints, figures};
use proptest::prelude::*;

use super::{sink, take};

const CSV: &str = include_str!("../fixtures/jmeter-2.13.csv.jtl");
const BARE: &str = include_str!("../fixtures/jmeter-2.13.bare.jtl");
const XML: &str = include_str!("../fixtures/jmeter-2.13.xml.jtl");
/// 400 requests of four connections, all answered.
const OHA: &str = include_str!("../fixtures/oha-1.16.json");
/// 20 requests to a port where nobody listens.
const OHA_REFUSED: &str = include_str!("../fixtures/oha-1.16.refused.json");
/// The layout before `firstByteHistogram`.
const OHA_OLD: &str = r#"{"summary":{"successRate":1.0,"total":2.0,"slowest":0.02,"fastest":0.001,"average":0.005,"requestsPerSec":500.0,"totalData":12000,"sizePerRequest":12,"sizePerSec":6000.0},"responseTimeHistogram":{"0.001":10},"latencyPercentiles":{"p10":0.002,"p25":0.003,"p50":0.004,"p75":0.006,"p90":0.008,"p95":0.01,"p99":0.015},"rps":{"mean":500.0,"stddev":1.0,"max":600.0,"min":400.0,"percentiles":{}},"details":{},"statusCodeDistribution":{"200":900,"500":90},"errorDistribution":{"connection closed":10,"aborted due to deadline":50}}"#;

fn read(format: Format, text: &str) -> Imported {
    import(format, text.as_bytes(), "results").unwrap()
}

fn said(format: Format, text: &str) -> String {
    import(format, text.as_bytes(), "x").unwrap_err().to_string()
}

#[test]
fn what_jmeter_writes_is_the_same_run_in_each_form() {
    for text in [CSV, BARE, XML] {
        let Imported { run, notes, figures: own } = take(text);
        assert!(own.is_empty());
        // Two threads make six visits of three requests each; a visit is no request.
        assert_eq!(sink(&run, "http_reqs", &[]).count(), 36);
        assert_eq!(sink(&run, "group_duration", &[("group", "::visit")]).count(), 12);
        assert_eq!(sink(&run, "http_reqs", &[("name", "pay \"now\""), ("status", "503")]).count(), 12);
        let refused = [("name", "refused"), ("status", "0")];
        assert_eq!(sink(&run, "http_req_failed", &refused).as_rate().unwrap().passes, 12);
        assert_eq!(sink(&run, "response_time", &[]).count(), 24, "what was refused was not answered");
        assert_eq!(sink(&run, "http_reqs", &[("scenario", "users")]).count(), 36);
        assert!(sink(&run, "data_received", &[]).as_counter().unwrap().sum > 3_000.0);
        assert!(notes.iter().any(|note| note.contains("whole milliseconds")), "{notes:?}");
        assert!(notes.iter().any(|note| note.contains("no URLs")), "{notes:?}");
        let errors = figures(&run, &Endpoints::default()).into_iter().find(|one| one.quantity == "errors");
        assert!((errors.unwrap().value - 2.0 / 3.0).abs() < 1e-12);
    }
    let word = |text| take(text).run.meta.fingerprint();
    assert!(!word(CSV).is_empty(), "it can be in a baseline");
    assert_eq!(word(CSV), word(BARE));
    assert_eq!(word(CSV), word(XML));
}

#[test]
fn columns_come_in_any_order() {
    let text = "success;label;elapsed;URL;timeStamp;extra\ntrue;a;12;http://shop.test/a;2026/11/28 10:00:00.250;x\nfalse;b;7;null;2026/11/28 10:00:01.250;\n";
    let Imported { run, notes, .. } = take(text);
    assert_eq!(sink(&run, "http_reqs", &[("url", "http://shop.test/a")]).count(), 1);
    assert_eq!(sink(&run, "http_req_failed", &[]).as_rate().unwrap().passes, 1);
    assert_eq!(run.meta.started_unix_ms, 1_795_860_000_250);
    assert!(notes.iter().any(|note| note.contains("taken for UTC")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("how many bytes")), "{notes:?}");
}

#[test]
fn texts_of_several_lines_are_one_field() {
    let text = "timeStamp,elapsed,label,failureMessage,success\n1795903086422,5,\"a,\nb\",\"said \"\"no\"\"\",false\n1795903086423,6,c,,true\n";
    let run = take(text).run;
    assert_eq!(sink(&run, "http_reqs", &[("name", "a,\nb")]).count(), 1);
    assert_eq!(sink(&run, "http_reqs", &[]).count(), 2);
}

#[test]
fn parts_of_a_request_are_none_of_their_own() {
    let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<testResults version="1.2">
<httpSample t="20" ts="1795903086422" s="true" lb="page" rc="200" rm="OK" tn="u 1-1"><httpSample t="9" ts="1795903086423" s="true" lb="page-0" rc="302" rm="Found" tn="u 1-1"/>
  <responseData class="java.lang.String">a &lt; b > c</responseData></httpSample>
<sample t="20" ts="1795903086422" s="true" lb="visit" rc="" rm="Number of samples in transaction : 1, number of failing samples : 0" tn="u 1-1"><httpSample t="8" ts="1795903086422" s="true" lb="inner" rc="200" rm="OK" tn="u 1-1"/></sample>
</testResults>"#;
    let Imported { run, notes, .. } = take(text);
    assert_eq!(sink(&run, "http_reqs", &[]).count(), 2);
    assert_eq!(sink(&run, "http_reqs", &[("name", "inner")]).count(), 1);
    assert!(!notes.iter().any(|note| note.contains("no end")), "{notes:?}");
    let cut = &text[..text.len() - 40];
    assert!(take(cut).notes.iter().any(|note| note.contains("no end")));
}

#[test]
fn what_jmeter_would_not_write_has_its_line() {
    for (from, to, expected) in [
        (
            "260,\"GET, home\"",
            "-260,\"GET, home\"",
            "line 2 of `x` is not as JMeter writes it: it took -260 ms",
        ),
        ("1795903086437", "yesterday", "line 3 of `x` is not as JMeter writes it: `yesterday` is not a time"),
        (",users 1-2,,true", ",users 1-2,,maybe", "`maybe` is not a truth"),
        ("127,2,2,260", "127,2,260", "it has 11 fields where there are 12 columns"),
        ("timeStamp,", "when,", "line 1 of `x`"),
    ] {
        let text = CSV.replacen(from, to, 1);
        assert_ne!(text, CSV, "{from}");
        let said = said(Format::JtlCsv, &text);
        assert!(said.contains(expected), "{said}");
    }
    let cut = &CSV[..CSV.len() - 20];
    assert!(take(cut).notes.iter().any(|note| note.contains("was cut off")));
    let broken = XML.replacen(" t=\"", " t='", 1);
    assert!(said(Format::JtlXml, &broken).contains("the attributes of a `httpSample` do not read"));
    for format in [Format::JtlCsv, Format::JtlXml, Format::Oha] {
        assert!(import(format, &b""[..], "x").is_err());
        let endless = import(format, std::io::repeat(b'"'), "x").unwrap_err().to_string();
        assert!(endless.contains("goes on beyond") || endless.contains("does not end within"), "{endless}");
    }
    assert!(matches!(import(Format::JtlXml, &b"<testResults>"[..], "x"), Err(ImportError::Empty { .. })));
}

#[test]
fn what_oha_writes_has_its_own_figures() {
    let value = |imported: &Imported, quantity: &str| {
        imported.figures.iter().find(|one| one.quantity == quantity).map(|one| (one.value, one.values))
    };
    let answered = take(OHA);
    // As `oha` prints them: seconds there, milliseconds here.
    for (quantity, expected) in [("p50", 1.741_117), ("p95", 6.556_884), ("p99", 8.369_616)] {
        let (found, values) = value(&answered, quantity).unwrap();
        assert!((found - expected).abs() < 1e-9 && values == 400, "{quantity} {found} {values}");
    }
    assert!((value(&answered, "rate").unwrap().0 - 1_602.491_040_272).abs() < 1e-6);
    assert_eq!(value(&answered, "errors"), Some((0.0, 400)));
    let refused = take(OHA_REFUSED);
    assert_eq!(value(&refused, "errors"), Some((1.0, 20)));
    assert_eq!(value(&refused, "p95"), None, "{:?}", refused.figures);
}

#[test]
fn both_layouts_of_oha_give_figures() {
    let Imported { run, figures, notes } = take(OHA_OLD);
    let known: Vec<(&str, f64)> = figures.iter().map(|figure| (figure.quantity, figure.value)).collect();
    assert_eq!(known, [("p50", 4.0), ("p95", 10.0), ("p99", 15.0), ("rate", 495.0), ("errors", 0.1)]);
    assert!(figures.iter().all(|figure| figure.values == 1_000));
    assert_eq!(run.duration.as_secs(), 2);
    for part in ["no times and no distribution", "older oha", "50 requests were under way", "what was asked"]
    {
        assert!(notes.iter().any(|note| note.contains(part)), "{part}: {notes:?}");
    }
    let new = OHA_OLD.replace("\"rps\"", "\"firstByteHistogram\":{},\"firstBytePercentiles\":{},\"rps\"");
    assert!(!take(&new).notes.iter().any(|note| note.contains("older oha")));
    let word = |name: &str| import(Format::Oha, OHA_OLD.as_bytes(), name).unwrap().run.meta.fingerprint();
    assert_eq!(word("shop-1.json"), word("shop-27.json"));
    assert_ne!(word("shop-1.json"), word("login-1.json"));
    let negative = OHA_OLD.replace("0.004", "-0.004");
    assert!(said(Format::Oha, &negative).contains("it has a p50 of -4"));
    // Without an answer percentiles are null.
    let dead = r#"{"summary":{"successRate":0.0,"total":1.0,"requestsPerSec":3.0},"latencyPercentiles":{"p50":null},"statusCodeDistribution":{},"errorDistribution":{"connection refused":3}}"#;
    let Imported { figures, notes, .. } = read(Format::Oha, dead);
    assert_eq!(figures.iter().map(|figure| figure.quantity).collect::<Vec<_>>(), ["rate", "errors"]);
    assert!(notes.iter().any(|note| note.contains("it has no p50, p95, p99")), "{notes:?}");
}

proptest! {
    #[test]
    fn broken_files_are_taken_or_refused(which in 0_usize..4, at in any::<prop::sample::Index>(), by in any::<Vec<u8>>(), cut in any::<prop::sample::Index>()) {
        let (format, text) = [
            (Format::JtlCsv, CSV),
            (Format::JtlCsv, BARE),
            (Format::JtlXml, XML),
            (Format::Oha, OHA_OLD),
        ][which];
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        let end = (at + by.len()).min(bytes.len());
        bytes.splice(at..end, by);
        bytes.truncate(1 + cut.index(bytes.len()));
        let _ = Format::detect(&bytes);
        let _ = import(format, bytes.as_slice(), "any");
    }

    #[test]
    fn any_label_comes_back(label in "[a-z \",;\n<>&']{1,12}") {
        let quoted = label.replace('"', "\"\"");
        let csv = format!("timeStamp,elapsed,label,success\n1795903086422,5,\"{quoted}\",true\n");
        let run = read(Format::JtlCsv, &csv).run;
        prop_assert_eq!(sink(&run, "http_reqs", &[("name", label.as_str())]).count(), 1);
        let escaped = label.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
        let xml = format!("<testResults><httpSample t=\"5\" ts=\"1795903086422\" s=\"true\" rc=\"200\" lb=\"{escaped}\"/></testResults>");
        let run = read(Format::JtlXml, &xml).run;
        prop_assert_eq!(sink(&run, "http_reqs", &[("name", label.as_str())]).count(), 1);
    }
}
