//! Users who share a JavaScript realm do not act in each other's name; what cannot be kept apart ends the run.

use crate::support::Folder;

#[test]
fn scripts_whose_jobs_nobody_sees_run_in_their_own_users_name() {
    let shown =
        "let n = 0; const show = (v) => { if (exec.vu.idInTest !== v && n++ < 3) console.log('CROSSED'); };";
    let head = format!("import {{ sleep }} from 'k6'; import exec from 'k6/execution';\n{shown}\n");
    let folder = Folder::with(&[
        (
            "from.js",
            &*format!(
                "{head}export default () => {{ const v = __VU; Array.fromAsync([1], () => show(v)); sleep(0.001); }};"
            ),
        ),
        (
            "registry.js",
            &*format!(
                "{head}const r = new FinalizationRegistry(show); export default () => {{ r.register({{}}, __VU); sleep(0.001); }};"
            ),
        ),
        (
            "eval.js",
            &*format!(
                "{head}export default () => {{ const v = __VU; const log = () => show(v); eval('(async () => {{ await 1; log() }})()'); sleep(0.001); }};"
            ),
        ),
        (
            "global.js",
            "export default () => { const G = (function () {}).constructor('return globalThis')(); G.seen = (G.seen || 0) + 1; if (G.seen !== __ITER + 1) console.log('CROSSED'); };",
        ),
    ]);
    for script in ["from.js", "registry.js", "eval.js", "global.js"] {
        let ended = folder.run(["run", "--vus", "8", "--iterations", "80", script]).expect(0);
        assert!(!ended.out.contains("CROSSED") && !ended.err.contains("CROSSED"), "{script}:\n{}", ended.err);
    }
}

#[test]
fn what_users_of_a_realm_cannot_do_ends_the_run_and_says_how_it_can_be_done() {
    let folder = Folder::with(&[
        ("code.js", "export default () => (() => {}).constructor('return 1')();"),
        (
            "jobs.js",
            "import { sleep } from 'k6'; import p from 'p'; export default () => { p(); sleep(0.001); };",
        ),
        ("language.js", "const D = Date; export default () => { D.now = () => 0; };"),
        (
            "late.js",
            "import { sleep } from 'k6'; const D = Date; export default () => { sleep(0.001); if (__ITER === 2) D.now = () => 0; };",
        ),
        ("node_modules/p/index.js", "module.exports = async () => { await 1; };"),
    ]);
    for (script, fragment) in [
        ("code.js", "the script makes code from text with `Function`"),
        ("jobs.js", "the script waits (a request, `sleep`) while promises of its own are unsettled"),
        ("language.js", "the script changes `Date.now`"),
        ("late.js", "the script changes `Date.now`"),
    ] {
        let run = |more: &[&str]| {
            folder.run([&["run", "--vus", "2", "--iterations", "6"], more, &[script]].concat())
        };
        let ended = run(&[]).expect(108);
        for fragment in [fragment, "give each a realm of its own with `--vus-per-realm 1`"] {
            assert!(ended.err.contains(fragment), "`{fragment}` is missing in:\n{}", ended.err);
        }
        run(&["--vus-per-realm", "1"]).expect(0);
    }
}

#[test]
fn users_cannot_be_made_to_share_what_they_are_known_not_to_share() {
    let folder = Folder::with(&[("script.js", "Date.now = () => 0;\nexport default () => {};")]);
    let ended = folder.run(["run", "--vus-per-realm", "8", "script.js"]).expect(104);
    for fragment in
        ["8 users cannot share a JavaScript realm", "changes `Date.now`", "--> script.js", "hint: "]
    {
        assert!(ended.err.contains(fragment), "`{fragment}` is missing in:\n{}", ended.err);
    }
}
