//! What every account store does, as claims. `contract!` makes a test of each for one store; its
//! `$open` answers a store with [`RULES`] and what keeps it alive.

pub(crate) mod blocks;
pub(crate) mod crowd;
pub(crate) mod friends;
pub(crate) mod imports;
pub(crate) mod limits;
pub(crate) mod lists;
pub(crate) mod people;
pub(crate) mod requests;
pub(crate) mod strangers;
mod town;
pub(crate) mod traces;

pub(crate) use town::{RULES, Town, id, names};

macro_rules! contract {
    ($open:path) => {
        $crate::store::contract::contract! { $open,
            people: [
                who_arrives_first_is_made_with_the_defaults,
                who_arrives_again_is_as_she_was_left,
                several_are_read_at_once_and_who_is_not_there_is_nobody,
                a_profile_changes_only_where_it_is_named,
                sharing_changes_only_where_it_is_named,
                timed_sharing_is_read_back_as_it_was_lent,
                ids_are_compared_byte_for_byte,
                ids_may_hold_anything_but_control_characters,
                who_is_only_named_does_not_exist,
            ],
            friends: [
                a_friendship_holds_from_both_sides_until_either_ends_it,
                a_friendship_made_twice_is_one,
                a_friendship_makes_its_users,
                nobody_is_her_own_friend,
                a_friendship_against_a_block_is_refused_and_makes_nobody,
                a_friendship_ends_the_requests_that_led_to_it,
            ],
            requests: [
                a_request_waits_for_who_is_asked,
                a_request_that_crosses_another_makes_a_friendship,
                asking_a_friend_answers_friends,
                asking_again_is_quiet,
                asking_oneself_is_quiet_and_stores_nothing,
                asking_somebody_unknown_is_quiet_and_waits_for_her,
                asking_against_a_block_is_quiet_and_unheard,
                asking_after_the_block_has_gone_is_heard,
                a_declined_request_stays_quiet,
                withdrawing_a_declined_request_does_not_allow_nagging,
                who_declined_may_ask_herself_and_lifts_the_mark,
                a_withdrawn_request_is_gone_and_may_be_made_again,
                whom_she_asked_is_listed_alike_whatever_became_of_it,
            ],
            blocks: [
                a_block_ends_a_friendship_and_requests,
                both_sides_of_a_block_know_it_on_arrival,
                a_block_through_an_alias_is_listed_without_the_name,
                a_block_through_an_alias_leaves_the_lists_of_who_blocks_as_they_were,
                a_block_through_an_alias_goes_by_its_id_only,
                a_block_by_name_goes_by_name_only,
                a_block_by_name_beside_one_through_an_alias_holds_until_both_are_gone,
                a_block_of_somebody_unknown_holds_when_she_comes,
                nobody_blocks_herself,
                a_block_id_of_somebody_else_removes_nothing,
                blocking_twice_is_one_block,
            ],
            strangers: [
                two_who_have_waved_meet,
                an_old_wave_does_not_count,
                a_wave_waits_for_those_who_may_not_meet,
                a_wave_does_not_outlive_a_block,
                reports_come_oldest_first_with_growing_ids,
                a_device_is_found_by_its_hash_until_it_is_removed,
                a_device_with_the_same_id_gets_a_new_token,
                a_user_has_no_more_devices_than_allowed,
            ],
            limits: [
                who_has_all_the_friends_she_may_asks_in_vain,
                a_friendship_beyond_the_limit_stores_nothing,
                a_friendship_that_stands_is_never_too_many,
                who_has_too_many_friends_is_asked_quietly,
                requests_beyond_the_limit_are_refused_and_not_stored,
                a_withdrawn_request_makes_room,
                who_is_asked_by_too_many_hears_no_more_of_them,
                a_block_beyond_the_limit_stores_nothing,
            ],
            lists: [
                every_list_gives_each_entry_once_over_its_parts,
                lists_are_in_the_order_of_bytes,
                a_list_of_nobody_is_empty,
                a_part_goes_on_after_who_has_gone,
            ],
            imports: [
                users_and_friendships_are_imported,
                faulty_lines_are_named_by_place_and_the_rest_is_imported,
                an_import_may_be_repeated,
                an_import_keeps_the_limit_of_friends_line_by_line,
                a_refused_line_makes_nobody,
                importing_nothing_is_no_fault,
            ],
            traces: [
                who_is_erased_was_never_there,
                erasing_frees_the_places_that_she_took,
                erasing_who_is_only_named_takes_the_names_away,
                a_block_outlives_whom_it_keeps_out,
                a_block_by_the_alias_of_who_was_erased_is_the_one_she_left_behind,
                however_one_comes_again_the_block_is_there_first,
                who_is_erased_is_let_in_again_by_name_and_by_id,
                who_blocks_somebody_erased_by_name_has_her_by_name,
                a_report_outlives_one_side_without_her_name,
                an_export_has_everything,
                an_export_of_nobody_is_nothing,
                a_closed_store_fails_in_words,
            ],
            crowd: [
                friendships_stay_symmetric_under_concurrent_writes,
                concurrent_arrivals_make_one_user,
            ],
        }
    };
    ($open:path, $($file:ident: [$($claim:ident,)+],)+) => {$(
        mod $file {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    let (store, _kept) = $open().await;
                    $crate::store::contract::$file::$claim(&store).await;
                }
            )+
        }
    )+};
}
pub(crate) use contract;
