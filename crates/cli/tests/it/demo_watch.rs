//! `loadline demo --watch`: a slow release, the alert of it at a webhook, and its end.

use serde_json::Value;

use crate::support::Folder;

#[test]
fn a_slow_release_is_heard_of_and_so_is_its_end() {
    let folder = Folder::new();
    let ended = folder.run(["demo", "--watch", "--json"]).expect(0);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let (on, over) = (&json["firing"], &json["resolved"]);
    assert_eq!((&on["alert"]["change"], &over["alert"]["change"]), (&"firing".into(), &"resolved".into()));
    assert_eq!(on["alert"]["key"], "public.getPrograms p95<=500ms page");
    let around = on["alert"]["around"].as_array().unwrap();
    assert!(around.iter().any(|words| words.as_str().unwrap().contains("processes started")), "{json}");
    assert!(
        ended.err.contains("later at the webhook: page: public.getPrograms burns its budget"),
        "{}",
        ended.err
    );
    assert!(json["answer"].as_str().unwrap().starts_with("the webhook heard of it "), "{json}");
    // Where logs of the reference system are, and nothing else.
    let left = std::fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), [".loadline"]);

    for more in [["--edge"], ["--capacity"], ["--full"]] {
        let said = folder.run(["demo", "--watch"].into_iter().chain(more)).expect(104).err;
        assert!(said.contains("`--watch` has a load and a fault of its own"), "{said}");
    }
    let alone = ["PATH=/none", env!("CARGO_BIN_EXE_loadline"), "demo", "--watch"];
    let missing = crate::support::ended(&mut folder.shell(alone)).expect(109);
    assert!(missing.err.contains("there is no `prometheus` on this machine"), "{}", missing.err);
}
