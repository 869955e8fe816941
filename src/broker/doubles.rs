//! Marks of one viewer that say the same: a pair is looked at once.

use super::marks::Mark;

/// Up to here the marks of one viewer are compared with each other; more are sorted.
pub(super) const WINDOW: usize = 8;

/// Of marks grouped by viewer: whether the one at a place stands before it too.
#[inline]
pub(super) fn is_double(marks: &[Mark], place: usize) -> bool {
    before(marks, place).contains(&marks[place])
}

/// The same for a mark of the same pair, passage or not.
#[inline]
pub(super) fn is_pair_double(marks: &[Mark], place: usize) -> bool {
    let mark = marks[place];
    before(marks, place).iter().any(|&one| one.is_of(mark))
}

#[inline]
fn before(marks: &[Mark], place: usize) -> &[Mark] {
    &marks[place.saturating_sub(WINDOW - 1)..place]
}

/// Of the first mark of its pair: whether this or a later one is more than a passage.
#[inline]
pub(super) fn is_news(marks: &[Mark], place: usize) -> bool {
    let mark = marks[place];
    let mut pair = marks[place..].iter().take(WINDOW);
    !mark.is_passage() || pair.any(|&one| one.is_of(mark) && !one.is_passage())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::broker::bins::tests::{mark, taken};
    use crate::broker::bins::{Bins, Pile};
    use crate::broker::slot::Slot;

    #[test]
    fn doubles_are_found_as_far_apart_as_they_come() {
        // Viewer 1 has one more than are compared, the first of which is the last again; viewers 2
        // to 200 have as many as are compared, the same; enough in all that they are not sorted.
        let mut bins = Bins::new(1_000, 10_000);
        let window = WINDOW as u32;
        for (viewer, different) in [(1, window)]
            .into_iter()
            .chain((2..200).map(|one| (one, window - 1)))
        {
            for subject in (1..=different).chain([1]) {
                assert!(bins.put(mark(viewer, subject)));
            }
        }
        assert_eq!(taken(&mut bins).len() as u32, window + 198 * (window - 1));
    }

    /// As they come, among those of many others, and so many that they are sorted.
    #[test]
    fn a_pair_is_looked_at_once_and_is_news_if_one_of_its_marks_is() {
        let slot = |bits| Slot::from_bits(bits).expect("not nobody's");
        let passage = |subject| Mark::passage(slot(1), slot(subject));
        for more in [0, 2 * WINDOW as u32] {
            let mut bins = Bins::new(1_000, 10_000);
            for other in 2..600 {
                assert!(bins.put(mark(other, 1)));
            }
            let marks = [passage(3), mark(1, 3), passage(3), mark(1, 4), passage(5)];
            for mark in marks.into_iter().chain((6..6 + more).map(passage)) {
                assert!(bins.put(mark));
            }
            let (mut pile, mut group, mut looks) = (Pile::default(), Vec::new(), Vec::new());
            bins.take(0, &mut pile);
            pile.group(0, &mut group);
            group.retain(|mark| mark.viewer() == slot(1));
            for place in 0..group.len() {
                if !is_pair_double(&group, place) {
                    looks.push((group[place].subject().get(), is_news(&group, place)));
                }
            }
            looks.sort_unstable();
            assert_eq!(looks[..3], [(3, true), (4, true), (5, false)]);
            assert_eq!(looks.len(), 3 + more as usize);
        }
    }
}
