//! `loadline inspect` shows what would run.

use crate::support::Folder;

const SCRIPT: &str = r"
export const options = {
  scenarios: {
    visitors: { executor: 'constant-arrival-rate', rate: 20, duration: '30s', preAllocatedVUs: 5, maxVUs: 50 },
    buyers: { executor: 'ramping-vus', stages: [{ duration: '1m', target: 10 }], startTime: '5s', exec: 'buy' },
  },
  thresholds: { http_req_failed: ['rate<0.01'] },
};
export default function () {}
export function buy() {}
";

#[test]
fn the_plan_as_text() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let ended = folder.run(["inspect", "script.js"]).expect(0);
    for fragment in ["visitors", "constant-arrival-rate", "buyers", "ramping-vus", "rate<0.01", "buy()"] {
        assert!(ended.out.contains(fragment), "`{fragment}` is missing in:\n{}", ended.out);
    }
}

#[test]
fn the_plan_as_json() {
    let folder = Folder::with(&[("script.js", SCRIPT)]);
    let ended = folder.run(["inspect", "--json", "script.js"]).expect(0);
    let plan: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(plan["scenarios"]["visitors"]["executor"], "constant-arrival-rate");
    // Fifty for the arrivals; the ramp has nine more when the arrivals end.
    assert_eq!(plan["maxVUs"], 59);
}

#[test]
fn how_users_live_in_realms_and_share_packages() {
    let folder = Folder::with(&[
        ("script.js", "import a from 'a';\nexport default function () { a(); }"),
        ("async.js", "export default async function () {}"),
        ("code.js", "export default function () { return eval('1'); }"),
        ("language.js", "import 'b';\nexport default function () {}"),
        ("init.js", "const F = (() => {}).constructor;\nconst f = F('return 1');\nexport default () => f();"),
        ("node_modules/b/index.js", "Array.prototype.mine = 1;"),
        ("node_modules/a/index.js", "module.exports = () => 1;"),
    ]);
    let check = |arguments: &[&str], fragments: &[&str]| {
        let ended = folder.run([&["inspect"], arguments].concat()).expect(0);
        for fragment in fragments {
            assert!(ended.out.contains(fragment), "`{fragment}` is missing in:\n{}", ended.out);
        }
    };
    check(&["script.js"], &["64 in a JavaScript realm", "synchronous", "a: once per user"]);
    check(
        &["--share-packages", "--memory-per-realm", "1GB", "script.js"],
        &["a: once per realm", "1 GB at most"],
    );
    check(&["async.js"], &["1 in a JavaScript realm", "uses promises or timers"]);
    check(&["code.js"], &["1 in a JavaScript realm", "because the script makes code from text with `eval`"]);
    check(
        &["init.js"],
        &["1 in a JavaScript realm", "because the script makes code from text with `Function`"],
    );
    check(
        &["language.js"],
        &["1 in a JavaScript realm", "because the script changes `Array.prototype.mine`"],
    );
    check(&["--json", "--share-packages", "script.js"], &["\"sharePackages\": true", "\"vusPerRealm\": 64"]);
}
