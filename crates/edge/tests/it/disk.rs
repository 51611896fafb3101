//! A cache that survives a restart: what was kept is found again, what was purged is not, whatever happens to the
//! files.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use loadline_edge::disk::{Disk, DiskError, Found};
use loadline_edge::policy::Policy;
use loadline_edge::{Cache, Limits, Moment, Purge, Step, key};
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::exchange::{NOW, answer, ask, asked, cache, fill, request, seconds, served};

const ROOM: u64 = 4 << 20;
const PATHS: [&str; 4] = ["/a", "/b", "/c?x=1", "/c?x=2"];

fn open(folder: &Path, cache: &Cache) -> (Arc<Disk>, Found) {
    Disk::open(folder, ROOM, cache, NOW).expect("a store")
}

/// What a cache that is made again of a folder serves without asking, and what was found.
fn again(folder: &Path, now: Moment) -> (HashMap<&'static str, Bytes>, Found) {
    let cache = cache();
    let (_disk, found) = open(folder, &cache);
    let served = PATHS.into_iter().filter_map(|path| Some((path, served(&cache, now, path)?))).collect();
    (served, found)
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "edge"))
        .collect();
    files.sort();
    files
}

/// Fills a folder: `/a` is kept and purged, `/b` kept.
fn filled(folder: &Path) {
    let cache = cache();
    let _disk = open(folder, &cache);
    // Whatever it was filled with before.
    cache.purge(&Purge::All, None);
    let control = ("cache-control", "max-age=600");
    fill(&cache, "/a", &[control, ("cache-tag", "a"), ("vary", "accept-language")], "kept and purged");
    fill(&cache, "/b", &[control], "kept");
    cache.purge(&Purge::Tag("a".to_owned()), None);
    assert!(served(&cache, NOW, "/a").is_none());
}

#[test]
fn what_was_kept_is_found_again_and_what_was_purged_is_not() {
    let folder = folder();
    let large = "x".repeat(100_000);
    {
        let cache = cache();
        let (disk, found) = open(folder.path(), &cache);
        assert_eq!(found, Found::default());
        let control = ("cache-control", "max-age=600, stale-while-revalidate=60");
        for path in PATHS {
            let headers = [control, ("cache-tag", path), ("no-vary-search", "params=(\"y\")")];
            fill(&cache, path, &headers, if path == "/b" { &large } else { path });
        }
        cache.purge(&Purge::Tag("/a".to_owned()), None);
        cache.purge(&Purge::Url("http://shop.test/c?x=1".parse().unwrap()), Some(NOW));
        disk.settle();
        assert_eq!(disk.counts().written, 6);
    }
    let cache = cache();
    let (_disk, found) = open(folder.path(), &cache);
    assert_eq!((found.answers, found.purges, found.words()), (3, 2, Vec::new()));
    assert_eq!(served(&cache, NOW, "/a"), None);
    assert_eq!(served(&cache, NOW, "/b").unwrap(), large);
    assert!(matches!(ask(&cache, seconds(10), "/c?x=1"), Step::DoneAndAsk(..)));
    assert!(matches!(ask(&cache, seconds(61), "/c?x=1"), Step::Ask(_)));
    assert_eq!(served(&cache, NOW, "/c?x=2&y=3").unwrap(), "/c?x=2");
    // Their age goes on, and they are purged as before.
    assert!(served(&cache, seconds(599), "/b").is_some() && served(&cache, seconds(661), "/b").is_none());
    assert_eq!(cache.purge(&Purge::Tag("/c?x=2".to_owned()), None), 1);
}

#[test]
fn what_an_unsafe_request_made_worthless_is_so_after_a_restart() {
    let folder = folder();
    {
        let cache = cache();
        let _disk = open(folder.path(), &cache);
        fill(&cache, "/b", &[("cache-control", "max-age=600"), ("etag", "\"v1\"")], "old");
        let (_, mut post) = request("/b", &[]);
        *post.method_mut() = Method::POST;
        let asking = asked(cache.request(NOW, &key::plain(&post, b"").unwrap(), &post));
        cache.answer_whole(NOW, asking, answer(&[], "done"));
    }
    assert!(again(folder.path(), NOW).0.is_empty());
}

