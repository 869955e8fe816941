//! A network of streets that could be a town's: a warped grid, avenues out of the centre, a river
//! with bridges. Every node can be reached from every other, and no street ends nowhere.

use std::f64::consts::TAU;

use super::dice::Dice;
use super::ground::Point;

/// How far the town reaches in each direction, and from corner to corner.
const REACH_M: f64 = 2600.0;
const BLOCK_M: f64 = 130.0;
const ROWS: usize = 2 * (REACH_M / BLOCK_M) as usize + 1;
/// How far the grid is bent, over how long a way.
const WARP_M: f64 = 55.0;
const WARP_OVER_M: f64 = 1500.0;
const JITTER_M: f64 = 14.0;
/// One street in so many was never built.
const MISSING: f64 = 6.0;
const AVENUES: usize = 7;
/// Between two crossings of an avenue.
const LONGEST_M: f64 = 3.0 * BLOCK_M;
const RIVER_M: f64 = 55.0;
const BRIDGES: usize = 6;

pub(super) type Node = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Street,
    Avenue,
    Bridge,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Street {
    pub(super) to: Node,
    pub(super) length_m: f64,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Streets {
    nodes: Vec<Point>,
    from: Vec<Vec<Street>>,
}

impl Streets {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 1);
        let river = River::new(&mut dice);
        let bearings = bearings(&mut dice);
        let mut nodes = crossings(&mut dice);
        let mut avenues = vec![Vec::new(); AVENUES];
        for (node, point) in nodes.iter_mut().enumerate() {
            snap(point, node, &bearings, &mut avenues);
        }
        let mut plan = Plan {
            links: vec![Vec::new(); nodes.len()],
            river,
            nodes,
        };
        plan.lay_grid(&mut dice);
        for avenue in &mut avenues {
            plan.lay_avenue(avenue);
        }
        plan.lay_bridges();
        plan.drop_dead_ends();
        plan.keep_largest_part();
        plan.finish()
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn point(&self, node: Node) -> Point {
        self.nodes[node as usize]
    }

    pub(super) fn from(&self, node: Node) -> &[Street] {
        &self.from[node as usize]
    }

    /// The street between two neighbours.
    pub(super) fn between(&self, from: Node, to: Node) -> Option<Street> {
        self.from(from)
            .iter()
            .find(|street| street.to == to)
            .copied()
    }

    /// Nodes within this distance of a point; all of them where that is none.
    pub(super) fn within(&self, centre: Point, radius_m: f64) -> Vec<Node> {
        let all = 0..self.len() as Node;
        let near: Vec<Node> = all
            .clone()
            .filter(|node| self.point(*node).metres_to(centre) <= radius_m)
            .collect();
        if near.is_empty() { all.collect() } else { near }
    }
}

/// A line from west to east that nothing but bridges crosses.
struct River {
    offset: f64,
    swing: f64,
    phase: f64,
}

impl River {
    fn new(dice: &mut Dice) -> Self {
        Self {
            offset: dice.between(-900.0, -500.0),
            swing: dice.between(150.0, 350.0),
            phase: dice.between(0.0, TAU),
        }
    }

    /// Metres north of the middle of the river; negative: south.
    fn side(&self, point: Point) -> f64 {
        let bend = (point.east / 1400.0 + self.phase).sin();
        point.north - self.offset - self.swing * bend
    }

    fn is_wet(&self, point: Point) -> bool {
        self.side(point).abs() < RIVER_M
    }
}

/// Directions of the avenues, not quite even.
fn bearings(dice: &mut Dice) -> Vec<f64> {
    let turn = dice.between(0.0, TAU);
    (0..AVENUES)
        .map(|avenue| turn + (avenue as f64 + dice.between(-0.25, 0.25)) * TAU / AVENUES as f64)
        .collect()
}

