//! The Run file: round trips, files cut off anywhere, damage, other versions.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadline_measure::{
    Better, ComparedFigures, Completeness, Description, FigureSpec, Host, MetricKind, Origin, Producer,
    Quantity, RUN_FILE_VERSION, Recorder, Run, RunFileError, RunMeta, RunReader, RunWriter, Schema, Subject,
    TagSetId, ThresholdText, Unit, WorkloadId, read_run, write_packed, write_run,
};
use proptest::prelude::*;

use crate::support::{Recorded, describe_run, run_of, schema, values};

fn meta() -> RunMeta {
    RunMeta {
        name: "checkout.ts".to_owned(),
        started_unix_ms: 1_800_000_000_123,
        options: "{\"vus\":5}".to_owned(),
        thresholds: vec![ThresholdText {
            selector: "a_trend".to_owned(),
            expression: "p(95)<500".to_owned(),
            abort_on_fail: true,
            ..ThresholdText::default()
        }],
        version: "0.1.0".to_owned(),
        host: Host { name: "loader".to_owned(), cores: 2, ..Host::default() },
        annotations: [("commit".to_owned(), "abc".to_owned())].into(),
        ..RunMeta::default()
    }
}

fn read(bytes: &[u8]) -> (Run, Completeness) {
    read_run(bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn sample_run() -> Run {
    let values: Vec<Recorded> = (0..3000)
        .map(|index| Recorded {
            second: index / 500,
            metric: (index % 4) as usize,
            scenario: (index % 3 == 0).into(),
            value: index as f64 / 7.0,
        })
        .collect();
    let mut run = run_of(&schema([0, 1, 2, 3]), &values, 2);
    run.meta = meta();
    run.duration = Duration::from_millis(6_123);
    run
}

/// A file that can be looked at while it is written.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_written_is_read(values in values(4000)) {
        let mut run = run_of(&schema([3, 1, 0, 2]), &values, 2);
        run.meta = meta();
        run.duration = Duration::from_millis(4_321);
        let bytes = write_run(&run, Vec::new()).unwrap();
        let (read, completeness) = read(&bytes);
        prop_assert_eq!(completeness, Completeness::Complete);
        prop_assert_eq!(describe_run(&read), describe_run(&run));
        prop_assert_eq!((&read.meta, read.duration), (&run.meta, run.duration));
        // Totals to the last bit: the same windows in the same order.
        let totals = |run: &Run| run.series().map(|(_, tags, sink)| (tags.clone(), sink.clone())).collect::<Vec<_>>();
        let again = self::read(&write_run(&read, Vec::new()).unwrap()).0;
        prop_assert_eq!(totals(&again), totals(&read));
        let mut ours = totals(&run);
        let mut theirs = totals(&read);
        ours.sort_by(|left, right| (&left.0, left.1.kind()).cmp(&(&right.0, right.1.kind())));
        theirs.sort_by(|left, right| (&left.0, left.1.kind()).cmp(&(&right.0, right.1.kind())));
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn bytes_from_anywhere_do_not_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300), version in 0..4u8) {
        if version > 0 {
            bytes.splice(0..0, [b"LOADLINE", &[version, 0][..]].concat());
        }
        let _ = read_run(bytes.as_slice());
    }

    #[test]
    fn a_flipped_bit_is_noticed(position in 10..10_000usize, bit in 0..8u8, packed: bool) {
        let write = if packed { write_packed } else { write_run };
        let mut bytes = write(&sample_run(), Vec::new()).unwrap();
        let position = 10 + position % (bytes.len() - 10);
        bytes[position] ^= 1 << bit;
        // Some bits of the compressed stream carry nothing; then the run is whole and right.
        if let Ok((run, Completeness::Complete)) = read_run(bytes.as_slice()) {
            prop_assert_eq!(describe_run(&run), describe_run(&sample_run()));
        }
    }

    #[test]
    fn a_packed_run_is_the_run(values in values(6000)) {
        let mut run = run_of(&schema([3, 1, 0, 2]), &values, 2);
        run.meta = meta();
        run.duration = Duration::from_millis(4_321);
        let (plain, _) = read(&write_run(&run, Vec::new()).unwrap());
        let (packed, completeness) = read(&write_packed(&run, Vec::new()).unwrap());
        prop_assert_eq!(completeness, Completeness::Complete);
        prop_assert_eq!((&packed.meta, packed.duration), (&run.meta, run.duration));
        prop_assert!(packed.seconds().eq(plain.seconds()));
        prop_assert!(packed.series().eq(plain.series()));
        // Once more, from what was read.
        let (again, _) = read(&write_packed(&packed, Vec::new()).unwrap());
        prop_assert!(again.seconds().eq(packed.seconds()));
    }

    /// Damage that the checksums do not notice, because whoever made it made them too.
    #[test]
    fn a_packed_file_with_wrong_content_does_not_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let bytes = write_packed(&sample_run(), Vec::new()).unwrap();
        let mut frames = packed_frames(&bytes);
        let block = frames.iter_mut().find(|(kind, _)| *kind == 4).expect("there are seconds");
        for (position, byte) in changes {
            let position = position.index(block.1.len());
            block.1[position] = byte;
        }
        let _ = read_run(sealed_again(&frames).as_slice());
    }
}

