//! The virtual machine: QuickJS realms shared by many virtual users, each on its own small stack.

mod call;
mod error;
mod event_loop;
mod raw;
mod realm;
mod slot;
mod stack_pool;
#[cfg(test)]
mod tests;

pub use self::call::{Export, Vu, from_json, json_arguments};
pub use self::error::{CallError, Position, StackMapper, Thrown};
pub use self::raw::{Handle, block_function};
pub use self::realm::{Realm, RealmSettings, ScriptText, SourceText};
pub use self::slot::{
    Completion, Operation, Slot, block_on, check_stop, current, current_state, defer, may_block, shown_stack,
    terminate,
};