/// The crossings of a grid that is bent by slow waves and laid by hand.
fn crossings(dice: &mut Dice) -> Vec<Point> {
    let phases: [f64; 4] = std::array::from_fn(|_| dice.between(0.0, TAU));
    let wave = |along: f64, phase: f64| WARP_M * (along * TAU / WARP_OVER_M + phase).sin();
    let mut nodes = Vec::with_capacity(ROWS * ROWS);
    for row in 0..ROWS {
        for column in 0..ROWS {
            let east = column as f64 * BLOCK_M - REACH_M;
            let north = row as f64 * BLOCK_M - REACH_M;
            nodes.push(Point {
                east: east
                    + wave(north, phases[0])
                    + wave(east / 2.0, phases[1])
                    + dice.between(-JITTER_M, JITTER_M),
                north: north
                    + wave(east, phases[2])
                    + wave(north / 2.0, phases[3])
                    + dice.between(-JITTER_M, JITTER_M),
            });
        }
    }
    nodes
}

/// A crossing near an avenue lies on it.
fn snap(point: &mut Point, node: usize, bearings: &[f64], avenues: &mut [Vec<(f64, usize)>]) {
    for (bearing, avenue) in bearings.iter().zip(avenues) {
        let (east, north) = bearing.sin_cos();
        let along = point.east * east + point.north * north;
        let aside = point.east * north - point.north * east;
        if along > 0.0 && aside.abs() < 0.45 * BLOCK_M {
            *point = Point {
                east: along * east,
                north: along * north,
            };
            avenue.push((along, node));
            return;
        }
    }
}

/// A network that is still being laid.
struct Plan {
    nodes: Vec<Point>,
    links: Vec<Vec<(usize, Kind)>>,
    river: River,
}

impl Plan {
    fn link(&mut self, a: usize, b: usize, kind: Kind) {
        let is_there = self.links[a].iter().any(|(to, _)| *to == b);
        // Two crossings in one spot would be a street of no length.
        if a == b || is_there || self.nodes[a].metres_to(self.nodes[b]) < 1.0 {
            return;
        }
        self.links[a].push((b, kind));
        self.links[b].push((a, kind));
    }

    /// On one side of the river, both of them dry.
    fn is_land(&self, a: usize, b: usize) -> bool {
        let (from, to) = (self.nodes[a], self.nodes[b]);
        !self.river.is_wet(from)
            && !self.river.is_wet(to)
            && self.river.side(from).signum() == self.river.side(to).signum()
    }

    fn lay_grid(&mut self, dice: &mut Dice) {
        for node in 0..self.nodes.len() {
            let east = (node % ROWS + 1 < ROWS).then_some(node + 1);
            let north = Some(node + ROWS).filter(|north| *north < self.nodes.len());
            for next in [east, north].into_iter().flatten() {
                if !dice.one_in(MISSING) && self.is_land(node, next) {
                    self.link(node, next, Kind::Street);
                }
            }
        }
    }

    fn lay_avenue(&mut self, avenue: &mut [(f64, usize)]) {
        avenue.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in avenue.windows(2) {
            let (a, b) = (pair[0].1, pair[1].1);
            let length_m = self.nodes[a].metres_to(self.nodes[b]);
            if self.is_land(a, b) && length_m < LONGEST_M {
                for (from, to) in [(a, b), (b, a)] {
                    self.links[from].retain(|(node, _)| *node != to);
                }
                self.link(a, b, Kind::Avenue);
            }
        }
    }

    /// At even distances along the river the nearest banks are joined.
    fn lay_bridges(&mut self) {
        for bridge in 0..BRIDGES {
            let east = (bridge as f64 + 0.5) / BRIDGES as f64 * 2.0 * REACH_M - REACH_M;
            let banks = [1.0, -1.0].map(|side| self.bank(east, side));
            if let [Some(north), Some(south)] = banks {
                self.link(north, south, Kind::Bridge);
            }
        }
    }

