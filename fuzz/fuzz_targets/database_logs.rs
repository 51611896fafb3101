//! Any bytes as a log of a database, and its statements' shapes: `cargo +nightly fuzz run database_logs
//! fuzz/corpus/database_logs fuzz/seeds/database_logs`.
#![no_main]

use loadline_pg::log::LogReader;
use loadline_pg::shape::Shape;
use loadline_pg::slow::LogTally;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (mut reader, mut tally) = (LogReader::new(), LogTally::new());
    let mut take = |call: loadline_pg::log::Call<'_>| {
        let shape = Shape::of(call.text);
        let again = Shape::of(&shape.text);
        // What is cut or too long to be kept is another text.
        assert!(again.id == shape.id || shape.is_cut || shape.text.ends_with('…'), "{shape:?} {again:?}");
        tally.take(&call);
    };
    let half = bytes.len() / 2;
    reader.push(&bytes[..half], &mut take);
    reader.push(&bytes[half..], &mut take);
    reader.finish(&mut take);
    tally.listing();
});
