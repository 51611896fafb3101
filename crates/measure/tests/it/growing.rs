//! A Run that is read while it is written, and windows that come from other schemas.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use loadline_measure::{
    Completeness, MetricKind, Recorder, Run, RunMeta, RunReader, RunWriter, Schema, TagSetId, Translation,
    Unit, read_run, write_packed, write_run,
};
use proptest::prelude::*;

use crate::support::{describe_run, run_of, schema, values};

fn described(name: &str) -> RunMeta {
    RunMeta { name: name.to_owned(), ..RunMeta::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pieces_of_any_size_come_to_the_same_run(
        values in values(2000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        packed: bool,
    ) {
        let mut run = run_of(&schema([3, 1, 0, 2]), &values, 2);
        run.meta = described("checkout.ts");
        run.duration = Duration::from_millis(4_321);
        let bytes = if packed { write_packed(&run, Vec::new()) } else { write_run(&run, Vec::new()) }.unwrap();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut reader = RunReader::new();
        let (mut seconds, mut ended) = (Vec::new(), false);
        for piece in cuts.windows(2) {
            let growth = reader.feed(&bytes[piece[0]..piece[1]]).unwrap();
            seconds.extend(growth.seconds);
            ended = growth.ended;
            // At each moment it is what a file that was cut off here would be.
            if let Some(so_far) = reader.run() {
                let (cut_off, _) = read_run(&bytes[..piece[1]]).unwrap();
                prop_assert!(so_far.seconds().eq(cut_off.seconds()));
                prop_assert_eq!(so_far.seconds().map(|(second, _)| second).collect::<Vec<_>>(), seconds.clone());
            }
        }
        prop_assert!(ended);
        let (read, completeness) = reader.finish().unwrap();
        prop_assert_eq!(completeness, Completeness::Complete);
        prop_assert_eq!(describe_run(&read), describe_run(&run));
        prop_assert_eq!((&read.meta, read.duration), (&run.meta, run.duration));
    }

    #[test]
    fn any_bytes_are_refused_or_read(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..6), version in 0..4u8) {
        let mut reader = RunReader::new();
        let head = if version > 0 { [b"LOADLINE", &[version, 0][..]].concat() } else { Vec::new() };
        for piece in std::iter::once(head).chain(pieces) {
            if reader.feed(&piece).is_err() {
                // Asked again, it says so again.
                prop_assert!(reader.feed(&[]).is_err());
                return Ok(());
            }
        }
        let _ = reader.finish();
    }
}

#[test]
fn a_file_is_followed_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.run");
    let schema = schema([0, 1, 2, 3]);
    let metric = schema.find("a_counter").unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let mut window = |tag: &str| {
        let tags = recorder.tags(TagSetId::EMPTY, &[("scenario", tag)]);
        recorder.record(metric, 1.0, tags);
        recorder.take_window()
    };
    let meta = described("soak.ts");
    let mut writer = RunWriter::new(File::create(&path).unwrap(), &meta, Arc::clone(&schema)).unwrap();
    let mut file = File::open(&path).unwrap();
    let mut reader = RunReader::new();
    let mut read = |reader: &mut RunReader| {
        let growth = reader.read_from(&mut file).unwrap();
        (growth.seconds, growth.ended)
    };

    assert_eq!(read(&mut reader), (vec![], false));
    assert_eq!(reader.run().unwrap().meta.name, "soak.ts");
    writer.write_second(0, &window("search")).unwrap();
    writer.write_second(1, &window("pay")).unwrap();
    assert_eq!(read(&mut reader), (vec![0, 1], false));
    assert_eq!(read(&mut reader), (vec![], false), "nothing has come meanwhile");
    // The rest of a second, in parts, with names that are new.
    writer.write_second(1, &window("browse")).unwrap();
    writer.write_second(1, &window("pay")).unwrap();
    assert_eq!(read(&mut reader), (vec![1], false));
    let counted = |run: &Run| {
        let metric = run.schema().find("a_counter").unwrap();
        run.select::<&str, &str>(metric, &[]).unwrap().as_counter().unwrap().count
    };
    assert_eq!(counted(reader.run().unwrap()), 4);
    writer.finish(&described("soak.ts, over"), Duration::from_millis(1_500)).unwrap();
    assert_eq!(read(&mut reader), (vec![], true));
    assert_eq!(read(&mut reader), (vec![], true), "it stays so");
    let (run, completeness) = reader.finish().unwrap();
    assert_eq!((run.meta.name.as_str(), run.duration), ("soak.ts, over", Duration::from_millis(1_500)));
    assert_eq!(completeness, Completeness::Complete);
}

#[test]
fn what_is_damaged_ends_and_keeps_what_was_before() {
    let run = run_of(&schema([0, 1, 2, 3]), &[], 1);
    let mut bytes = write_packed(&run, Vec::new()).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    let mut reader = RunReader::new();
    assert!(reader.feed(&bytes).unwrap().ended);
    bytes.write_all(b"more").unwrap();
    assert!(reader.feed(b"more").unwrap().ended);
    let (_, completeness) = reader.finish().unwrap();
    assert!(
        completeness.to_string().ends_with("the file is damaged: a checksum does not match"),
        "{completeness}"
    );
}

#[test]
fn windows_of_a_schema_that_grows_come_into_a_run() {
    let (here, there) = (schema([0, 1, 2, 3]), schema([3, 2, 1, 0]));
    let mut recorder = Recorder::new(Arc::clone(&there));
    let mut translation = Translation::new(Arc::clone(&there), Arc::clone(&here)).unwrap();
    let mut run = Run::new(described("here"), Arc::clone(&here));
    let mut expected = Run::new(described("there"), Arc::clone(&there));
    let names = ["a_counter", "later", "latest"];
    for (second, name) in names.iter().enumerate() {
        let metric = there.define(name, MetricKind::Counter, Unit::Plain).unwrap();
        let tags = recorder.tags(TagSetId::EMPTY, &[("round", name)]);
        recorder.record(metric, second as f64, tags);
        let window = recorder.take_window();
        run.push(second as u64, translation.window(&window).unwrap());
        expected.push(second as u64, window);
    }
    assert_eq!(describe_run(&run), describe_run(&expected));
    // A name that means something else here is refused, and nothing is defined for it.
    here.define("taken", MetricKind::Gauge, Unit::Plain).unwrap();
    let taken = there.define("taken", MetricKind::Counter, Unit::Plain).unwrap();
    recorder.record(taken, 1.0, TagSetId::EMPTY);
    let refused = translation.window(&recorder.take_window()).unwrap_err();
    assert!(refused.to_string().contains("`taken`"), "{refused}");
    let other = Schema::new();
    other.define("a_trend", MetricKind::Gauge, Unit::Plain).unwrap();
    let before = other.metrics().len();
    assert!(Translation::new(there, Arc::clone(&other)).is_err());
    assert_eq!(other.metrics().len(), before);
}
