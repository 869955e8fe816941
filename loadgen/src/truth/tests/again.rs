//! What is told again, and what is told in the wrong order.

use super::*;

/// Where none of the three began.
const ELSEWHERE: usize = 5;

impl Scene {
    fn goes(&mut self, person: usize, place: usize, now_us: u64) {
        self.world.says(person, Self::place(place), now_us, now_us);
    }

    fn is_told_that_she_went(&mut self, person: usize, place: usize, now_us: u64) {
        let PersonBuf::Friend(mut friend) = self.friend(person, now_us / SECOND - 1) else {
            unreachable!("a friend is no stranger")
        };
        friend.position = Self::place(place);
        friend.distance_m = nearcast_grid::distance_m(Self::place(0), friend.position);
        let moved = vec![PersonBuf::Friend(friend)];
        self.changes(now_us, |changes| changes.moved = moved);
    }
}

#[test]
fn who_has_said_nothing_is_told_of_again_once_a_minute_and_no_sooner() {
    for (at_s, is_right) in [(14, false), (60, false), (66, true)] {
        let mut scene = scene();
        scene.whole_list();
        scene.moves(2, 1, at_s * SECOND);
        let expected: &[Fault] = if is_right { &[] } else { &[Fault::Duplicate] };
        assert_eq!(scene.found(), expected, "{at_s}");
    }
}

#[test]
fn who_speaks_again_where_she_is_may_be_told_of_again() {
    let mut scene = scene();
    scene.whole_list();
    scene.says(2, 20 * SECOND);
    scene.moves(2, 20, 21 * SECOND);
    assert_eq!(scene.found(), []);
}

#[test]
fn who_was_not_whole_yet_is_not_told_twice() {
    let mut scene = scene();
    scene.whole_list();
    scene.moves(2, 1, 12 * SECOND);
    assert_eq!(scene.found(), [], "she has just come");
}

#[test]
fn who_is_shown_where_she_was_before_goes_backwards() {
    let mut scene = scene();
    scene.whole_list();
    scene.goes(2, ELSEWHERE, 12 * SECOND);
    scene.is_told_that_she_went(2, ELSEWHERE, 13 * SECOND);
    assert_eq!(scene.found(), []);
    scene.moves(2, 1, 14 * SECOND);
    assert_eq!(scene.found(), [Fault::Position]);
}

#[test]
fn who_came_back_to_a_place_is_shown_there_again() {
    let mut scene = scene();
    scene.whole_list();
    scene.goes(2, ELSEWHERE, 12 * SECOND);
    scene.goes(2, 2, 13 * SECOND);
    // The first of it comes after both were said.
    scene.is_told_that_she_went(2, ELSEWHERE, 14 * SECOND);
    scene.moves(2, 13, 15 * SECOND);
    assert_eq!(scene.found(), []);
}