/// The frames of a packed file: kind and payload.
fn packed_frames(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    let mut rest = &bytes[10..];
    while let [kind, length @ ..] = rest {
        let (length, after) = length.split_at(4);
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        frames.push((*kind, after[..length].to_vec()));
        rest = &after[length + 4..];
    }
    frames
}

fn sealed_again(frames: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"LOADLINE\x02\x00".to_vec();
    for (kind, payload) in frames {
        let start = bytes.len();
        bytes.push(*kind);
        bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        bytes.extend_from_slice(payload);
        let checksum = crc32fast::hash(&bytes[start..]);
        bytes.extend_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

#[test]
fn a_packed_file_cut_off_anywhere_is_told_and_read_up_to_its_last_whole_block() {
    let bytes = write_packed(&sample_run(), Vec::new()).unwrap();
    for cut in 0..bytes.len() {
        match read_run(&bytes[..cut]) {
            Err(RunFileError::NoDescription(_)) => {}
            Ok((read, Completeness::Damaged { last_second: Some(second), .. })) => {
                assert_eq!(read.seconds().count() as u64, second + 1);
                assert!(read.seconds().eq(sample_run().seconds().take(second as usize + 1)), "{cut}");
            }
            Ok((read, Completeness::Damaged { last_second: None, .. })) => {
                assert_eq!(read.seconds().count(), 0);
            }
            other => panic!("{cut}: {other:?}"),
        }
    }
    let (_, completeness) = read_run(&bytes[..bytes.len() - 3]).unwrap();
    assert_eq!(
        completeness.to_string(),
        "the run is damaged, it ends after second 5: the file is damaged: it ends early"
    );
}

#[test]
fn a_file_cut_off_at_any_byte_reads_up_to_its_last_whole_second() {
    let run = sample_run();
    let file = Shared::default();
    let length = || file.0.lock().unwrap().len();
    let mut writer = RunWriter::new(file.clone(), &run.meta, Arc::clone(run.schema())).unwrap();
    let described = length();
    let mut ends = Vec::new();
    for (second, window) in run.seconds() {
        writer.write_second(second, &window).unwrap();
        ends.push(length());
    }
    writer.finish(&run.meta, run.duration).unwrap();
    let bytes = file.0.lock().unwrap().clone();
    assert_eq!(ends.len(), 6);
    for cut in 0..bytes.len() {
        let result = read_run(&bytes[..cut]);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        match result {
            Err(RunFileError::NoDescription(_)) => assert!(cut < described, "{cut}"),
            Err(error) => panic!("{cut}: {error}"),
            // The very last bytes close the compressed stream and carry nothing of the run.
            Ok((read, Completeness::Complete)) => {
                assert!(cut > *ends.last().unwrap(), "{cut}");
                assert_eq!(describe_run(&read), describe_run(&run));
            }
            Ok((read, Completeness::Cut { last_second, .. })) => {
                assert_eq!(read.seconds().count(), whole, "{cut}");
                assert_eq!(last_second, (whole as u64).checked_sub(1), "{cut}");
                assert_eq!(read.duration, Duration::from_secs(whole as u64), "{cut}");
                assert_eq!(read.meta, run.meta);
            }
            Ok((_, other)) => panic!("{cut}: {other}"),
        }
    }
}

#[test]
fn that_a_run_was_interrupted_stays_with_it() {
    let mut run = sample_run();
    let interrupted = Completeness::Interrupted { why: "by a signal".to_owned() };
    run.set_completeness(interrupted.clone());
    for bytes in [write_run(&run, Vec::new()).unwrap(), write_packed(&run, Vec::new()).unwrap()] {
        let (read, completeness) = read(&bytes);
        assert_eq!((&completeness, &read.completeness()), (&interrupted, &interrupted));
        // Of two parts of one run, one that is not whole is enough.
        let mut both = sample_run();
        both.merge(read).unwrap();
        assert_eq!(both.completeness(), interrupted);
    }
    let bytes = write_run(&run, Vec::new()).unwrap();
    let cut = read(&bytes[..bytes.len() - 60]).0;
    assert!(matches!(cut.completeness(), Completeness::Cut { .. }));
    let mut both = sample_run();
    both.merge(cut.clone()).unwrap();
    assert_eq!(both.completeness(), cut.completeness());
}

#[test]
fn a_packed_file_of_many_series_has_blocks_that_stand_alone() {
    let schema = Schema::new();
    let metric = schema.define("events", MetricKind::Counter, Unit::Plain).unwrap();
    let mut recorder = Recorder::new(Arc::clone(&schema));
    let tags: Vec<TagSetId> =
        (0..15_000).map(|id| schema.intern(TagSetId::EMPTY, &[("id", &id.to_string())])).collect();
    let mut run = Run::new(meta(), schema);
    for second in 0..20 {
        for tags in &tags {
            recorder.record(metric, second as f64, *tags);
        }
        run.push(second, recorder.take_window());
    }
    let bytes = write_packed(&run, Vec::new()).unwrap();
    let frames = packed_frames(&bytes);
    assert_eq!(frames.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [0, 3, 4, 4, 4, 2]);
    assert!(read(&bytes).0.seconds().eq(run.seconds()));
    let (part, completeness) = read(&sealed_again(&frames[..4]));
    assert!(matches!(completeness, Completeness::Damaged { last_second: Some(15), .. }));
    assert!(part.seconds().eq(run.seconds().take(16)));
}

const DESCRIPTION_OF_BEFORE: &str = concat!(
    r#"{"name":"loadtests/search.ts","started_unix_ms":1795000000000,"options":"","thresholds":[],"#,
    r#""allow_no_data":false,"version":"0.1.0","host":{"name":"loader","system":"linux x86_64","cores":2,"#,
    r#""memory_bytes":4294967296},"origin":{"script_hash":"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"#,
    r#"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f","plan":"search: constant-vus, 5 VUs, 3s","target":"http://shop.test","#,
    r#""target_version":"","commit":"c0ffee","branch":""},"endpoints":[["search","GET /search"]],"budgets":[],"#,
    r#""annotations":{},"saturation":null}"#
);

/// What Loadline wrote before runs said what they are of and which of their figures are worth comparing.
#[test]
fn files_of_before_read_as_they_were_meant() {
    let files: [&[u8]; 2] =
        [include_bytes!("data/version-1.loadline"), include_bytes!("data/version-2.loadline")];
    for file in files {
        let (run, completeness) = read(file);
        assert_eq!((completeness, run.seconds().count()), (Completeness::Complete, 3));
        let meta = &run.meta;
        assert_eq!(meta.figures, ComparedFigures::http());
        assert_eq!(meta.origin.workload, WorkloadId::new(Producer::Unknown, "5f".repeat(32)));
        // What histories know such runs by.
        let fingerprint =
            "5f".repeat(32) + " | search: constant-vus, 5 VUs, 3s | loader linux x86_64 2 cores";
        assert_eq!(meta.fingerprint(), fingerprint);
        let script = WorkloadId { producer: Producer::Script, ..meta.origin.workload.clone() };
        let now = RunMeta { origin: Origin { workload: script, ..meta.origin.clone() }, ..meta.clone() };
        assert_eq!(now.fingerprint(), fingerprint, "runs of today go on where those of before ended");
        // The description to the byte: histories tell by it that a run is there already.
        assert_eq!(serde_json::to_string(meta).unwrap(), DESCRIPTION_OF_BEFORE);
        let duration = run.schema().find("http_req_duration").expect("it was measured");
        assert_eq!(run.select(duration, &[("name", "/search")]).map(|sink| sink.count()), Some(300));
    }
}

#[test]
fn a_run_says_what_it_is_of_and_what_is_worth_comparing() {
    let spec =
        FigureSpec::new(Subject::Tag("cache".to_owned()), "cache_hits", Quantity::Share, Better::Higher);
    let mut run = sample_run();
    run.meta.figures = ComparedFigures(vec![spec.called("hits")]);
    run.meta.origin.workload = WorkloadId::new(Producer::Other("cache".to_owned()), "rules 7");
    run.meta.measured_on = Host { name: "edge".to_owned(), cores: 4, ..Host::default() };
    run.meta.descriptions.insert("cache_hits".to_owned(), Description::new("Hits", "", "Cache"));
    for bytes in [write_run(&run, Vec::new()).unwrap(), write_packed(&run, Vec::new()).unwrap()] {
        assert_eq!(read(&bytes).0.meta, run.meta);
    }
    assert_eq!(run.meta.fingerprint(), "cache rules 7 |  | loader  2 cores, measured on edge  4 cores");
    run.meta.host = Host::default();
    assert_eq!(run.meta.fingerprint(), "cache rules 7 |  | measured on edge  4 cores");
}

#[test]
fn other_files_are_told_apart() {
    let message = |bytes: &[u8]| read_run(bytes).unwrap_err().to_string();
    assert_eq!(
        message(b"#!/bin/sh\n"),
        "this is not a Run file: it does not begin with `LOADLINE`; write one with `--out run=FILE`"
    );
    assert_eq!(
        message(b""),
        "the Run file ends before its first second (it was cut off in its first bytes): nothing of the run can be \
         recovered"
    );
    let mut newer = write_run(&sample_run(), Vec::new()).unwrap();
    newer[8..10].copy_from_slice(&(RUN_FILE_VERSION + 1).to_le_bytes());
    assert_eq!(
        message(&newer),
        "the Run file has version 3, and this Loadline reads up to version 2; read it with the Loadline that wrote \
         it, or a newer one"
    );
}

#[test]
fn what_is_behind_the_end_is_no_part_of_a_run_and_is_told() {
    for write in [write_run, write_packed] {
        let whole = write(&sample_run(), Vec::new()).unwrap();
        for behind in [&whole[..], b"x", &[0; 9], &vec![0; 100_000], &whole[whole.len() - 3..]] {
            let (run, completeness) = read(&[&whole, behind].concat());
            let told = completeness.to_string();
            assert!(told.ends_with("the file is damaged: there is something behind its end"), "{told}");
            assert_eq!(describe_run(&run), describe_run(&sample_run()));
            let mut reader = RunReader::new();
            for byte in [&whole, behind].concat() {
                reader.feed(&[byte]).unwrap();
            }
            assert_eq!(reader.finish().unwrap().1, completeness);
        }
        // It has no end: one byte is enough.
        let (_, completeness) = read_run(whole.as_slice().chain(io::repeat(0))).unwrap();
        assert!(matches!(completeness, Completeness::Damaged { .. }));
    }
}

#[test]
fn a_reader_that_fails_is_not_a_run_that_ends() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("the disk is gone")) } else { self.0.read(buffer) }
        }
    }
    let bytes = write_run(&sample_run(), Vec::new()).unwrap();
    let error = read_run(Failing(&bytes[..bytes.len() / 2])).unwrap_err();
    assert_eq!(error.to_string(), "the Run file could not be read: the disk is gone");
}

#[test]
fn an_incomplete_run_says_so() {
    let bytes = write_run(&sample_run(), Vec::new()).unwrap();
    let (_, completeness) = read(&bytes[..bytes.len() - 100]);
    assert!(
        completeness.to_string().starts_with("the run is incomplete, it ends after second "),
        "{completeness}"
    );
    assert!(completeness.to_string().ends_with(": the file was cut off"), "{completeness}");
}
