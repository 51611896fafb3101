//! `loadline edge`: cache rules that are checked, and keys that are shown.

use crate::support::Folder;

const RULES: &str = r#"
[[rule]]
path = "/api/programs"
cache = { max_age = "5m", stale_while_revalidate = "1m" }
vary = ["X-Location"]
key = { query = "sorted", without = ["utm_*"], location = { header = "X-Location", grid = "geohash", precision = 4 } }

[[rule]]
name = "account"
path = "/account/**"
cache = { private = true, no_store = true }
"#;

#[test]
fn rules_that_are_wise_pass() {
    let folder = Folder::with(&[("edge.toml", RULES)]);
    let ended = folder.run(["edge", "check", "edge.toml"]).expect(0);
    assert_eq!(ended.out, "2 rules in `edge.toml`: 0 errors, 0 warnings\n");
}

#[test]
fn findings_have_their_line_and_fail_when_they_are_errors() {
    let warned = "[[rule]]\npath = '/a'\ncache = { s_maxage = '5m', stale_while_revalidate = '1m' }\n";
    let wrong = warned.replace("s_maxage = '5m'", "must_revalidate = true, max_age = '5m'");
    let folder = Folder::with(&[("warned.toml", warned), ("wrong.toml", &wrong)]);
    let ended = folder.run(["edge", "check", "warned.toml"]).expect(0);
    assert!(ended.out.contains("warning: `s_maxage` implies `proxy_revalidate`"), "{}", ended.out);
    assert!(ended.out.contains("--> warned.toml:3\n") && ended.out.contains("hint: "), "{}", ended.out);
    folder.run(["edge", "check", "--strict", "warned.toml"]).expect(1);
    let ended = folder.run(["edge", "check", "--json", "wrong.toml"]).expect(1);
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        (&json["rules"], &json["errors"], &json["findings"][0]["line"]),
        (&1.into(), &1.into(), &3.into())
    );
}

#[test]
fn files_that_are_none_end_in_2_with_their_line() {
    let folder = Folder::with(&[("edge.toml", "[[rule]]\npath = '/a'\ncache = { max_age = 300 }\n")]);
    let ended = folder.run(["edge", "check", "edge.toml"]).expect(2);
    assert!(ended.err.contains("--> edge.toml:3"), "{}", ended.err);
    let ended = folder.run(["edge", "check", "none.toml"]).expect(2);
    assert!(ended.err.contains("cannot read the rules `none.toml`"), "{}", ended.err);
    assert!(ended.err.contains("hint: give the path"), "{}", ended.err);
}

#[test]
fn a_key_is_shown_part_by_part() {
    let folder = Folder::with(&[("edge.toml", RULES)]);
    let url = "https://Shop.test:443/api/programs?b=2&utm_source=x&a=1#top";
    let with = ["-H", "X-Location: -33.87, 151.21", "-H", "Cookie: s=1", "--rules", "edge.toml"];
    let ended = folder.run(["edge", "key", "GET", url].into_iter().chain(with)).expect(0);
    insta::assert_snapshot!(ended.out, @r"
    rule      /api/programs (edge.toml:2)
              vary: x-location
              cache-control: max-age=300, stale-while-revalidate=60
    key
      method             GET
      origin             https://shop.test
      path               /api/programs
      query              a=1&b=2
      header.x-location  r3gx
    text      method=GET origin=https://shop.test path=/api/programs query=a=1&b=2 header.x-location=r3gx
    left out  header `cookie`
    left out  parameters that are not in the key, or their order
    ");
    let ended = folder.run(["edge", "key", "--json", "HEAD", url].into_iter().chain(with)).expect(0);
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&json["rule"]["line"], &json["parts"][4]["value"]), (&2.into(), &"r3gx".into()));
}

#[test]
fn what_may_not_be_kept_and_what_has_no_rule_say_so() {
    let folder = Folder::with(&[("edge.toml", RULES)]);
    let key = |url: &str| folder.run(["edge", "key", "GET", url, "--rules", "edge.toml"]).expect(0).out;
    assert!(key("https://shop.test/account/1").contains("no cache that many share may keep its answers"));
    assert!(key("https://shop.test/").contains("none in `edge.toml`"));
    let ended = folder.run(["edge", "key", "QUERY", "http://shop.test/a?b=1", "--data", "x"]).expect(0);
    assert!(ended.out.contains("none was given") && ended.out.contains("content"), "{}", ended.out);
    for url in ["/a", "shop.test/a", "http:///a", "http://a b/"] {
        let ended = folder.run(["edge", "key", "GET", url]).expect(2);
        assert!(ended.err.contains("hint: write it like"), "{}", ended.err);
    }
}
