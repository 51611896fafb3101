//! Which statuses a script expects: what `http_req_failed` and the tag `expected_response` go by.

use std::rc::Rc;

use loadline_measure::EXPECTED_STATUSES;
use rquickjs::{Ctx, Exception, Object, Value};

use super::super::state::vu;
use crate::vm::Handle;

/// Ranges of statuses, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected(Vec<(u16, u16)>);

impl Expected {
    /// What is expected unless the script says otherwise.
    pub(super) fn usual() -> Rc<Expected> {
        Rc::new(Expected(vec![EXPECTED_STATUSES.into_inner()]))
    }

    pub(super) fn matches(&self, status: u16) -> bool {
        self.0.iter().any(|(min, max)| (*min..=*max).contains(&status))
    }
}

/// Makes the object that `expectedStatuses` returns from `[min, max, min, max, …]`.
pub(super) fn expected(bounds: Vec<u16>, prototype: Object<'_>) -> rquickjs::Result<Object<'_>> {
    let ranges = bounds.as_chunks::<2>().0.iter().map(|[min, max]| (*min, *max)).collect();
    Handle::object(prototype, Rc::new(Expected(ranges)))
}

pub(super) fn set_callback<'js>(ctx: Ctx<'js>, callback: Value<'js>) -> rquickjs::Result<()> {
    let callback = read(&ctx, &callback)?;
    vu(&ctx)?.http.expected.replace(callback);
    Ok(())
}

/// A response callback as scripts give it: what `expectedStatuses` made, or `null`.
pub(super) fn read<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Option<Rc<Expected>>> {
    if value.is_null() {
        return Ok(None);
    }
    let expected = value.as_object().and_then(Handle::get::<Expected>);
    match expected {
        Some(expected) => Ok(Some(expected)),
        None => Err(Exception::throw_type(
            ctx,
            "a response callback is what `http.expectedStatuses(…)` returns, or null",
        )),
    }
}
