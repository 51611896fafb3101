//! JSON lists whose elements are taken one by one, so that nothing of them is kept that is not wanted.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// Reads an object; a list is none, whatever is in it.
pub(crate) fn object<'a, T: Deserialize<'a>>(message: &'a [u8]) -> serde_json::Result<T> {
    if message.trim_ascii_start().starts_with(b"[") {
        return Err(de::Error::custom("it is a list"));
    }
    serde_json::from_slice(message)
}

/// Hands each element of a list to a function. `null` is a list without any.
pub(crate) struct Each<T, F>(F, PhantomData<T>);

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> Result<(), &'static str>> Each<T, F> {
    /// Hands each element to `take`, which may end it with what is wrong.
    pub(crate) fn of<D: Deserializer<'de>>(deserializer: D, take: F) -> Result<(), D::Error> {
        Self(take, PhantomData).deserialize(deserializer)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> Result<(), &'static str>> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T) -> Result<(), &'static str>> Visitor<'de> for Each<T, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<T>()? {
            (self.0)(element).map_err(de::Error::custom)?;
        }
        Ok(())
    }
}
