//! Which replica a request is sent to: pure, so that it can be tried with any order of events.
//!
//! A replica that drains gets nothing new and keeps what it has until that is answered. A replica that is gone takes
//! with it what it had, and says how much that was.

/// How requests are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spread {
    /// Each to one by chance, as a Service of Kubernetes does.
    #[default]
    Random,
    /// Of two by chance to the one that has less to do, as meshes do.
    TwoChoices,
}

/// A replica's number; none is ever given twice.
pub(crate) type Id = u64;

#[derive(Debug, Clone, Copy)]
struct Member {
    id: Id,
    draining: bool,
    in_flight: u64,
    taken: u64,
}

/// Replicas that requests are sent to, and those that end what they have.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    spread: Spread,
    members: Vec<Member>,
}

impl Pool {
    /// Without replicas.
    pub(crate) fn new(spread: Spread) -> Self {
        Self { spread, members: Vec::new() }
    }

    /// From now on a replica gets requests; again, if it got none for a while.
    pub(crate) fn add(&mut self, id: Id) {
        match self.find(id) {
            Some(member) => member.draining = false,
            None => self.members.push(Member { id, draining: false, in_flight: 0, taken: 0 }),
        }
    }

    /// The replica for one more request, which it has from now on; `dice` are any two numbers.
    pub(crate) fn take(&mut self, dice: [u64; 2]) -> Option<Id> {
        let open = || self.members.iter().enumerate().filter(|(_, member)| !member.draining);
        let number = open().count() as u64;
        let nth = |dice: u64| open().map(|(index, _)| index).nth(dice.checked_rem(number)? as usize);
        let (one, other) = (nth(dice[0])?, nth(dice[1])?);
        let has = |index: usize| self.members[index].in_flight;
        let index = if self.spread == Spread::TwoChoices && has(other) < has(one) { other } else { one };
        let member = &mut self.members[index];
        member.in_flight += 1;
        member.taken += 1;
        Some(member.id)
    }

    /// A request of a replica has ended; what is said of one that is gone is passed over, since it was counted then.
    pub(crate) fn give_back(&mut self, id: Id) {
        if let Some(member) = self.find(id) {
            member.in_flight = member.in_flight.saturating_sub(1);
        }
    }

    /// From now on a replica gets nothing new. How many requests it still has.
    pub(crate) fn drain(&mut self, id: Id) -> u64 {
        self.find(id).map_or(0, |member| {
            member.draining = true;
            member.in_flight
        })
    }

    /// Requests that a replica has now.
    pub(crate) fn in_flight(&self, id: Id) -> u64 {
        self.members.iter().find(|member| member.id == id).map_or(0, |member| member.in_flight)
    }

    /// Requests that a replica has had so far.
    pub(crate) fn taken(&self, id: Id) -> u64 {
        self.members.iter().find(|member| member.id == id).map_or(0, |member| member.taken)
    }

    /// A replica is gone. How many requests went with it.
    pub(crate) fn remove(&mut self, id: Id) -> u64 {
        let lost = self.in_flight(id);
        self.members.retain(|member| member.id != id);
        lost
    }

    fn find(&mut self, id: Id) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Add,
        Take([u64; 2]),
        GiveBack(usize),
        Drain(usize),
        AddAgain(usize),
        Remove(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            1 => Just(Step::Add),
            6 => any::<[u64; 2]>().prop_map(Step::Take),
            4 => any::<usize>().prop_map(Step::GiveBack),
            1 => any::<usize>().prop_map(Step::Drain),
            1 => any::<usize>().prop_map(Step::AddAgain),
            1 => any::<usize>().prop_map(Step::Remove),
        ];
        prop::collection::vec(step, 1..200)
    }

    proptest! {
        #[test]
        fn nothing_goes_to_who_drains_and_nothing_is_lost(two in any::<bool>(), steps in steps()) {
            let mut pool = Pool::new(if two { Spread::TwoChoices } else { Spread::Random });
            // Each replica: whether it drains, and what it has.
            let mut known: BTreeMap<Id, (bool, u64)> = BTreeMap::new();
            let (mut next, mut underway, mut lost, mut taken, mut ended) = (0, Vec::new(), 0, 0_u64, 0_u64);
            for step in steps {
                let nth = |index: usize| known.keys().nth(index % known.len().max(1)).copied();
                match step {
                    Step::Add => {
                        pool.add(next);
                        known.insert(next, (false, 0));
                        next += 1;
                    }
                    Step::Take(dice) => match pool.take(dice) {
                        Some(id) => {
                            let (draining, has) = known.get_mut(&id).expect("only those that are there");
                            prop_assert!(!*draining);
                            *has += 1;
                            taken += 1;
                            underway.push(id);
                        }
                        None => prop_assert!(known.values().all(|(draining, _)| *draining)),
                    },
                    Step::GiveBack(index) if !underway.is_empty() => {
                        let id = underway.swap_remove(index % underway.len());
                        pool.give_back(id);
                        if let Some((_, has)) = known.get_mut(&id) {
                            *has -= 1;
                            ended += 1;
                        }
                    }
                    Step::GiveBack(_) => {}
                    Step::Drain(index) => {
                        if let Some(id) = nth(index) {
                            known.get_mut(&id).unwrap().0 = true;
                            prop_assert_eq!(pool.drain(id), known[&id].1);
                        }
                    }
                    Step::AddAgain(index) => {
                        if let Some(id) = nth(index) {
                            known.get_mut(&id).unwrap().0 = false;
                            pool.add(id);
                        }
                    }
                    Step::Remove(index) => {
                        if let Some(id) = nth(index) {
                            let (_, has) = known.remove(&id).unwrap();
                            prop_assert_eq!(pool.remove(id), has);
                            lost += has;
                        }
                    }
                }
                for (id, (_, has)) in &known {
                    prop_assert_eq!(pool.in_flight(*id), *has);
                }
                let has: u64 = known.values().map(|(_, has)| has).sum();
                prop_assert_eq!(taken, ended + lost + has, "every request is somewhere");
            }
        }

        #[test]
        fn everybody_gets_a_fair_share(two in any::<bool>(), number in 1_u64..9, seed in any::<u64>()) {
            let mut pool = Pool::new(if two { Spread::TwoChoices } else { Spread::Random });
            (0..number).for_each(|id| pool.add(id));
            let mut state = seed;
            // SplitMix64 (Steele, Lea and Flood 2014): dice that are the same for the same seed.
            let mut roll = || {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                mixed ^ (mixed >> 31)
            };
            let each = 1000;
            for _ in 0..each * number {
                pool.take([roll(), roll()]).expect("there are some");
            }
            for id in 0..number {
                // Six deviations of a binomial distribution, which are exceeded once in a billion.
                let far = pool.taken(id).abs_diff(each);
                prop_assert!(far < 200, "{id}: {}", pool.taken(id));
                prop_assert_eq!(pool.in_flight(id), pool.taken(id));
            }
        }
    }

    #[test]
    fn of_two_the_idle_one() {
        let mut pool = Pool::new(Spread::TwoChoices);
        pool.add(7);
        pool.add(8);
        assert_eq!(pool.take([0, 0]), Some(7));
        assert_eq!(pool.take([0, 1]), Some(8), "seven has one");
        pool.give_back(7);
        assert_eq!(pool.take([1, 0]), Some(7));
        assert_eq!(pool.drain(7), 1);
        assert_eq!(pool.take([0, 0]), Some(8));
        assert_eq!((pool.remove(8), pool.take([0, 0])), (2, None));
    }
}
