//! What the cache's store costs: memory for each answer beyond its own bytes, time for a hit, time for a purge.
//!
//!     cargo run --release -p loadline-edge --example store -- memory 1000000
//!     cargo run --release -p loadline-edge --example store -- hits 1000
//!     cargo run --release -p loadline-edge --example store -- purge 100000
//!     cargo run --release -p loadline-edge --features disk --example store -- disk 100000 FOLDER BYTES
//!
//! Results are in `bench/results/edge-store.txt`.
#![expect(clippy::print_stdout, reason = "an example prints its result")]
#![expect(clippy::disallowed_types, reason = "it measures time")]

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use loadline_edge::key::{self, Key};
use loadline_edge::policy::Policy;
use loadline_edge::{Cache, Limits, Moment, Purge, Step};

const NOW: Moment = Moment::from_seconds(784_111_777);
const BODY: usize = 1_024;
/// A head such as services send.
const HEADERS: [(&str, &str); 8] = [
    ("content-type", "application/json; charset=utf-8"),
    ("content-length", "1024"),
    ("cache-control", "public, max-age=300, stale-while-revalidate=60"),
    ("etag", "\"5d8c72a5edda8d6a5d8c72a5edda8d6a\""),
    ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ("vary", "Accept-Encoding"),
    ("x-request-id", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    ("cache-tag", "programs"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, count, rest @ ..] = arguments.as_slice() else {
        return Err("usage: store memory|hits|purge COUNT, or store disk COUNT FOLDER BYTES".into());
    };
    let count: usize = count.parse()?;
    match what.as_str() {
        #[cfg(feature = "disk")]
        "disk" => match rest {
            [folder, bytes] => disk(count, std::path::Path::new(folder), bytes.parse()?),
            _ => Err("usage: store disk COUNT FOLDER BYTES".into()),
        },
        _ if !rest.is_empty() => Err("usage: store memory|hits|purge COUNT".into()),
        "memory" => memory(count),
        "hits" => hits(count),
        "purge" => purge(count),
        other => Err(format!("there is no `{other}`").into()),
    }
}

fn request(number: usize) -> Result<(Key, Request<()>), Box<dyn Error>> {
    let request = Request::get(format!("http://shop.test/api/public.getPrograms?id={number}"))
        .header("accept", "*/*")
        .header("accept-encoding", "gzip, br")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
        .header("cookie", "a=b")
        .body(())?;
    let key = key::plain(&request, b"")?;
    Ok((key, request))
}

fn response(body: Bytes) -> Result<Response<Bytes>, Box<dyn Error>> {
    let mut response = Response::new(body);
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, value.parse()?);
    }
    Ok(response)
}

fn filled(count: usize, bytes: u64) -> Result<Cache, Box<dyn Error>> {
    let cache = Cache::new(Policy::default(), Limits { bytes, ..Limits::default() });
    fill(&cache, count)?;
    Ok(cache)
}

fn fill(cache: &Cache, count: usize) -> Result<(), Box<dyn Error>> {
    for number in 0..count {
        let (key, request) = request(number)?;
        if let Step::Ask(asking) = cache.request(NOW, &key, &request) {
            // Each has a body of its own.
            cache.answer_whole(NOW, asking, response(Bytes::from(vec![b'x'; BODY]))?);
        }
    }
    Ok(())
}

/// Opens a folder, says what was found there, asks for so many answers, and says what was written.
#[cfg(feature = "disk")]
fn disk(count: usize, folder: &std::path::Path, bytes: u64) -> Result<(), Box<dyn Error>> {
    let cache = Cache::new(Policy::default(), Limits { bytes: 8 << 30, ..Limits::default() });
    let start = Instant::now();
    let (disk, found) = loadline_edge::disk::Disk::open(folder, bytes, &cache, NOW)?;
    println!("{} answers found in {:?}", found.answers, start.elapsed());
    for words in found.words() {
        println!("{words}");
    }
    let start = Instant::now();
    fill(&cache, count)?;
    let filled = start.elapsed();
    disk.settle();
    println!("asked for {count} in {filled:?}, on the disk after {:?}", start.elapsed());
    println!("{:?}", disk.counts());
    Ok(())
}

