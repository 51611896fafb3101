//! Files that are made to become far more than their length: they are damaged, and cost neither memory nor time.

use loadline_measure::{Completeness, read_run};

use crate::allocation::peak;

const MEMORY: i64 = 200 << 20;

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(payload);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The form that is written while a run goes on.
fn streamed(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"LOADLINE\x01\x00".to_vec();
    bytes.extend(zstd::encode_all(frames.concat().as_slice(), 3).unwrap());
    bytes
}

/// The form that a finished one is kept in.
fn packed(frames: &[Vec<u8>]) -> Vec<u8> {
    [b"LOADLINE\x02\x00".to_vec(), frames.concat()].concat()
}

type Metric = (String, u32, u32, Vec<f64>);
type News = (Vec<Metric>, Vec<Vec<(String, String)>>);

/// Counters with these names, and one empty tag set after the other.
fn news(metrics: usize, tag_sets: usize) -> News {
    let metric = |number| (format!("metric_{number}"), 0, 0, Vec::new());
    ((0..metrics).map(metric).collect(), vec![Vec::new(); tag_sets])
}

/// A second of so many counters of the first metric, with one tag set after the other, up to this one.
fn second(number: u64, news: &News, entries: u32, last: u32) -> Vec<u8> {
    let window: Vec<(u32, u32, u32, f64, u64)> =
        (0..entries).map(|tags| (0, tags.min(last), 0, 1.0, 1)).collect();
    let window = postcard::to_stdvec(&window).unwrap();
    frame(1, &postcard::to_stdvec(&(number, news, window)).unwrap())
}

fn check(what: &str, bytes: &[u8], words: &str) {
    assert!(bytes.len() < 60_000, "{what}: {} bytes are no small file", bytes.len());
    let mut why = String::new();
    let held = peak(|| match read_run(bytes) {
        Ok((_, Completeness::Damaged { why: damage, .. })) => why = damage,
        Ok((_, completeness)) => panic!("{what}: {completeness}"),
        Err(error) => why = error.to_string(),
    });
    assert!(why.contains(words), "{what}: {why}");
    assert!(held < MEMORY, "{what} of {} bytes took {held}", bytes.len());
}

#[test]
fn a_small_file_becomes_no_large_run() {
    let description = || frame(0, b"{}");
    let none = news(0, 0);
    let zeros = vec![0; 8 << 20];
    check("a frame of zeros", &streamed(&[description(), frame(1, &zeros)]), "too long for the file");
    let many = second(0, &news(1, 1), 500_000, 0);
    check("a second of millions", &streamed(&[description(), many]), "too long for the file");
    let many = second(0, &news(1, 1), 60_000, 0);
    check("a second of thousands", &streamed(&[description(), many]), "too many series");
    let names = frame(1, &postcard::to_stdvec(&(0_u64, news(0, 900_000), Vec::<u8>::new())).unwrap());
    check("names without text", &streamed(&[description(), names]), "too many names");
    let empty = |number| second(number, &none, 0, 0);
    let many: Vec<Vec<u8>> = (0..20_000).map(|_| empty(7)).collect();
    check("seconds without end", &streamed(&[vec![description()], many].concat()), "too many frames");
    // Tag sets are paid for by their names; what is put together again and again is not.
    let text = |number: u64| format!("{:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let sets = (0..2_000).map(|number| vec![("id".to_owned(), text(number))]).collect();
    let first = second(0, &(news(1, 0).0, sets), 2_000, 1_999);
    let parts: Vec<Vec<u8>> = (0..300).map(|part| second(part % 2, &none, 2_000, 1_999)).collect();
    check("seconds in parts", &streamed(&[vec![description(), first], parts].concat()), "too many parts");
    check("a second of the next century", &streamed(&[description(), empty(3_000_000_000)]), "out of range");
}

#[test]
fn a_small_block_becomes_no_large_run() {
    let deflated = |bytes: &[u8]| zstd::bulk::compress(bytes, 15).unwrap();
    let description = || frame(0, &deflated(b"{}"));
    let names = frame(3, &deflated(&postcard::to_stdvec(&news(1, 1)).unwrap()));
    let block = |token: u8, length: usize| {
        let column = (deflated(&vec![token; length]), Vec::<u8>::new());
        let columns = vec![column; 35];
        frame(4, &postcard::to_stdvec(&(3_600_u32, u32::MAX, columns)).unwrap())
    };
    let file = |block| packed(&[description(), names.clone(), block]);
    check("columns of 16 MiB", &file(block(1, 15 << 20)), "becomes too much");
    for token in 0..6 {
        // Nothing, counters, gauges, rates, raw values, buckets.
        check("records without end", &file(block(token, 100_000)), "");
    }
    let bomb = frame(3, &deflated(&vec![0; 15 << 20]));
    check("names of zeros", &packed(&[description(), bomb]), "becomes too much");
}
