//! Portraits written and read again, and files that are none.

use proptest::prelude::*;

use super::*;

fn portrait(tables: u32, values: &str) -> Portrait {
    let relation = |number: u32| Relation {
        schema: "public".to_owned(),
        name: format!("t{number:05}"),
        kind: 'r',
        table: None,
        pages: 7,
        tuples: 1e6,
        all_visible: 3,
        all_frozen: 0,
        bytes: 8192 * 7,
        scans: 0,
        writes: 0,
        index: None,
    };
    let values = Values { of: "text".to_owned(), text: values.to_owned() };
    let slot = |kind, values| Slot {
        kind,
        operator: "=(text,text)".to_owned(),
        collation: "\"default\"".to_owned(),
        numbers: Some(vec![0.5, 0.25]),
        values,
        ends: None,
    };
    Portrait {
        made_ms: 1,
        server: Server { version_number: 150_018, block_bytes: 8192, ..Server::default() },
        settings: Vec::new(),
        extensions: Vec::new(),
        roles: Vec::new(),
        schema: Vec::new(),
        relations: (0..tables).map(relation).collect(),
        statistics: (0..tables)
            .map(|relation| Statistics {
                relation,
                column: Column::Name("a".to_owned()),
                inherited: false,
                figures: Figures {
                    slots: vec![slot(1, Some(values.clone())), slot(2, Some(values.clone())), slot(3, None)],
                    ..Figures::default()
                },
            })
            .collect(),
        extended: Vec::new(),
        labels: Vec::new(),
        workload: None,
        has_values: true,
        lost: Vec::new(),
        usage: Some(Usage { standbys: 1, of: vec![Use::default(); tables as usize], ..Usage::default() }),
        counts: Vec::new(),
    }
}

#[test]
fn what_is_written_is_read() {
    let portrait = portrait(500, "{secret}");
    let file = portrait.write().unwrap();
    assert_eq!(Portrait::read(&file).unwrap(), portrait);
    assert!(file.len() < 10_000, "{}", file.len());
    assert_eq!(portrait.relation("public", "t00017").unwrap().name, "t00017");
    assert_eq!(portrait.relation("public", "t"), None);
}

#[test]
fn earlier_versions_are_read_without_what_they_had_not() {
    let portrait = Portrait { usage: None, ..portrait(3, "{a}") };
    let mut inside = postcard::to_stdvec(&portrait).unwrap();
    for version in [2, 1] {
        assert_eq!(inside.pop(), Some(0));
        let mut file = Portrait::wrapped(&inside).unwrap();
        file[8] = version;
        let packed = file.len() - 30 - 8;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&file[..26]);
        sum.update(&file[30..30 + packed]);
        file[26..30].copy_from_slice(&sum.finalize().to_le_bytes());
        assert_eq!(Portrait::read(&file).unwrap(), portrait);
    }
}

#[test]
fn what_is_no_portrait_is_told_apart() {
    let file = portrait(3, "{a}").write().unwrap();
    let said = |file: &[u8]| Portrait::read(file).unwrap_err().to_string();
    assert_eq!(said(b""), "is no portrait; `loadline db portrait` makes one");
    assert_eq!(said(b"PGDMP"), "is no portrait; `loadline db portrait` makes one");
    let whole = file.len();
    assert_eq!(
        said(&file[..whole - 1]),
        format!("is cut off: {} of {whole} bytes are there; copy or make it again", whole - 1)
    );
    let mut newer = file.clone();
    newer[8] = 7;
    assert!(said(&newer).starts_with("is a portrait of version 7, and this loadline reads up to 3"));
    let mut longer = file.clone();
    longer.push(0);
    assert_eq!(said(&longer), "is damaged: something is behind its end; copy or make it again");
    let mut huge = file;
    huge[24] = 0xff;
    assert!(said(&huge).starts_with("is too large for a portrait"), "{}", said(&huge));
}

