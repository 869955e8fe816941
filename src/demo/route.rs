//! The fastest way from one crossing to another.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::people::Pace;
use super::streets::{Node, Streets};

/// A* by time. None when there is no way, which in a connected town never is.
pub(super) fn route(streets: &Streets, pace: Pace, from: Node, to: Node) -> Option<Vec<Node>> {
    let goal = streets.point(to);
    // Never more than the truth, so that the first way found is the fastest.
    let at_least = |node: Node| streets.point(node).metres_to(goal) / pace.top_mps();
    let mut best = vec![f64::INFINITY; streets.len()];
    let mut came_from = vec![from; streets.len()];
    let mut open = BinaryHeap::new();
    best[from as usize] = 0.0;
    open.push(Reverse((Seconds(at_least(from)), from)));
    while let Some(Reverse((estimate, node))) = open.pop() {
        if node == to {
            return Some(way_back(&came_from, from, to));
        }
        let spent = best[node as usize];
        if estimate.0 > spent + at_least(node) {
            continue;
        }
        for street in streets.from(node) {
            let arrival = spent + street.length_m / pace.mps_on(street.kind);
            if arrival < best[street.to as usize] {
                best[street.to as usize] = arrival;
                came_from[street.to as usize] = node;
                open.push(Reverse((Seconds(arrival + at_least(street.to)), street.to)));
            }
        }
    }
    None
}

fn way_back(came_from: &[Node], from: Node, to: Node) -> Vec<Node> {
    let mut way = vec![to];
    let mut node = to;
    while node != from {
        node = came_from[node as usize];
        way.push(node);
    }
    way.reverse();
    way
}

/// Times in order; none of them is NaN.
#[derive(Clone, Copy, PartialEq)]
struct Seconds(f64);

impl Eq for Seconds {}

impl PartialOrd for Seconds {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Seconds {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::dice::Dice;

    fn seconds(streets: &Streets, pace: Pace, way: &[Node]) -> f64 {
        way.windows(2)
            .map(|pair| {
                let street = streets.between(pair[0], pair[1]).unwrap();
                street.length_m / pace.mps_on(street.kind)
            })
            .sum()
    }

    /// Bellman and Ford, who need no estimate.
    fn fastest(streets: &Streets, pace: Pace, from: Node) -> Vec<f64> {
        let mut best = vec![f64::INFINITY; streets.len()];
        best[from as usize] = 0.0;
        let mut changed = true;
        while changed {
            changed = false;
            for node in 0..streets.len() as Node {
                for street in streets.from(node) {
                    let time = best[node as usize] + street.length_m / pace.mps_on(street.kind);
                    if time < best[street.to as usize] {
                        best[street.to as usize] = time;
                        changed = true;
                    }
                }
            }
        }
        best
    }

    #[test]
    fn no_way_is_faster_than_the_one_taken() {
        let streets = Streets::new(3);
        let mut dice = Dice::new(3, 99);
        for pace in [Pace::Walk, Pace::Cycle, Pace::Drive] {
            let from = dice.below(streets.len()) as Node;
            let fastest = fastest(&streets, pace, from);
            for _ in 0..50 {
                let to = dice.below(streets.len()) as Node;
                let way = route(&streets, pace, from, to).unwrap();
                assert_eq!((way[0], way[way.len() - 1]), (from, to));
                let error = seconds(&streets, pace, &way) - fastest[to as usize];
                assert!(error.abs() < 1e-6, "{pace:?} {from} {to}: {error}");
            }
        }
    }
}
