//! Replicas that are alike: one of them is followed request by request, and its work stands for all of them.
//!
//! Where each request goes to one replica by chance, the replicas are queues of their own: what comes to one of them
//! is a Poisson process that knows nothing of the others, so what happens in one has the same distribution as in any
//! other that is as warm and began alike. What one of them does is then an exact sample of what each of the others
//! does; only how much they vary together is not that of so many. What an autoscaler reads of those that are not
//! followed is drawn for each of them (`readings.rs`), so that their sum varies as it would.
//!
//! Replicas come together where nobody waits in either: both have forgotten how they began, and none of them has more
//! before it than the other. They part with what they had in common (a replica that is deleted, or where fewer requests
//! come and more replicas can be followed).

use super::replica::{Replica, Stage};

/// Followed replicas are rearranged where they are so many times too many, or too few.
const SLACK: f64 = 1.25;

/// How many of `number` replicas are followed, where each has so many requests a second, and so many requests a second
/// and replicas are to be followed at least.
pub(crate) fn followed(number: usize, per_replica_s: f64, followed_per_s: f64, fewest: usize) -> usize {
    let wanted = (followed_per_s / per_replica_s).ceil();
    if !wanted.is_finite() || wanted * SLACK >= number as f64 {
        number
    } else {
        (wanted as usize).max(fewest).clamp(1, number)
    }
}

/// The one that stands for a replica.
pub(crate) fn leader(replicas: &[Replica], of: &Replica) -> Option<usize> {
    let number = of.led_by?;
    // They are in the order of creation.
    replicas.binary_search_by_key(&number, |replica| replica.number).ok()
}

/// Lets a replica stand for itself alone.
pub(crate) fn separate(replicas: &mut [Replica], index: usize) {
    if let Some(leader) = leader(replicas, &replicas[index]) {
        hand_over(replicas, leader, index, 1);
    } else if let Some(heir) = follower(replicas, index) {
        let rest = replicas[index].stands_for - 1;
        hand_over(replicas, index, heir, rest);
    }
}

/// A replica that another one stands for.
fn follower(replicas: &[Replica], leader: usize) -> Option<usize> {
    let number = replicas[leader].number;
    replicas.iter().position(|replica| replica.led_by == Some(number))
}

/// Of those that `from` stands for, so many go to `to`, which is one of them.
fn hand_over(replicas: &mut [Replica], from: usize, to: usize, share: u32) {
    let (number, whole) = (replicas[from].number, replicas[from].stands_for);
    let mut work = replicas[from].work.split(share, whole);
    replicas[from].stands_for = whole - share;
    let heir = &mut replicas[to];
    // What it had to do before another one stood for it is still its own.
    work.underway.append(&mut heir.work.underway);
    (heir.work, heir.stands_for, heir.led_by) = (work, share, None);
    let heir = heir.number;
    let others = replicas.iter_mut().filter(|replica| replica.led_by == Some(number));
    others.take(share.saturating_sub(1) as usize).for_each(|replica| replica.led_by = Some(heir));
}

/// Lets one stand for another, and for those that it stands for.
fn join(replicas: &mut [Replica], one: usize, other: usize) {
    let (number, gone) = (replicas[one].number, replicas[other].number);
    replicas[one].stands_for += replicas[other].stands_for;
    replicas[other].stands_for = 0;
    for replica in replicas.iter_mut() {
        if replica.led_by == Some(gone) || replica.number == gone {
            replica.led_by = Some(number);
        }
    }
}

/// Lets as many of the ready replicas be followed as are wanted, or as many as come close.
pub(crate) fn arrange(replicas: &mut [Replica], wanted: usize, now_s: u64, settles_s: u64) {
    let followed = |replicas: &[Replica]| {
        let all = replicas.iter().filter(|replica| replica.stage == Stage::Ready && replica.stands_for > 0);
        all.count()
    };
    let mut number = followed(replicas);
    let ready = replicas.iter().filter(|replica| replica.stage == Stage::Ready).count();
    if wanted >= ready || number as f64 * SLACK < wanted as f64 {
        while number < wanted.min(ready) && part(replicas) {
            number += 1;
        }
    } else if number as f64 > wanted as f64 * SLACK {
        gather(replicas, number - wanted, now_s, settles_s);
    }
}