/// A process that is killed leaves a record without an end.
#[test]
fn a_file_that_ends_anywhere_serves_what_stands_before_its_end() {
    let whole = folder();
    filled(whole.path());
    let [file] = &files(whole.path())[..] else { panic!("one file") };
    let bytes = fs::read(file).unwrap();
    for end in 0..bytes.len() {
        let folder = folder();
        fs::write(folder.path().join(file.file_name().unwrap()), &bytes[..end]).unwrap();
        let (served, found) = again(folder.path(), NOW);
        assert!(served.values().all(|body| body.starts_with(b"kept")), "{end}: {served:?}");
        assert_eq!(found.damaged, 0, "{end}");
        // The next time it is not torn any more, and serves the same.
        let (served_again, found) = again(folder.path(), NOW);
        assert_eq!(served_again, served, "{end}");
        assert_eq!((found.torn_bytes, found.damaged), (0, 0), "{end}");
    }
}

/// Whatever bit has changed, a purge that stands behind it is not forgotten.
#[test]
fn a_changed_byte_brings_nothing_back() {
    let whole = folder();
    filled(whole.path());
    let [file] = &files(whole.path())[..] else { panic!("one file") };
    let bytes = fs::read(file).unwrap();
    for at in 0..bytes.len() {
        let folder = folder();
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(folder.path().join(file.file_name().unwrap()), changed).unwrap();
        let (served, found) = again(folder.path(), NOW);
        assert!(!served.contains_key("/a"), "{at}");
        assert!(served.is_empty(), "{at}");
        assert!(!found.words().is_empty(), "{at}");
        // Damage is said once; what comes afterwards is kept.
        filled(folder.path());
        assert_eq!(again(folder.path(), NOW).0.len(), 1, "{at}");
    }
}

#[test]
fn files_of_others_and_of_other_versions_are_said() {
    let folder = folder();
    filled(folder.path());
    let file = files(folder.path()).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    bytes[20] = 9;
    fs::write(&file, bytes).unwrap();
    fs::write(folder.path().join("0000000000000007.edge"), "somebody's").unwrap();
    fs::write(folder.path().join("notes.txt"), "somebody's").unwrap();
    let (served, found) = again(folder.path(), NOW);
    assert!(served.is_empty());
    assert_eq!((found.other_versions, found.foreign), (1, 2));
    assert_eq!(found.words().len(), 2, "{:?}", found.words());
    assert!(folder.path().join("0000000000000007.edge").exists() && folder.path().join("notes.txt").exists());
    // What is written from now on stands behind it.
    filled(folder.path());
    assert_eq!(again(folder.path(), NOW).0.len(), 1);
}

#[test]
fn a_file_that_is_missing_takes_what_came_before_with_it() {
    let folder = folder();
    for _ in 0..3 {
        filled(folder.path());
    }
    let all = files(folder.path());
    assert_eq!(all.len(), 3);
    fs::remove_file(&all[1]).unwrap();
    let (served, found) = again(folder.path(), NOW);
    assert_eq!((served.len(), found.damaged), (1, 1));
    assert_eq!(files(folder.path())[0], all[2]);
}

#[test]
fn files_have_no_more_bytes_than_they_may_and_the_newest_is_found_again() {
    let folder = folder();
    {
        let cache = cache();
        let (disk, _) = open(folder.path(), &cache);
        for number in 0..200 {
            let path = format!("/{number}");
            fill(&cache, &path, &[("cache-control", "max-age=600")], &"x".repeat(100_000));
            disk.settle();
            assert!(disk.counts().bytes <= ROOM, "{:?}", disk.counts());
        }
        fill(&cache, "/b", &[("cache-control", "max-age=600")], "the last");
        disk.settle();
        let counts = disk.counts();
        assert!(counts.files_dropped > 5 && counts.failed == 0, "{counts:?}");
        let lengths: u64 = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert_eq!(lengths, counts.bytes);
    }
    let (served, found) = again(folder.path(), NOW);
    assert_eq!(served["/b"], "the last");
    assert!(found.answers > 20 && found.damaged == 0, "{found:?}");
}

