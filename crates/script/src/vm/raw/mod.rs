//! The one folder with unsafe code: stack switching under QuickJS.
//!
//! A realm is one QuickJS runtime whose virtual users each run on a stack of their own. QuickJS knows nothing of
//! stacks; these rules, which use its public interface only, make the interleaving sound.
//!
//! 1. **Frames always link to live frames.** The runtime keeps one `current_stack_frame`; a call links its frame to
//!    it and restores it on return. A permanent *root* coroutine runs `while (park()) step()` in JavaScript; `park`
//!    suspends it to the event loop, `step` enters or resumes one user's stack (a *fiber*). When a fiber suspends,
//!    `step` returns to the loop, which resets the pointer to the root's frame. A fiber's first frame therefore
//!    links to a frame of `step`, and `step` always has its frame at the same address, because it is always called
//!    from the same call in the same JavaScript frame: a fiber resumed by a later `step` finds a live frame there.
//!    `step` asserts that address.
//! 2. **Only `block` suspends a fiber in JavaScript, and it can't throw.** It is a raw C function, so QuickJS pushes
//!    a frame for it; its return resets `current_stack_frame` to the frame of the JavaScript that called it. Before
//!    that return the pointer is wrong for this fiber, so `block` does nothing after its resumption but return.
//!    Code that may throw runs before (prepare) and after (finish), in calls of their own. [`suspend`] does the same
//!    from Rust at the bottom of a fiber, where no JavaScript frame is open. Between the first frame and `block` there
//!    may be frames of plain natives ([`native`]) that call the script's functions, as `check` does: QuickJS pushes a
//!    frame for each, so the return of what they called resets the pointer to it, and they may throw as ever. What such
//!    a native holds on its stack stays where it is; it holds no borrow of what other users reach, and rule 4 ends it
//!    by returning through it.
//! 3. **The stack limit follows the stack.** After each switch [`use_stack`] sets QuickJS's limit from the lowest
//!    address of the stack in use, so endless recursion is an exception on every stack, however deep it suspended.
//!    [`NATIVE_ROOM`] stays free below the limit for native code; below that is a guard page.
//! 4. **A suspended fiber is never unwound from outside.** Forced unwinding through C frames is undefined. A fiber
//!    to be dropped is resumed with its user marked as stopped, so its JavaScript unwinds by an exception that can't
//!    be caught ([`throw_uncatchable`]). One that would not finish is leaked together with its realm.
//! 5. **No panic crosses a C frame.** rquickjs catches panics of native functions, [`native`] those of plain ones, and
//!    `lazy` those of its hooks;
//!    `step` catches what leaves a fiber and [`Root::resume`] raises it again on the event loop's stack; `park` and
//!    `block` can't panic between entry and suspension.
//! 6. **One thread.** Nothing here is `Send`. `ACTIVE` names the realm whose root runs on this thread; it is set
//!    for the length of [`Root::resume`], so the C functions reach their [`Switch`] and no other.
//! 7. **Below what is in use, a suspended stack holds nothing.** Its frames end where it suspended (`depth`, less the
//!    red zone and what the switch itself pushes, for which [`Fiber::give_back`] leaves a page and more). The pages
//!    below may be dropped: when the fiber goes on, they come back as zeros, and nothing reads a stack before it has
//!    written it.
//!
//! Collection is safe at any time: QuickJS counts references, values on suspended stacks hold theirs, and the cycle
//! collector treats what it can't find from objects as alive.

#![expect(unsafe_code, reason = "stack switching and the raw C functions need it; the argument stands above")]

mod bytes;
mod engine;
mod entries;
mod fetch;
mod fiber;
mod handle;
mod lazy;
mod native;
mod root;
mod runtime;
mod spare;
mod switch;

pub use self::bytes::copy_bytes;
pub(crate) use self::engine::Engine;
pub use self::engine::LeakReport;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::engine::discard_jobs;
pub(super) use self::engine::run_job;
pub use self::entries::{call_with, each_entry};
pub(super) use self::fetch::fetch;
pub(super) use self::fiber::{Fiber, Resumed};
pub use self::handle::Handle;
pub use self::lazy::{Fields, lazy_maker, lazy_object};
pub use self::native::{Call, Returned, Text, native};
pub(super) use self::root::Root;
pub(super) use self::runtime::{came_near, eval_options, has_jobs, limit_memory, throw_uncatchable};
pub use self::switch::block_function;
pub(super) use self::switch::{in_fiber, suspend};
