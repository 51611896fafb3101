//! Messages that wait to be taken, in order. Their bytes are bounded: the oldest go first, because what they said is
//! said again by newer ones.

use std::collections::VecDeque;

use crate::form::Message;

/// Bytes that may wait, compressed.
const MOST_BYTES: usize = 32 << 20;

/// Messages in the order in which they were made.
#[derive(Debug)]
pub(super) struct Outbox {
    waiting: VecDeque<Message>,
    bytes: usize,
    most_bytes: usize,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, most_bytes: MOST_BYTES }
    }
}

impl Outbox {
    /// Adds a message; those for which there is no more room.
    pub(super) fn put(&mut self, message: Message) -> Vec<Message> {
        self.bytes += size(&message);
        self.waiting.push_back(message);
        let mut lost = Vec::new();
        // The newest stays, however large it is.
        while self.bytes > self.most_bytes && self.waiting.len() > 1 {
            lost.extend(self.take());
        }
        lost
    }

    /// The first.
    pub(super) fn first(&self) -> Option<&Message> {
        self.waiting.front()
    }

    /// Takes the first out.
    pub(super) fn take(&mut self) -> Option<Message> {
        let first = self.waiting.pop_front()?;
        self.bytes -= size(&first);
        Some(first)
    }

    /// Puts another in the place of the first.
    pub(super) fn replace(&mut self, message: Message) {
        self.take();
        self.bytes += size(&message);
        self.waiting.push_front(message);
    }
}

fn size(message: &Message) -> usize {
    message.body.len() + 4 * message.series.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u32, bytes: usize) -> Message {
        Message { body: vec![0; bytes].into(), fields: &[], points: 1, series: vec![number] }
    }

    #[test]
    fn the_oldest_are_lost_and_the_newest_never() {
        let mut outbox = Outbox { most_bytes: 100, ..Outbox::default() };
        assert!((0..4).all(|number| outbox.put(message(number, 20)).is_empty()));
        let lost = outbox.put(message(4, 30));
        assert_eq!(lost.iter().map(|lost| lost.series[0]).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(outbox.put(message(5, 1000)).len(), 3);
        assert_eq!(outbox.first().unwrap().series, [5]);
        outbox.replace(message(6, 10));
        assert_eq!((outbox.first().unwrap().series.clone(), outbox.bytes), (vec![6], 14));
        assert!(outbox.take().is_some() && outbox.take().is_none() && outbox.bytes == 0);
    }
}
