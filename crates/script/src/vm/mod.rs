//! The virtual machine: QuickJS realms shared by many virtual users, each on its own small stack.

mod ahead;
mod call;
mod error;
mod event_loop;
mod instantiate;
mod object;
mod raw;
mod realm;
mod script_text;
mod shared;
mod sharing;
mod slot;
mod stack_pool;
mod stop_when;
#[cfg(test)]
mod tests;

pub use self::call::{Export, Vu, from_json, json_arguments};
pub use self::error::{CallError, Position, REMEDY as SHARED_REALM_REMEDY, StackMapper, Thrown};
pub use self::object::{define, list_of};
pub use self::raw::{
    Call, Fields, Handle, LeakReport, Returned, Text, block_function, call_with, copy_bytes, each_entry,
    lazy_maker, lazy_object, native,
};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::raw::{Engine, discard_jobs};
pub use self::realm::Realm;
pub use self::script_text::{RealmSettings, ScriptText, SourceText};
pub use self::sharing::{Findings, Sharing};
pub use self::slot::{
    Completion, Operation, Slot, block_on, check_stop, current, current_state, defer, is_stopped, may_block,
    shown_stack, terminate,
};
pub use self::stop_when::StopWhen;