#[test]
fn what_cannot_be_written_is_counted_and_stops_nobody() {
    let folder = folder();
    let cache = cache();
    let (disk, _) = open(folder.path(), &cache);
    fs::remove_dir_all(folder.path()).unwrap();
    fill(&cache, "/a", &[("cache-control", "max-age=600")], "kept");
    cache.purge(&Purge::Tag("x".to_owned()), None);
    fill(&cache, "/b", &[("cache-control", "max-age=600")], "kept");
    disk.settle();
    assert_eq!(served(&cache, NOW, "/a").unwrap(), "kept");
    let counts = disk.counts();
    assert_eq!((counts.failed, counts.wiped, counts.written), (2, 1, 0), "{counts:?}");
    // When it can be again, it is.
    fs::create_dir_all(folder.path()).unwrap();
    fill(&cache, "/c?x=1", &[("cache-control", "max-age=600")], "kept");
    disk.settle();
    assert_eq!(disk.counts().written, 1);
}

#[test]
fn one_process_has_a_folder_and_it_may_not_be_too_small() {
    let folder = folder();
    let cache = cache();
    let _disk = open(folder.path(), &cache);
    let error = Disk::open(folder.path(), ROOM, &cache, NOW).expect_err("it is in use");
    assert!(matches!(error, DiskError::InUse(_)) && error.to_string().contains("in use"), "{error}");
    let error = Disk::open(folder.path(), 1_000, &cache, NOW).expect_err("it is too small");
    assert!(error.to_string().contains("1048576"), "{error}");
}

#[test]
fn an_answer_from_a_time_to_come_is_not_kept() {
    let folder = folder();
    filled(folder.path());
    let cache = cache();
    let (_disk, found) = Disk::open(folder.path(), ROOM, &cache, Moment::from_seconds(0)).unwrap();
    assert_eq!((found.answers, found.not_kept), (0, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Made again, a cache serves what the one before would have served, and nothing else.
    #[test]
    fn a_cache_made_again_serves_nothing_that_the_one_before_would_not(
        acts in vec((0_usize..4, 0_u8..8), 1..60),
        ends in 0_usize..60,
    ) {
        let folder = folder();
        let mut before = HashMap::new();
        {
            let cache = Cache::new(Policy::default(), Limits { variants: 2, ..Limits::default() });
            let mut disk = Some(open(folder.path(), &cache).0);
            for (count, (path, act)) in acts.into_iter().enumerate() {
                let path = PATHS[path];
                match act {
                    0 => drop(cache.purge(&Purge::Tag(path.to_owned()), None)),
                    1 => drop(cache.purge(&Purge::Key(request(path, &[]).0.to_string()), None)),
                    2 => drop(cache.purge(&Purge::All, None)),
                    _ => {
                        if let Step::Ask(asking) = ask(&cache, NOW, path) {
                            let headers = [("cache-control", "max-age=600"), ("cache-tag", path)];
                            cache.answer_whole(NOW, asking, answer(&headers, &count.to_string()));
                        }
                    }
                }
                if count == ends {
                    disk.as_ref().expect("it is open").settle();
                }
            }
            before.extend(PATHS.into_iter().filter_map(|path| Some((path, served(&cache, NOW, path)?))));
            drop(disk.take());
        }
        let (after, found) = again(folder.path(), NOW);
        prop_assert_eq!(after, before);
        prop_assert!(found.words().is_empty(), "{:?}", found.words());
    }
}
