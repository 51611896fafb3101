//! The decoder against the encoders, whole and in pieces, and against bodies that were made to hurt.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use tokio::time::Instant;

use super::decompress::{Undecoded, decompress};
use super::encoding::Encoding::{self, Brotli, Deflate, Gzip, Zstd};
use super::encoding::compress;
use crate::bodies::{Bodies, Refused};

const EVERY: [Encoding; 4] = [Gzip, Deflate, Brotli, Zstd];

async fn within(header: &str, body: impl Into<Bytes>, limit: u64) -> Result<Bytes, Undecoded> {
    let bodies = Arc::new(Bodies::new(limit, limit.max(1 << 20)));
    decompress(header, body.into(), &bodies, Instant::now() + Duration::from_mins(10)).await
}

fn code(result: Result<Bytes, Undecoded>) -> u16 {
    match result {
        Err(Undecoded::Broken(failure)) => failure.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_encoding_and_chain_comes_back() {
    let text = "programme ".repeat(1000);
    for chain in [&[Gzip][..], &[Deflate], &[Brotli], &[Zstd], &[Gzip, Brotli, Zstd, Deflate, Gzip]] {
        let (body, header) = compress(chain, text.as_bytes()).unwrap();
        assert!(body.len() < text.len() / 10, "{header}");
        assert_eq!(within(&header.to_uppercase(), body, 1 << 20).await.unwrap(), text, "{header}");
    }
}

#[tokio::test]
async fn raw_deflate_and_gzip_in_members_are_taken_too() {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(b"raw").unwrap();
    assert_eq!(within("deflate", writer.finish().unwrap(), 100).await.unwrap(), "raw");
    let mut members = Vec::new();
    for text in ["one ", "two "] {
        let header = flate2::GzBuilder::new().filename("name").comment("words").extra(vec![1, 2, 3]);
        let mut writer = header.write(&mut members, flate2::Compression::best());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap();
    }
    assert_eq!(within("x-gzip", members.clone(), 100).await.unwrap(), "one two ");
    members.extend_from_slice(b"rubbish");
    assert_eq!(code(within("gzip", members, 100).await), 1701);
}

#[tokio::test]
async fn a_header_checksum_is_checked() {
    // RFC 1952 section 2.3.1: the two low bytes of the CRC32 of all that is before them.
    let mut head = vec![0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 255];
    let mut sum = flate2::Crc::new();
    sum.update(&head);
    head.extend_from_slice(&(sum.sum() as u16).to_le_bytes());
    let (plain, _) = compress(&[Gzip], b"checked").unwrap();
    head.extend_from_slice(&plain[10..]);
    assert_eq!(within("gzip", head.clone(), 100).await.unwrap(), "checked");
    head[10] ^= 1;
    assert_eq!(code(within("gzip", head, 100).await), 1701);
}

#[tokio::test]
async fn what_is_unknown_or_empty_stays() {
    assert_eq!(within("aws-chunked, identity", "x", 9).await.unwrap(), "x");
    for encoding in EVERY {
        assert_eq!(within(encoding.name(), Bytes::new(), 9).await.unwrap(), "");
        // Nothing, encoded once: a layer above it finds nothing.
        let (nothing, header) = compress(&[encoding], b"").unwrap();
        assert_eq!(within(&format!("gzip, {header}"), nothing, 9).await.unwrap(), "", "{header}");
    }
}

#[tokio::test]
async fn broken_cut_and_oversized_bodies_are_failures() {
    for encoding in EVERY {
        let name = encoding.name();
        assert_eq!((code(within(name, "\u{fffd}not compressed", 100).await), name), (1701, name));
        let (bomb, header) = compress(&[encoding], &vec![0; 1 << 20]).unwrap();
        for cut in [1, 2, bomb.len() / 2, bomb.len() - 1] {
            assert_eq!(code(within(&header, bomb.slice(..cut), 2 << 20).await), 1701, "{header} {cut}");
        }
        let refused = within(&header, bomb, 1 << 10).await;
        assert_eq!(refused, Err(Undecoded::Refused(Refused::One(1 << 10))), "{header}");
    }
}

#[tokio::test]
async fn layers_are_limited() {
    let five = vec![Gzip; 5];
    let (body, header) = compress(&five, b"deep").unwrap();
    assert_eq!(within(&header, body.clone(), 100).await.unwrap(), "deep");
    let failure = within(&format!("{header}, gzip"), body, 100).await;
    let Err(Undecoded::Broken(failure)) = failure else { panic!("{failure:?}") };
    assert!(failure.code == 1701 && failure.to_string().contains("6 encodings"), "{failure}");
}

/// A task that counts its turns while a body is decoded.
async fn turns(header: &str, body: Bytes, deadline: Instant) -> (u32, Result<Bytes, Undecoded>) {
    let bodies = Arc::new(Bodies::new(64 << 20, 64 << 20));
    let decoding = decompress(header, body, &bodies, deadline);
    tokio::pin!(decoding);
    let mut turns = 0;
    loop {
        tokio::select! {
            biased;
            result = &mut decoding => return (turns, result),
            () = std::future::ready(()) => turns += 1,
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn others_have_their_turn_and_the_time_out_holds() {
    let later = Instant::now() + Duration::from_mins(10);
    for encoding in EVERY {
        let (bomb, header) = compress(&[encoding], &vec![0; 20 << 20]).unwrap();
        let (turns_of_others, result) = turns(&header, bomb.clone(), later).await;
        assert_eq!(result.unwrap().len(), 20 << 20);
        assert!(turns_of_others >= 20, "{header}: {turns_of_others}");
        let (turns_of_others, result) = turns(&header, bomb, Instant::now()).await;
        assert_eq!((turns_of_others, result), (0, Err(Undecoded::Deadline)), "{header}");
    }
}

#[tokio::test]
async fn a_layer_that_gives_nothing_yields_too() {
    // Stored blocks without content: the layer swallows them all and gives nothing.
    let mut hollow = Vec::new();
    for _ in 0..2_000_000 {
        hollow.extend_from_slice(&[0, 0, 0, 0xff, 0xff]);
    }
    hollow.extend_from_slice(&[3, 0]);
    let (bomb, _) = compress(&[Gzip], &hollow).unwrap();
    let (turns_of_others, result) =
        turns("deflate, gzip", bomb, Instant::now() + Duration::from_mins(10)).await;
    assert_eq!(result.unwrap(), "");
    assert!(turns_of_others >= 50, "{turns_of_others}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_body_comes_back_or_the_limit_is_named(
        chain in prop::collection::vec(prop::sample::select(&EVERY[..]), 1..=5),
        unit in prop::collection::vec(any::<u8>(), 0..600),
        times in 1_usize..300,
        limit in 0_u64..150_000,
    ) {
        let text = unit.repeat(times);
        let (body, header) = compress(&chain, &text).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let result = runtime.block_on(within(&header, body, limit));
        if text.len() as u64 <= limit {
            prop_assert_eq!(result.unwrap(), text);
        } else {
            prop_assert_eq!(result, Err(Undecoded::Refused(Refused::One(limit))));
        }
    }
}
