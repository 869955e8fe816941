//! Coarse positions of three bytes, and a disc of them that lies wholly within a circle: a first
//! answer to "is this within the radius" from less than half of the memory of a position.

use crate::{Position, Vantage};

/// A patch is 2^14 units of 1e-7 degree high and wide: 182 m of a meridian.
const PATCH_BITS: u32 = 14;
const PATCH_DEGREES: f64 = (1 << PATCH_BITS) as f64 / 1e7;
/// Rows and columns are counted modulo 2^12.
const COUNT_BITS: u32 = 12;
const COUNT: u32 = 1 << COUNT_BITS;

/// Most metres in a degree of latitude, and of longitude where it is as long.
const DEGREE_M: f64 = 111_700.0;
/// Cosine of 70 degrees. Beyond this the disc is empty: meridians draw together too fast.
const COS_LEAST: f64 = 0.342_02;
/// And with a radius beyond this, or one that a patch is as wide as.
const RADIUS_MOST_M: f64 = 51_000.0;

/// Where somebody is, to 182 m, but not on which part of the globe: the same patches come again
/// every 6.7 degrees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patch(u32);

impl Patch {
    pub const BITS: u32 = 2 * COUNT_BITS;

    #[must_use]
    #[inline]
    pub fn of(position: Position) -> Self {
        let count = |e7: i32| (e7 >> PATCH_BITS) as u32 % COUNT;
        Self(count(position.lat_e7()) << COUNT_BITS | count(position.lon_e7()))
    }

    /// A number below 2^[`Patch::BITS`].
    #[must_use]
    #[inline]
    pub fn to_bits(self) -> u32 {
        self.0
    }

    /// The higher bits do not count.
    #[must_use]
    #[inline]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Self::BITS) - 1))
    }

    /// Patches from one to the other, whichever way is shorter, to the north and to the east.
    #[inline]
    fn away(self, other: Self) -> (u32, u32) {
        const UNUSED: u32 = u32::BITS - COUNT_BITS;
        let signed = |from: u32, to: u32| (to.wrapping_sub(from) << UNUSED) as i32 >> UNUSED;
        let north = signed(self.0 >> COUNT_BITS, other.0 >> COUNT_BITS);
        (north.unsigned_abs(), signed(self.0, other.0).unsigned_abs())
    }
}

/// Holds only patches of positions within a radius of its middle, though not all of them, of
/// positions that are less than [`Disc::AROUND_M`] away.
#[derive(Clone, Copy, Debug)]
pub struct Disc {
    middle: Patch,
    /// Metres of a patch from south to north, and from west to east where that is most.
    height_m: f32,
    width_m: f32,
    radius_sq: f32,
}

impl Disc {
    /// Farther away the same patches may come again. That is nearest at 70 degrees, with the
    /// largest radius, across the antimeridian, where columns are counted anew: 115,600 m.
    pub const AROUND_M: f64 = 115_000.0;

    #[must_use]
    #[inline]
    pub fn within(middle: &Vantage, radius_m: f64) -> Self {
        let (middle, cos) = (middle.position(), middle.cos());
        let applies = cos >= COS_LEAST && (0.0..=RADIUS_MOST_M).contains(&radius_m);
        // On the side towards the equator, where a degree of longitude is longest: what a cosine
        // grows by is less than the angle.
        let widest = (cos + radius_m / 6_300_000.0).min(1.0);
        let radius = if applies { radius_m * 0.998 } else { 0.0 };
        Self {
            middle: Patch::of(middle),
            height_m: (PATCH_DEGREES * DEGREE_M) as f32,
            width_m: (PATCH_DEGREES * DEGREE_M * widest) as f32,
            radius_sq: (radius * radius) as f32,
        }
    }

    /// Whether what is in a patch is surely within the radius. Across the antimeridian it is not
    /// sure.
    #[must_use]
    #[inline]
    pub fn holds(&self, patch: Patch) -> bool {
        let (north, east) = self.middle.away(patch);
        // From anywhere in the one to anywhere in the other.
        let north_m = (north + 1) as f32 * self.height_m;
        let east_m = (east + 1) as f32 * self.width_m;
        north_m * north_m + east_m * east_m <= self.radius_sq
    }
}
