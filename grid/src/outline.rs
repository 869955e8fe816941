//! The border of a hexagon as H3 draws it: great circles on a sphere of geodetic latitudes.

use h3o::{CellIndex, LatLng};

use crate::cell::Bounds;
use crate::ellipsoid::Latitude;

/// Five corners and five places where an edge crosses an edge of the icosahedron.
const MOST: usize = 10;
/// Corners of two cells nearer than this part of an edge are the same corner.
const SAME_CORNER: f64 = 0.02;
/// Leaves room for rounding in what must never be too much.
const SURELY: f64 = 0.999;

pub(crate) struct Outline {
    cell: CellIndex,
    corners: [Point; MOST],
    len: usize,
}

impl Outline {
    pub(crate) fn of(cell: CellIndex) -> Self {
        let boundary = cell.boundary();
        let mut corners = [Point::default(); MOST];
        for (corner, &place) in corners.iter_mut().zip(boundary.iter()) {
            *corner = Point::of(place);
        }
        Self {
            cell,
            corners,
            len: boundary.len(),
        }
    }

    fn corners(&self) -> &[Point] {
        &self.corners[..self.len]
    }

    fn edges(&self) -> impl Iterator<Item = Edge> {
        let corners = self.corners();
        (0..corners.len()).map(|i| Edge(corners[i], corners[(i + 1) % corners.len()]))
    }

    /// At least how far it is from this cell to the outside of the ring around it, in metres.
    ///
    /// Geodetic latitudes on a sphere turn into no less than the least radius of curvature
    /// anywhere, which is the meridian's at the equator.
    pub(crate) fn reach_m(&self, ring: &[Self]) -> f64 {
        let tolerance = SAME_CORNER * self.edges().map(Edge::length).fold(0.0, f64::max);
        let mut least = f64::INFINITY;
        for (i, neighbour) in ring.iter().enumerate() {
            let is_outside = |edge: &Edge| {
                let mut others = ring.iter().enumerate().filter(|&(j, _)| j != i);
                !self.has_corner_at(edge.0, tolerance)
                    && !self.has_corner_at(edge.1, tolerance)
                    && !others.any(|(_, other)| {
                        other.has_corner_at(edge.0, tolerance)
                            && other.has_corner_at(edge.1, tolerance)
                    })
            };
            for outside in neighbour.edges().filter(is_outside) {
                for own in self.edges() {
                    least = least.min(outside.angle_to(own));
                }
            }
        }
        SURELY * least * Latitude::new(0.0).meridian_m
    }

    fn has_corner_at(&self, point: Point, tolerance: f64) -> bool {
        self.corners()
            .iter()
            .any(|corner| corner.angle_to(point) < tolerance)
    }

    pub(crate) fn bounds(&self) -> Bounds {
        let centre = LatLng::from(self.cell);
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        for edge in self.edges() {
            let (lowest, highest) = edge.latitudes();
            south = south.min(lowest);
            north = north.max(highest);
        }
        if self.contains_pole(90.0) {
            return Bounds {
                south,
                west: -180.0,
                north: 90.0,
                east: 180.0,
            };
        }
        if self.contains_pole(-90.0) {
            return Bounds {
                south: -90.0,
                west: -180.0,
                north,
                east: 180.0,
            };
        }
        let (mut west, mut east) = (0.0_f64, 0.0_f64);
        for corner in self.cell.boundary().iter() {
            let offset = (corner.lng() - centre.lng() + 540.0).rem_euclid(360.0) - 180.0;
            west = west.min(offset);
            east = east.max(offset);
        }
        let turned = |offset: f64| (centre.lng() + offset + 540.0).rem_euclid(360.0) - 180.0;
        Bounds {
            south,
            west: turned(west),
            north,
            east: turned(east),
        }
    }

    fn contains_pole(&self, latitude: f64) -> bool {
        let pole = LatLng::new(latitude, 0.0).expect("a pole is finite");
        pole.to_cell(self.cell.resolution()) == self.cell
    }
}

/// A direction from the centre of the sphere, of length 1.
#[derive(Clone, Copy, Default)]
struct Point {
    x: f64,
    y: f64,
    z: f64,
}

impl Point {
    fn of(place: LatLng) -> Self {
        let (sin_lat, cos_lat) = place.lat_radians().sin_cos();
        let (sin_lng, cos_lng) = place.lng_radians().sin_cos();
        Self {
            x: cos_lat * cos_lng,
            y: cos_lat * sin_lng,
            z: sin_lat,
        }
    }

    fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    fn cross(self, other: Self) -> Self {
        Self {
            x: self.y * other.z - self.z * other.y,
            y: self.z * other.x - self.x * other.z,
            z: self.x * other.y - self.y * other.x,
        }
    }

    fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    fn angle_to(self, other: Self) -> f64 {
        self.cross(other).length().atan2(self.dot(other))
    }

    fn latitude(self) -> f64 {
        self.z.atan2(self.x.hypot(self.y)).to_degrees()
    }
}

#[derive(Clone, Copy)]
struct Edge(Point, Point);

impl Edge {
    fn length(self) -> f64 {
        self.0.angle_to(self.1)
    }

    /// Between two edges that do not cross: from an end of one to some point of the other.
    fn angle_to(self, other: Self) -> f64 {
        let from_ends = self.angle_from(other.0).min(self.angle_from(other.1));
        from_ends
            .min(other.angle_from(self.0))
            .min(other.angle_from(self.1))
    }

    fn angle_from(self, point: Point) -> f64 {
        let axis = self.0.cross(self.1);
        let is_beside = axis.cross(self.0).dot(point) > 0.0 && self.1.cross(axis).dot(point) > 0.0;
        if is_beside {
            return (axis.dot(point) / axis.length()).abs().min(1.0).asin();
        }
        point.angle_to(self.0).min(point.angle_to(self.1))
    }

    /// The lowest and the highest latitude on it: an edge bulges towards the nearer pole.
    fn latitudes(self) -> (f64, f64) {
        let ends = (self.0.latitude(), self.1.latitude());
        let (mut lowest, mut highest) = (ends.0.min(ends.1), ends.0.max(ends.1));
        let axis = self.0.cross(self.1);
        // The pole, moved onto the great circle: its northernmost direction.
        let pole = Point {
            x: 0.0,
            y: 0.0,
            z: 1.0,
        };
        let top = axis.cross(pole).cross(axis);
        let passes = |p: Point| self.0.cross(p).dot(axis) > 0.0 && p.cross(self.1).dot(axis) > 0.0;
        let bottom = Point {
            x: -top.x,
            y: -top.y,
            z: -top.z,
        };
        if passes(top) {
            highest = top.latitude();
        }
        if passes(bottom) {
            lowest = bottom.latitude();
        }
        (lowest, highest)
    }
}
