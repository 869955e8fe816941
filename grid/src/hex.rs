//! Hexagons of H3, and the twelve pentagons of each resolution among them.

use h3o::{CellIndex, LatLng};

use crate::cell::Bounds;
use crate::outline::Outline;
use crate::{Position, Resolution, Ring};

/// An H3 index that is a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HexCell(CellIndex);

impl HexCell {
    pub(crate) fn from_position(position: Position, resolution: Resolution) -> Self {
        let place = LatLng::new(position.lat(), position.lon()).expect("a position is finite");
        Self(place.to_cell(own_resolution(resolution)))
    }

    pub(crate) fn to_u64(self) -> u64 {
        self.0.into()
    }

    pub(crate) fn from_u64(word: u64) -> Option<Self> {
        CellIndex::try_from(word).ok().map(Self)
    }

    pub(crate) fn resolution(self) -> Resolution {
        Resolution::new(self.0.resolution().into()).expect("H3 has resolutions 0 to 15")
    }

    /// None where the resolution is finer than its own.
    pub(crate) fn parent(self, resolution: Resolution) -> Option<Self> {
        self.0.parent(own_resolution(resolution)).map(Self)
    }

    pub(crate) fn centre(self) -> Position {
        position(LatLng::from(self.0))
    }

    pub(crate) fn neighbours(self) -> Ring {
        let mut ring = Ring::EMPTY;
        for cell in self.0.grid_disk_fast(1) {
            match cell {
                Some(cell) if cell == self.0 => {}
                Some(cell) => ring.push(Self(cell).into()),
                None => return self.neighbours_by_a_pentagon(),
            }
        }
        ring
    }

    /// The fast way gives up here; this one allocates.
    #[cold]
    fn neighbours_by_a_pentagon(self) -> Ring {
        let mut ring = Ring::EMPTY;
        for cell in self.0.grid_disk_safe(1).filter(|&cell| cell != self.0) {
            ring.push(Self(cell).into());
        }
        ring
    }

    pub(crate) fn bounds(self) -> Bounds {
        Outline::of(self.0).bounds()
    }

    pub(crate) fn reach_m(self) -> f64 {
        let ring = self.0.grid_ring::<Vec<_>>(1);
        let ring: Vec<Outline> = ring.into_iter().map(Outline::of).collect();
        Outline::of(self.0).reach_m(&ring)
    }

    /// None where H3 cannot tell.
    pub(crate) fn rings_to(self, other: Self) -> Option<u32> {
        if self.neighbours().contains(&other.into()) {
            return Some(1);
        }
        let distance = self.0.grid_distance(other.0).ok()?;
        u32::try_from(distance).ok()
    }
}

impl From<CellIndex> for HexCell {
    fn from(index: CellIndex) -> Self {
        Self(index)
    }
}

fn own_resolution(resolution: Resolution) -> h3o::Resolution {
    resolution
        .get()
        .try_into()
        .expect("H3 has resolutions 0 to 15")
}

fn position(place: LatLng) -> Position {
    let lng = (place.lng() + 540.0).rem_euclid(360.0) - 180.0;
    Position::new(place.lat(), lng).expect("H3 stays on the globe")
}
