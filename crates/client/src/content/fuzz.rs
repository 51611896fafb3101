//! What a fuzzer does with the content decoder. `fuzz/` calls it with libFuzzer's inputs; the tests below call it with
//! the kept inputs and with mutations of them, so that it is never out of date.

use std::io::{self, Read};

use super::chain::{Chain, PIECE, Undecodable};
use super::encoding::Encoding;

/// What is decoded of an input; beyond it stands the limit.
const LIMIT: usize = 1 << 20;
const ALL: [Encoding; 4] = [Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd];

/// Decodes `input`: its first byte says how many layers there are and the second how large the pieces, then comes a
/// byte for each layer and the body.
///
/// # Panics
/// A step takes or makes more than it was given room for, or what comes out differs from what the libraries' own
/// readers make of it.
pub(crate) fn content_encoding(input: &[u8]) {
    let [count, size, rest @ ..] = input else { return };
    let count = usize::from(count % 4 + 1);
    let Some((layers, body)) = rest.split_at_checked(count) else { return };
    let layers: Vec<Encoding> = layers.iter().map(|layer| ALL[usize::from(layer % 4)]).collect();
    let names: Vec<&str> = layers.iter().map(|layer| layer.name()).collect();
    let header = names.join(", ");
    let (pieces, room) = (usize::from(size >> 4) * 37 + 1, usize::from(size & 15) * 1009 + 1);
    let ours = decode(&header, body, pieces, room);
    let theirs =
        layers.iter().rev().try_fold(body.to_vec(), |body, layer| reference(*layer, &body, pieces, room));
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert!(ours == theirs, "{header}: {} and {} bytes", ours.len(), theirs.len());
        }
        (Ok(ours), Err(error)) => {
            // Inner layers may be larger than what they lead to.
            let cut = ours.len() == LIMIT || error.kind() == io::ErrorKind::FileTooLarge;
            assert!(cut, "{header}: {} bytes, and {error}", ours.len());
        }
        // The readers take a stream that lacks its end, and those of Brotli more than its specification has.
        (Err(error), Ok(_)) => {
            assert!(error.words.contains("unexpected end") || header.contains("br"), "{header}: {error:?}");
        }
        (Err(_), Err(_)) => {}
    }
}

/// Up to [`LIMIT`] bytes, by pieces.
fn decode(header: &str, body: &[u8], pieces: usize, room: usize) -> Result<Vec<u8>, Undecodable> {
    let mut chain = Chain::new(header)?;
    let mut out = vec![0; room];
    let (mut all, mut at, mut given) = (Vec::new(), 0, 0);
    loop {
        if at == given {
            given = body.len().min(given + pieces);
        }
        let step = chain.step(&body[at..given], given == body.len(), &mut out)?;
        assert!(step.used <= PIECE.min(given - at) && step.made <= room, "{step:?}");
        at += step.used;
        all.extend_from_slice(&out[..step.made]);
        if all.len() >= LIMIT {
            all.truncate(LIMIT);
            return Ok(all);
        }
        if step.done {
            return Ok(all);
        }
        // Before the end it may take nothing, and want more.
        if step.used == 0 && given < body.len() {
            given = body.len().min(given + pieces);
        }
    }
}

/// What the library's own reader makes of one layer.
fn reference(layer: Encoding, body: &[u8], pieces: usize, room: usize) -> io::Result<Vec<u8>> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let zlib = matches!(body, [a, b, ..] if a & 15 == 8 && a >> 4 < 8 && (u32::from(*a) * 256 + u32::from(*b)) % 31 == 0);
    let mut out = Vec::new();
    // The same pieces: zstd passes over some errors where it is given room enough.
    let mut piece = vec![0; room];
    let mut read = |reader: &mut dyn Read| -> io::Result<()> {
        loop {
            match reader.read(&mut piece)? {
                0 => return Ok(()),
                made => out.extend_from_slice(&piece[..made]),
            }
            if out.len() > LIMIT {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
    };
    match layer {
        Encoding::Gzip => read(&mut flate2::read::MultiGzDecoder::new(body)),
        Encoding::Deflate if zlib => read(&mut flate2::read::ZlibDecoder::new(body)),
        Encoding::Deflate => read(&mut flate2::read::DeflateDecoder::new(body)),
        Encoding::Brotli => read(&mut brotli::Decompressor::new(body, 4096)),
        Encoding::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(io::BufReader::with_capacity(pieces, body))?;
            decoder.window_log_max(23)?;
            read(&mut decoder)
        }
    }?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Inputs that found something, or lead somewhere.
    fn kept() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/content_encoding");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|file| fs::read(file).unwrap()).collect()
    }

    /// Splitmix64: the same numbers each time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
        }
    }

    /// Some bytes changed, doubled, left out, or taken from another input.
    fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], numbers: &mut Numbers) {
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(input.len() + 1);
            let end = at + numbers.below(input.len().min(at + 16) - at + 1);
            match numbers.below(5) {
                0 if at < input.len() => input[at] ^= 1 << numbers.below(8),
                1 if at < input.len() => input[at] = numbers.below(256) as u8,
                2 => drop(input.drain(at..end)),
                3 => {
                    let part = input[at..end].to_vec();
                    input.splice(at..at, part);
                }
                _ => {
                    let other = &others[numbers.below(others.len())];
                    let from = numbers.below(other.len());
                    input.splice(at..at, other[from..].iter().copied());
                }
            }
        }
        input.truncate(4_096);
    }

    /// `FUZZ_INPUTS=3000000 cargo test --release -p loadline-client fuzz` tries more of them.
    #[test]
    fn no_kept_input_nor_a_mutation_of_it_is_too_strange() {
        let kept = kept();
        assert!(kept.len() >= 10, "{}", kept.len());
        for input in &kept {
            content_encoding(input);
        }
        let inputs: u64 = std::env::var("FUZZ_INPUTS").map_or(10_000, |count| count.parse().unwrap());
        let mut numbers = Numbers(inputs);
        let mut input = Vec::new();
        for _ in 0..inputs {
            // A chain of mutations, begun anew now and then.
            if input.is_empty() || numbers.below(8) == 0 {
                input.clone_from(&kept[numbers.below(kept.len())]);
            }
            mutate(&mut input, &kept, &mut numbers);
            content_encoding(&input);
        }
    }
}
