//! Nodes: pods that find no room wait for a new one, and one that has none for a while goes.
//!
//! Pods are packed: a pod goes where the fewest places are left, so that nodes become empty. Moving pods off a node
//! that is nearly empty, as cluster autoscalers do, is not part of it, so real clusters are rather smaller.

use super::times::NodeTimes;

/// One node.
#[derive(Debug, Clone, Copy)]
struct Node {
    ready_at_s: u64,
    pods: usize,
    idle_since_s: u64,
    gone: bool,
}

/// Whether there is room for a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// On this node.
    On(usize),
    /// Nodes are not limited.
    Anywhere,
    /// Nowhere.
    Nowhere,
}

impl Room {
    /// The node, where it is one that is counted.
    pub(crate) fn node(self) -> Option<usize> {
        if let Self::On(index) = self { Some(index) } else { None }
    }
}

/// All nodes; where they are not limited there is room for every pod.
#[derive(Debug, Clone)]
pub(crate) struct Nodes {
    times: Option<NodeTimes>,
    nodes: Vec<Node>,
}

impl Nodes {
    pub(crate) fn new(times: Option<NodeTimes>, initial: usize) -> Self {
        let node = Node { ready_at_s: 0, pods: 0, idle_since_s: 0, gone: false };
        let number = times.map_or(0, |times| initial.clamp(times.min, times.max));
        Self { times, nodes: vec![node; number] }
    }

    /// A place for a pod now.
    pub(crate) fn place(&mut self, now_s: u64) -> Room {
        let Some(times) = self.times else { return Room::Anywhere };
        let ready =
            self.nodes.iter_mut().enumerate().filter(|(_, node)| !node.gone && node.ready_at_s <= now_s);
        let with_room = ready.filter(|(_, node)| node.pods < times.pods_per_node);
        let fullest = with_room.max_by_key(|(index, node)| (node.pods, std::cmp::Reverse(*index)));
        let Some((index, node)) = fullest else { return Room::Nowhere };
        node.pods += 1;
        Room::On(index)
    }

    /// A pod of a node is gone.
    pub(crate) fn leave(&mut self, node: Option<usize>, now_s: u64) {
        if let Some(node) = node.and_then(|index| self.nodes.get_mut(index)) {
            node.pods = node.pods.saturating_sub(1);
            node.idle_since_s = now_s;
        }
    }

    /// Asks for what waiting pods need and is not on its way yet, and lets go of what nobody needs.
    pub(crate) fn adjust(&mut self, waiting: usize, now_s: u64) {
        let Some(times) = self.times else { return };
        let on_their_way = self.nodes.iter().filter(|node| !node.gone && node.ready_at_s > now_s).count();
        let needed = waiting.div_ceil(times.pods_per_node).saturating_sub(on_their_way);
        for _ in 0..needed.min(times.max.saturating_sub(self.number())) {
            let ready_at_s = now_s + times.provision_s;
            self.nodes.push(Node { ready_at_s, pods: 0, idle_since_s: ready_at_s, gone: false });
        }
        let mut spare = self.number().saturating_sub(times.min);
        for node in self.nodes.iter_mut().rev() {
            let idle =
                node.pods == 0 && node.ready_at_s <= now_s && node.idle_since_s + times.idle_s <= now_s;
            if spare > 0 && waiting == 0 && idle && !node.gone {
                node.gone = true;
                spare -= 1;
            }
        }
    }

    /// How many there are, those on their way among them: they are paid for.
    pub(crate) fn number(&self) -> usize {
        self.nodes.iter().filter(|node| !node.gone).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_wait_for_nodes_and_empty_nodes_go() {
        let times = NodeTimes { pods_per_node: 2, min: 1, max: 3, provision_s: 60, idle_s: 100 };
        let mut nodes = Nodes::new(Some(times), 1);
        let places: Vec<_> = (0..2).map(|_| nodes.place(0)).collect();
        assert_eq!(places, [Room::On(0), Room::On(0)]);
        assert_eq!(nodes.place(0), Room::Nowhere);
        nodes.adjust(1, 0);
        nodes.adjust(1, 1);
        assert_eq!((nodes.number(), nodes.place(59)), (2, Room::Nowhere), "one is on its way");
        assert_eq!(nodes.place(60), Room::On(1));
        nodes.adjust(9, 61);
        assert_eq!(nodes.number(), 3, "no more than the most");
        nodes.leave(Some(1), 200);
        nodes.adjust(0, 299);
        assert_eq!(nodes.number(), 2, "the one that was never used");
        nodes.adjust(0, 300);
        assert_eq!(nodes.number(), 1);
    }
}
