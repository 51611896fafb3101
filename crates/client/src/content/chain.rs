//! Encodings on top of each other, undone together: no layer's output is ever held whole, and a step does little.
//!
//! A body of three kilobytes may be one of gigabytes, and a layer may swallow gigabytes to give nothing at all. So each
//! step gives each layer one piece, and whoever takes the steps decides how many there are before others have their
//! turn.

use super::codec::Codec;
use super::encoding::Encoding;
use super::progress::Progress;

/// Most encodings on top of each other. A real answer has one, rarely two; curl takes five as well.
pub(super) const MOST_LAYERS: usize = 5;
/// The largest piece that is given to a layer at once.
pub(super) const PIECE: usize = 16 << 10;

/// Why a body can't be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undecodable {
    /// The encoding that it is about.
    pub(super) encoding: &'static str,
    pub(super) words: String,
}

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Bytes taken of the body.
    pub(super) used: usize,
    /// Bytes put into the output.
    pub(super) made: usize,
    /// There is no more to come.
    pub(super) done: bool,
}

/// The layers of a body, the one that is undone first at the start.
#[derive(Debug)]
pub(super) struct Chain {
    layers: Vec<Layer>,
    /// What each layer but the last has given and the next has not taken yet.
    between: Vec<Between>,
}

#[derive(Debug)]
struct Layer {
    name: &'static str,
    codec: Codec,
    /// It filled what it was given to write to, so there may be more without more input.
    full: bool,
    /// What it was given may end here; nothing at all may: servers say `gzip` over empty bodies.
    whole: bool,
    done: bool,
}

#[derive(Debug, Default)]
struct Between {
    bytes: Vec<u8>,
    at: usize,
}

impl Chain {
    /// The layers that a `Content-Encoding` lists, last first; unknown ones are left as they are.
    ///
    /// # Errors
    /// When there are more than anybody needs.
    pub(super) fn new(header: &str) -> Result<Chain, Undecodable> {
        let encodings = || header.rsplit(',').filter_map(|name| Encoding::from_name(name.trim()));
        let count = encodings().count();
        if count > MOST_LAYERS {
            let words = format!("{count} encodings on top of each other; up to {MOST_LAYERS} are undone");
            return Err(Undecodable { encoding: "too many layers", words });
        }
        let layer = |encoding: Encoding| {
            let name = encoding.name();
            let codec = Codec::new(encoding)
                .map_err(|error| Undecodable { encoding: name, words: error.to_string() })?;
            Ok(Layer { name, codec, full: false, whole: true, done: false })
        };
        let layers: Vec<Layer> = encodings().map(layer).collect::<Result<_, _>>()?;
        let between = (1..layers.len()).map(|_| Between::default()).collect();
        Ok(Chain { layers, between })
    }

    /// Whether there is nothing to undo.
    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Gives every layer a piece. `body` is what is left of the body, and `ends` whether that is all of it.
    ///
    /// # Errors
    /// When the body is not what its encodings say.
    pub(super) fn step(&mut self, body: &[u8], ends: bool, out: &mut [u8]) -> Result<Step, Undecodable> {
        let mut step = Step::default();
        let mut moved = false;
        let piece = &body[..body.len().min(PIECE)];
        // Whether what a layer has before it is all that it will ever get.
        let mut last = ends && piece.len() == body.len();
        let count = self.layers.len();
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let (taken, given) = self.between.split_at_mut(index);
            let mut source = taken.last_mut();
            let target = given.first_mut();
            // What was given already is taken first.
            let blocked = target.as_ref().is_some_and(|target| target.at < target.bytes.len());
            if layer.done || blocked {
                last = layer.done;
                continue;
            }
            let input = source.as_ref().map_or(piece, |source| &source.bytes[source.at..]);
            let length = input.len();
            let ran = layer.run(input, target, &mut *out)?;
            moved |= ran.used > 0 || ran.made > 0;
            match &mut source {
                None => step.used = ran.used,
                Some(source) => source.at += ran.used,
            }
            if index + 1 == count {
                step.made = ran.made;
            }
            layer.done = last && ran.used == length && !layer.full && layer.whole;
            last = layer.done;
        }
        step.done = self.layers.last().is_none_or(|layer| layer.done);
        let starved =
            if moved || step.done || !ends { None } else { self.layers.iter().find(|layer| !layer.done) };
        match starved {
            // It has had everything, and waits for what will not come.
            Some(layer) if piece.len() == body.len() => {
                Err(layer.broken("unexpected end of the body".to_owned()))
            }
            _ => Ok(step),
        }
    }
}

impl Layer {
    fn broken(&self, words: String) -> Undecodable {
        Undecodable { encoding: self.name, words }
    }

    /// Gives the layer what there is, if that can lead anywhere.
    fn run(
        &mut self,
        input: &[u8],
        target: Option<&mut Between>,
        out: &mut [u8],
    ) -> Result<Progress, Undecodable> {
        if input.is_empty() && !self.full {
            return Ok(Progress { whole: self.whole, ..Progress::default() });
        }
        let (ran, room) = match target {
            None => (self.codec.run(input, out), out.len()),
            Some(target) => {
                target.bytes.resize(PIECE, 0);
                target.at = 0;
                let ran = self.codec.run(input, &mut target.bytes);
                target.bytes.truncate(ran.as_ref().map_or(0, |ran| ran.made));
                (ran, PIECE)
            }
        };
        let ran = ran.map_err(|error| self.broken(error.to_string()))?;
        (self.whole, self.full) = (ran.whole, ran.made == room);
        Ok(ran)
    }
}