/// Halves what the one that stands for most stands for; whether there was one.
fn part(replicas: &mut [Replica]) -> bool {
    let ready = replicas.iter().enumerate().filter(|(_, replica)| replica.stage == Stage::Ready);
    let Some((largest, most)) =
        ready.map(|(index, replica)| (index, replica.stands_for)).max_by_key(|(_, stands_for)| *stands_for)
    else {
        return false;
    };
    match follower(replicas, largest) {
        Some(heir) => {
            hand_over(replicas, largest, heir, most / 2);
            true
        }
        None => false,
    }
}

/// Brings together up to so many pairs of those that stand for the fewest.
fn gather(replicas: &mut [Replica], mut pairs: usize, now_s: u64, settles_s: u64) {
    let now = now_s as f64;
    let calm = replicas.iter().enumerate().filter(|(_, replica)| {
        replica.stage == Stage::Ready && replica.stands_for > 0 && replica.work.is_calm(now)
    });
    // How it began, as long as that matters: when it was ready, and until when it is slow.
    let began = |replica: &Replica| {
        let settled = replica.from_before || replica.ready_s + settles_s <= now_s;
        if settled && !replica.is_cold(now_s) { (0, 0) } else { (replica.ready_s, replica.cold_until_s) }
    };
    let mut calm: Vec<_> = calm.map(|(index, replica)| (began(replica), replica.stands_for, index)).collect();
    calm.sort_unstable();
    let mut at = 0;
    while pairs > 0 && at + 1 < calm.len() {
        let ((one_began, _, one), (other_began, _, other)) = (calm[at], calm[at + 1]);
        if one_began == other_began {
            join(replicas, one, other);
            pairs -= 1;
            // Each has stood for so many more; the next pair is of others, so that none grows alone.
            at += 1;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Service, ServiceTime};

    fn replicas(number: u64) -> Vec<Replica> {
        let service = Service::new(ServiceTime::new(0.1, 1.0).unwrap(), 2).unwrap();
        let ready = |number| Replica { stage: Stage::Ready, ..Replica::new(number, &service, 0) };
        (1..=number).map(ready).collect()
    }

    fn stand_for(replicas: &[Replica]) -> Vec<u32> {
        replicas.iter().map(|replica| replica.stands_for).filter(|number| *number > 0).collect()
    }

    fn gathered(number: u64, wanted: usize) -> Vec<Replica> {
        let mut replicas = replicas(number);
        for second in 100..110 {
            arrange(&mut replicas, wanted, second, 10);
        }
        replicas
    }

    #[test]
    fn as_many_are_followed_as_wanted_and_all_are_stood_for() {
        let mut replicas = gathered(20, 4);
        let each = stand_for(&replicas);
        assert!((4..=5).contains(&each.len()) && each.iter().sum::<u32>() == 20, "{each:?}");
        assert!(each.iter().all(|number| *number <= 8), "{each:?}");
        arrange(&mut replicas, 20, 200, 10);
        assert_eq!(stand_for(&replicas), [1; 20]);
        assert!(replicas.iter().all(|replica| replica.led_by.is_none()));
        let followed = |number, per_replica_s| followed(number, per_replica_s, 100.0, 2);
        assert_eq!(
            (followed(20, 50.0), followed(20, 500.0), followed(20, 5.0), followed(3, 0.0)),
            (2, 2, 20, 3)
        );
    }

    #[test]
    fn one_that_goes_takes_its_part_along() {
        for index in 0..6 {
            let mut replicas = gathered(6, 1);
            let leader = replicas.iter().position(|replica| replica.stands_for == 6).unwrap();
            assert!(replicas[leader].work.take(100.0, 5.0, 6));
            separate(&mut replicas, index);
            assert_eq!(replicas[index].stands_for, 1);
            let each = stand_for(&replicas);
            assert_eq!((each.len(), each.iter().sum::<u32>()), (2, 6));
            let underway = replicas.iter().flat_map(|replica| &replica.work.underway);
            assert_eq!(underway.map(|one| one.times).sum::<u32>(), 6);
            assert_eq!(replicas[index].work.underway[0].times, 1);
            let led = replicas.iter().filter(|replica| replica.led_by.is_some());
            assert!(led.clone().all(|replica| super::leader(&replicas, replica).is_some()));
            assert_eq!(led.count(), 4);
        }
    }

    #[test]
    fn those_that_began_otherwise_or_have_some_waiting_stay_by_themselves() {
        let mut replicas = replicas(4);
        replicas[0].ready_s = 95;
        for _ in 0..3 {
            replicas[1].work.take(99.0, 50.0, 1);
        }
        arrange(&mut replicas, 1, 100, 10);
        assert_eq!(stand_for(&replicas), [1, 1, 2]);
    }
}
