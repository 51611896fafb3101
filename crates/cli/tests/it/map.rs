//! ARCHITECTURE.md is the map: what it names is there, and each step of its walks leads to the next.

use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn map() -> String {
    std::fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap()
}

/// Texts in backticks that are paths from the root of the repository.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|text| ["crates/", "apps/", "examples/"].iter().any(|folder| text.starts_with(folder)))
}

#[test]
fn every_path_on_the_map_is_there() {
    let map = map();
    assert!(paths(&map).count() > 40, "the map names few paths");
    let missing: Vec<&str> = paths(&map).filter(|path| !Path::new(ROOT).join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_crate_is_on_the_map() {
    let map = map();
    for folder in ["crates", "apps", "examples"] {
        for entry in std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
            let path = format!("`{folder}/{}`", entry.unwrap().file_name().to_str().unwrap());
            assert!(map.contains(&path), "{path} is not on the map");
        }
    }
}

#[test]
fn both_walks_are_short() {
    let map = map();
    let walks = map.split("## Two walks").nth(1).unwrap().split("\n## ").next().unwrap();
    let steps: Vec<&str> =
        walks.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).collect();
    assert!(steps.iter().all(|step| paths(step).next().is_some()), "{steps:?}");
    assert!((10..=20).contains(&steps.len()), "{steps:?}");
}