fn resident() -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = status.split(' ').nth(1).ok_or("no resident pages")?.parse()?;
    Ok(pages * 4_096)
}

fn memory(count: usize) -> Result<(), Box<dyn Error>> {
    drop(filled(10, 1 << 30)?);
    let before = resident()?;
    let cache = filled(count, 64 << 30)?;
    let taken = resident()? - before;
    let head: usize = HEADERS.iter().map(|(name, value)| name.len() + value.len()).sum();
    let key = request(count - 1)?.0.to_string().len();
    let own = head + BODY;
    println!("{count} answers, each with {head} bytes of head, {key} of key, {BODY} of body");
    println!(
        "{:.0} bytes of memory each, {:.0} beyond head and body, {:.0} beyond head, key and body",
        taken as f64 / count as f64,
        taken as f64 / count as f64 - own as f64,
        taken as f64 / count as f64 - (own + key) as f64,
    );
    let counts = cache.counts();
    println!("counted as {:.0} bytes each", counts.bytes as f64 / counts.answers as f64);
    // After a hit each.
    for number in 0..count {
        let (key, request) = request(number)?;
        if !matches!(cache.request(NOW, &key, &request), Step::Done(_)) {
            return Err("a miss".into());
        }
    }
    let taken = resident()? - before;
    println!("after a hit each: {:.0} beyond head and body", taken as f64 / count as f64 - own as f64);
    Ok(())
}

/// The processor's time of this thread so far.
fn spent() -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = schedule.split(' ').next().and_then(|spent| spent.parse().ok());
    Duration::from_nanos(spent.unwrap_or_default())
}

fn hits(count: usize) -> Result<(), Box<dyn Error>> {
    let cache = filled(count, 1 << 30)?;
    let requests: Result<Vec<_>, _> = (0..count).map(request).collect();
    let requests = requests?;
    for threads in [1, 2] {
        let rounds = 1_000_000 / count;
        let each: Vec<_> = std::thread::scope(|scope| {
            let hit = || {
                scope.spawn(|| {
                    let start = spent();
                    for _ in 0..rounds {
                        for (key, request) in &requests {
                            let step = cache.request(NOW, key, request);
                            assert!(matches!(step, Step::Done(_)), "a hit");
                        }
                    }
                    spent().saturating_sub(start).as_secs_f64() / (rounds * count) as f64
                })
            };
            let threads: Vec<_> = (0..threads).map(|_| hit()).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        for each in each {
            println!("{threads} threads: {:.0} ns of the processor for a hit", each * 1e9);
        }
    }
    let start = spent();
    for (_, request) in requests.iter().cycle().take(1_000_000) {
        std::hint::black_box(key::plain(request, b"")?);
    }
    println!("a key: {:.0} ns", spent().saturating_sub(start).as_secs_f64() * 1e3);
    Ok(())
}

fn purge(count: usize) -> Result<(), Box<dyn Error>> {
    let cache = filled(count, 64 << 30)?;
    let requests: Result<Vec<_>, _> = (0..1_000).map(request).collect();
    let requests = requests?;
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut longest, mut hits) = (Duration::ZERO, 0_u64);
            for (key, request) in requests.iter().cycle() {
                let start = Instant::now();
                std::hint::black_box(cache.request(NOW, key, request));
                longest = longest.max(start.elapsed());
                hits += 1;
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
            }
            (longest, hits)
        });
        std::thread::sleep(Duration::from_millis(200));
        let start = Instant::now();
        let softly = cache.purge(&Purge::Tag("programs".to_owned()), Some(NOW));
        let soft = start.elapsed();
        let start = Instant::now();
        let gone = cache.purge(&Purge::Tag("programs".to_owned()), None);
        let hard = start.elapsed();
        let (start, before) = (Instant::now(), spent());
        let swept = cache.sweep();
        let sweep = start.elapsed();
        let cost = spent().saturating_sub(before);
        is_over.store(true, Ordering::Relaxed);
        println!("{softly} answers purged softly by their tag in {soft:?}, {gone} for good in {hard:?}");
        println!("the memory of {swept} freed afterwards in {sweep:?}, {cost:?} of the processor");
        if let Ok((longest, hits)) = reader.join() {
            println!("the longest of {hits} requests meanwhile took {longest:?}");
        }
    });
    Ok(())
}
