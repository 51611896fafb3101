//! What one user writes, another never sees: in one realm and with a realm each.

use super::*;

/// Both users run the script's default function with `true`, which writes; then the second reads with `false`.
#[track_caller]
fn check_each_its_own(script: &str, expected: &str) {
    for shared in [true, false] {
        run(async {
            let script = script.replace("BASE", &server().await);
            let bench = Bench::new(&script, |process| process.http.no_cookies_reset = true);
            let (mut first, mut second) = bench.two_users(shared);
            let before = iterate(&mut second, Some("false")).await.unwrap_or_else(|error| error.to_string());
            assert_eq!(before, expected, "in one realm: {shared}, before");
            iterate(&mut first, Some("true")).await.unwrap_or_else(|error| panic!("{error}"));
            let after = iterate(&mut second, Some("false")).await.unwrap_or_else(|error| error.to_string());
            assert_eq!(after, expected, "in one realm: {shared}, after");
        });
    }
}

#[test]
fn module_state_and_globals() {
    check_each_its_own(
        "let n = 0; const list = []; class Kept { static s = 0; }
         export default (write) => {
           if (write) { n = 1; list.push(1); Kept.s = 1; globalThis.g = 1; global.h = 1; globalThis.Array = 5;
             __ENV.HOST = 'other'; __ENV.MORE = '1'; globalThis.console = 5; }
           return [n, list.length, Kept.s, typeof g, typeof h, typeof globalThis.Array, Object.keys(globalThis).includes('g'), __ENV.HOST, __ENV.MORE === undefined, typeof console]; };",
        r#"[0,0,0,"undefined","undefined","function",false,"example.org",true,"object"]"#,
    );
}

#[test]
fn cookies_tags_and_groups() {
    check_each_its_own(
        "import http from 'k6/http'; import exec from 'k6/execution';
         export default (write) => {
           if (write) { http.cookieJar().set('BASE/', 'mine', '1'); http.get('BASE/cookie'); exec.vu.metrics.tags.team = 'blue'; }
           return [Object.keys(http.cookieJar().cookiesForURL('BASE/')), exec.vu.metrics.tags.team === undefined]; };",
        "[[],true]",
    );
}

#[test]
fn the_modules_of_ours_cannot_be_changed() {
    check_each_its_own(
        "import http, { get } from 'k6/http'; import exec from 'k6/execution'; import { SharedArray } from 'k6/data';
         const items = new SharedArray('items', () => [{ a: 1 }]);
         export default (write) => {
           if (write) for (const change of [() => { http.get = 1; }, () => { exec.vu = 1; }, () => { items[0].a = 2; }, () => { exec.vu.own = 1; }]) { try { change(); } catch {} }
           return [typeof http.get, http.get === get, items[0].a, typeof exec.vu, exec.vu.own === undefined]; };",
        r#"["function",true,1,"object",true]"#,
    );
}

#[test]
fn seeded_random_numbers() {
    for shared in [true, false] {
        run(async {
            let script = "import { randomSeed } from 'k6';
                export default (seed) => { if (seed) randomSeed(seed); return [Math.random(), Math.random()]; };";
            let bench = Bench::new(script, |_| ());
            let (mut first, mut second) = bench.two_users(shared);
            let expected = iterate(&mut first, Some("7")).await.unwrap();
            let next = iterate(&mut first, Some("0")).await.unwrap();
            // The other's seeding and drawing does not touch the stream of the first.
            assert_eq!(iterate(&mut first, Some("7")).await.unwrap(), expected);
            iterate(&mut second, Some("8")).await.unwrap();
            assert_eq!(iterate(&mut first, Some("0")).await.unwrap(), next);
        });
    }
}

#[test]
fn built_in_prototypes_belong_to_the_realm() {
    for shared in [true, false] {
        run(async {
            let script = "export default (write) => { if (write) Array.prototype.patched = 1; return [].patched ?? 0; };";
            let bench = Bench::new(script, |_| ());
            let (mut first, mut second) =
                if shared { bench.two_users(true) } else { (bench.user_alone(1), bench.user_alone(2)) };
            let wrote = iterate(&mut first, Some("true")).await;
            match wrote {
                Ok(wrote) => assert_eq!((shared, &*wrote), (false, "1")),
                Err(error) => assert!(shared && error.to_string().contains("--vus-per-realm 1"), "{error}"),
            }
            assert_eq!(iterate(&mut second, Some("false")).await.unwrap(), "0");
        });
    }
}

#[test]
fn an_opened_text_is_read_once_per_process_and_made_once_per_realm() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big.txt");
        std::fs::write(&path, "x".repeat(4 << 20)).unwrap();
        let script = format!(
            "const text = open('{0}'); const bytes = open('{0}', 'b'); export default () => [text.length, bytes.byteLength];",
            path.display()
        );
        let bench = Bench::new(&script, |_| ());
        let first = bench.user(1).unwrap();
        // What others open is what the first has opened, though the file is gone.
        std::fs::remove_file(&path).unwrap();
        let before = bench.realm.used_bytes();
        let mut others: Vec<Vu> = (2..12).map(|id| bench.user(id).unwrap()).collect();
        assert!(bench.realm.used_bytes() - before < 1 << 20);
        assert_eq!(iterate(&mut others[9], None).await.unwrap(), "[4194304,4194304]");
        drop(first);
    });
}
