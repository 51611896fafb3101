//! Interleavings of many stacks in one runtime, with exceptions, drops and collections in between: what rules 1 to 4 of
//! the unsafe code promise. Meant to run under valgrind too; CONTRIBUTING.md has the command.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;

/// A small generator of the tests' own: the same sequence on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Users come, wait, throw through suspended frames, are dropped in mid-call, while cycles are collected.
fn stress(users: usize, rounds: usize, per_realm: usize) {
    const SCRIPT: &str = "\nlet mine = 0; let keep = null;\nfunction deep(n, f) {\n  if (n === 0) { return f(); }\n  const cycle = { n }; cycle.self = cycle; keep = cycle;\n  return deep(n - 1, f);\n}\nexports.default = (x) => {\n  const before = mine; let result = 0;\n  for (let i = 0; i < 4; i++) {\n    try {\n      result += deep((x + i) % 7, () => { wait(0); if ((x + i) % 3 === 0) { throw new Error('third ' + x); } wait(0); mine++; return 1; });\n    } catch (e) {\n      if (!e.message.endsWith(' ' + x)) { throw new TypeError('foreign error ' + e.message); }\n      if (!e.stack.includes('at deep (test.ts:4:') || e.stack.split('test.ts').length !== ((x + i) % 7) + 4) { throw new TypeError('foreign stack ' + e.stack); }\n    }\n    [3, 1, 2].sort((a, b) => { if (a === 3) { wait(0); } return a - b; });\n  }\n  if (!each({ first: (v) => { wait(0); return v === x; }, second: (v) => v === x }, x)) { throw new TypeError('foreign value'); }\n  if (x % 11 === 0) { collect(); }\n  if (mine !== before + result) { throw new TypeError('foreign state'); }\n  if (x % 5 === 0) { deep(3, () => { wait(0); throw new RangeError('uncaught ' + x); }); }\n  return x;\n};";
    run(async {
        let mut random = Random(42);
        let mut realms: Vec<Realm> = Vec::new();
        let mut tasks = Vec::new();
        for id in 0..users {
            if id % per_realm == 0 {
                realms.push(realm(SCRIPT));
            }
            let realm = realms.last().unwrap().clone();
            let mut random = Random(random.below(u64::MAX >> 33));
            tasks.push(tokio::task::spawn_local(async move {
                let mut vu = Some(user(&realm, id as u64));
                for round in 0..rounds {
                    let x = random.below(1000);
                    if random.below(50) == 0 {
                        vu = None;
                    }
                    let vu = vu.get_or_insert_with(|| user(&realm, (round * 1000 + id) as u64));
                    if random.below(20) == 0 {
                        // Dropped in mid-call: after a few polls the future goes.
                        let mut polls = random.below(12);
                        let argument = x.to_string();
                        let mut call = Box::pin(call(vu, &argument));
                        std::future::poll_fn(|context| {
                            if polls == 0 || call.as_mut().poll(context).is_ready() {
                                return std::task::Poll::Ready(());
                            }
                            polls -= 1;
                            std::task::Poll::Pending
                        })
                        .await;
                        continue;
                    }
                    match call(vu, &x.to_string()).await {
                        Ok(result) => assert_eq!(result, x.to_string()),
                        Err(CallError::Thrown(thrown)) => {
                            assert_eq!(
                                thrown.message,
                                format!("RangeError: uncaught {x}"),
                                "{}",
                                thrown.stack
                            );
                            assert_eq!(
                                thrown.stack.matches("at deep (test.ts:").count(),
                                4,
                                "{}",
                                thrown.stack
                            );
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Iterations of the stress tests, scaled by `LOADLINE_STRESS` (1 by default; 0 for a run under valgrind).
fn scaled(rounds: usize) -> usize {
    let scale: usize = std::env::var("LOADLINE_STRESS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    if scale == 0 { rounds / 20 + 1 } else { rounds * scale }
}

#[test]
fn stress_of_64_users_in_one_realm() {
    stress(64, scaled(200), 64);
}

#[test]
fn stress_of_users_with_a_realm_each() {
    stress(8, scaled(200), 1);
}

/// What a step of an interleaving does with one of its users.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A user who is not there comes; one who is idle begins a call with this argument; one who calls goes on.
    GoOn(u8),
    /// The user goes, in mid-call if it is in one.
    Go,
    /// Cycles are collected, from outside of all stacks.
    Collect,
}

type Calling = Pin<Box<dyn Future<Output = (Vu, Result<String, CallError>)>>>;

enum Place {
    Away,
    Idle(Vu),
    Calling(u8, Calling),
}

/// Nested calls that wait, throw through frames that have waited, catch what their own callees throw, and check that
/// what they see is theirs.
const NESTED: &str = "
let mine = 0; Error.stackTraceLimit = 64;
function nest(n, x) {
  const before = ++mine, cycle = { n, x, text: 'text ' + n + x }; cycle.self = cycle;
  if (x & 1) wait(0);
  try {
    if (n > 0 && x & 128) each({ below: (y) => nest(n - 1, y), after: () => wait(0) }, x);
    else if (n > 0) nest(n - 1, x);
    else if (x & 2) throw new Error('deep ' + x);
    else if (x & 4) wait(13);
  } catch (e) {
    if (x & 8) wait(0);
    if (!(n === 2 && x & 16)) throw e;
  } finally {
    if (x & 32) wait(0);
    if (cycle.self.n !== n || cycle.x !== x || mine < before) throw new TypeError('foreign frame');
  }
  if (x & 64) [2, 1].map((y) => wait(0) + y);
  return cycle;
}
exports.default = (x) => { wait(0); nest(x % 5 + 1, x); return x; };";

/// The outcome that a call with `x` must have, whatever went on beside it.
fn expected(x: u8) -> Result<String, &'static str> {
    let depth = x % 5 + 1;
    let caught = x & 16 != 0 && depth >= 2;
    match x {
        _ if caught => Ok(x.to_string()),
        x if x & 2 != 0 => Err("Error: deep"),
        x if x & 4 != 0 => Err("Error: unlucky"),
        _ => Ok(x.to_string()),
    }
}

fn judge(x: u8, result: Result<String, CallError>) {
    match (expected(x), result) {
        (Ok(expected), Ok(result)) => assert_eq!(result, expected),
        (Err(expected), Err(CallError::Thrown(thrown))) => {
            assert!(thrown.message.starts_with(expected), "{x}: {thrown}");
            let frames = thrown.stack.matches("at nest (test.ts:").count();
            assert_eq!(frames, usize::from(x % 5) + 2, "{x}: {}", thrown.stack);
        }
        (expected, result) => panic!("{x}: expected {expected:?}, got {result:?}"),
    }
}

fn interleave(steps: &[(usize, Step)]) {
    run(async {
        let realm = realm(NESTED);
        // A collection at nearly every allocation.
        realm.shared.runtime.set_gc_threshold(1024);
        let mut places: Vec<Place> = (0..4).map(|_| Place::Away).collect();
        let mut context = Context::from_waker(Waker::noop());
        for &(who, step) in steps {
            let place = std::mem::replace(&mut places[who], Place::Away);
            places[who] = match (step, place) {
                (Step::Go, place) => {
                    drop(place);
                    Place::Away
                }
                (Step::Collect, place) => {
                    realm.collect();
                    place
                }
                (Step::GoOn(_), Place::Away) => Place::Idle(user(&realm, who as u64)),
                (Step::GoOn(x), Place::Idle(mut vu)) => {
                    let calling = async move {
                        let result = call(&mut vu, &x.to_string()).await;
                        (vu, result)
                    };
                    Place::Calling(x, Box::pin(calling))
                }
                (Step::GoOn(_), Place::Calling(x, mut calling)) => {
                    match calling.as_mut().poll(&mut context) {
                        Poll::Pending => Place::Calling(x, calling),
                        Poll::Ready((vu, result)) => {
                            judge(x, result);
                            Place::Idle(vu)
                        }
                    }
                }
            };
        }
        for place in places {
            if let Place::Calling(x, calling) = place {
                let (_, result) = calling.await;
                judge(x, result);
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: scaled(60) as u32, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_leaves_each_user_its_own(
        steps in prop::collection::vec(
            (0..4_usize, prop_oneof![
                20 => any::<u8>().prop_map(Step::GoOn),
                1 => Just(Step::Go),
                1 => Just(Step::Collect),
            ]),
            1..300,
        )
    ) {
        interleave(&steps);
    }
}