#[test]
fn without_values_nothing_of_the_data_is_left() {
    let stripped = portrait(2, "{hunter2}").without_values();
    assert!(!stripped.has_values && !format!("{stripped:?}").contains("hunter2"));
    let kinds: Vec<i16> = stripped.statistics[0].figures.slots.iter().map(|slot| slot.kind).collect();
    assert_eq!(kinds, [1, 3]);
    let usable = stripped.statistics[0].figures.slots.iter().filter(|slot| slot.is_usable()).count();
    assert_eq!(usable, 1);
}

#[test]
fn a_dump_is_cut_at_its_own_headings_alone() {
    let dump = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET row_security = off;\n\n\
        --\n-- Name: f(); Type: FUNCTION; Schema: a b; Owner: -\n--\n\n\
        CREATE FUNCTION \"a b\".f() RETURNS text LANGUAGE sql AS $$\n--\n-- Name: x; Type: TABLE; Schema: s; Owner: -\n--\n\
        SELECT '\n\\restrict x\n'$$;\n\n\n\
        --\n-- Name: t; Type: odd; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.\"t; Type: odd\" (a text DEFAULT '--\n');\n\n\n\
        --\n-- Name: EXTENSION postgis; Type: COMMENT; Schema: -; Owner: -\n--\n\nCOMMENT ON EXTENSION postgis IS 'x';\n\n\n\
        --\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n\n";
    let pieces = pieces(dump);
    let names: Vec<&str> = pieces.iter().map(|piece| piece.name.as_str()).collect();
    assert_eq!(names, ["f()", "t; Type: odd"]);
    assert_eq!(pieces[0].schema, "a b");
    assert!(
        pieces[0].text.starts_with("CREATE FUNCTION") && pieces[0].text.ends_with("'$$;"),
        "{}",
        pieces[0].text
    );
    assert!(pieces[0].text.contains("\n\\restrict x\n"));
    assert!(pieces[1].text.ends_with("DEFAULT '--\n');"), "{}", pieces[1].text);
}

proptest! {
    #[test]
    fn whatever_is_read_is_refused_in_words(
        file in proptest::collection::vec(any::<u8>(), 0..200), with_mark in any::<bool>()
    ) {
        let mut bytes = if with_mark { b"LLPORTR\n\x01\x00".to_vec() } else { Vec::new() };
        bytes.extend(file);
        prop_assert!(Portrait::read(&bytes).is_err());
    }

    #[test]
    fn whatever_is_inside_is_read_or_refused(
        inside in proptest::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(), to in any::<u8>()
    ) {
        let _ = Portrait::read(&Portrait::wrapped(&inside).unwrap());
        let mut right = postcard::to_stdvec(&portrait(3, "{a,b}")).unwrap();
        let at = at.index(right.len());
        right[at] = to;
        if let Ok(other) = Portrait::read(&Portrait::wrapped(&right).unwrap()) {
            let count = other.relations.len();
            prop_assert!(other.statistics.iter().all(|statistics| (statistics.relation as usize) < count));
        }
    }

    #[test]
    fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8) {
        let mut file = portrait(5, "{a,b}").write().unwrap();
        let at = at.index(file.len());
        file[at] ^= 1_u8 << bit;
        prop_assert!(Portrait::read(&file).is_err());
    }

    #[test]
    fn a_part_is_no_whole(at in any::<prop::sample::Index>()) {
        let file = portrait(5, "{a,b}").write().unwrap();
        let at = at.index(file.len());
        prop_assert!(Portrait::read(&file[..at]).is_err());
    }

    #[test]
    fn any_text_is_cut_without_harm(dump in "(-- Name: |; Type: |; Schema: |; Owner: -|\n|--|'|\\$\\$|\\\\restrict x|a| ){0,40}") {
        for piece in pieces(&dump) {
            prop_assert!(!piece.text.is_empty());
        }
    }
}