    fn bank(&self, east: f64, side: f64) -> Option<usize> {
        let away = |node: usize| {
            let point = self.nodes[node];
            (point.east - east).hypot(self.river.side(point))
        };
        (0..self.nodes.len())
            .filter(|node| self.links[*node].len() > 1)
            .filter(|node| self.river.side(self.nodes[*node]) * side > 0.0)
            .min_by(|a, b| away(*a).total_cmp(&away(*b)))
    }

    fn drop_dead_ends(&mut self) {
        let mut ends: Vec<usize> = (0..self.nodes.len()).collect();
        while let Some(end) = ends.pop() {
            if let [(next, _)] = self.links[end][..] {
                self.links[end].clear();
                self.links[next].retain(|(node, _)| *node != end);
                ends.push(next);
            }
        }
    }

    fn keep_largest_part(&mut self) {
        let mut part_of = vec![usize::MAX; self.nodes.len()];
        let mut sizes = Vec::new();
        for start in 0..self.nodes.len() {
            if part_of[start] != usize::MAX {
                continue;
            }
            let (mut size, mut open) = (0_usize, vec![start]);
            part_of[start] = sizes.len();
            while let Some(node) = open.pop() {
                size += 1;
                for (next, _) in &self.links[node] {
                    if part_of[*next] == usize::MAX {
                        part_of[*next] = sizes.len();
                        open.push(*next);
                    }
                }
            }
            sizes.push(size);
        }
        let largest = (0..sizes.len()).max_by_key(|part| sizes[*part]);
        for (links, part) in self.links.iter_mut().zip(part_of) {
            if Some(part) != largest {
                links.clear();
            }
        }
    }

    /// Numbers the nodes that are left.
    fn finish(self) -> Streets {
        let mut number = vec![0; self.nodes.len()];
        let kept: Vec<usize> = (0..self.nodes.len())
            .filter(|node| !self.links[*node].is_empty())
            .collect();
        for (new, old) in kept.iter().enumerate() {
            number[*old] = new as Node;
        }
        let street = |from: usize, &(to, kind): &(usize, Kind)| Street {
            to: number[to],
            length_m: self.nodes[from].metres_to(self.nodes[to]),
            kind,
        };
        Streets {
            nodes: kept.iter().map(|node| self.nodes[*node]).collect(),
            from: kept
                .iter()
                .map(|node| {
                    self.links[*node]
                        .iter()
                        .map(|link| street(*node, link))
                        .collect()
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_is_reached_and_no_street_ends_nowhere() {
        for seed in 0..40 {
            let streets = Streets::new(seed);
            assert!(streets.len() > 1000, "seed {seed}: {} nodes", streets.len());
            let mut seen = vec![false; streets.len()];
            let mut open = vec![0];
            seen[0] = true;
            while let Some(node) = open.pop() {
                assert!(
                    streets.from(node).len() > 1,
                    "seed {seed}: {node} is an end"
                );
                for street in streets.from(node) {
                    assert!(
                        street.length_m >= 1.0 && street.length_m < 600.0,
                        "{street:?}"
                    );
                    assert_eq!(streets.between(street.to, node).unwrap().kind, street.kind);
                    if !std::mem::replace(&mut seen[street.to as usize], true) {
                        open.push(street.to);
                    }
                }
            }
            assert!(seen.iter().all(|seen| *seen), "seed {seed}");
        }
    }

    #[test]
    fn a_town_has_avenues_and_a_river_with_bridges() {
        for seed in 0..40 {
            let streets = Streets::new(seed);
            let count = |kind| {
                let all = streets.from.iter().flatten();
                all.filter(|street| street.kind == kind).count() / 2
            };
            assert!(count(Kind::Avenue) > 40, "seed {seed}");
            assert!((2..=BRIDGES).contains(&count(Kind::Bridge)), "seed {seed}");
        }
    }

    #[test]
    fn a_seed_is_a_town() {
        assert_eq!(Streets::new(7), Streets::new(7));
        assert_ne!(Streets::new(7), Streets::new(8));
    }
}
