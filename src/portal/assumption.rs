//! What keyform needs answers of a portal to be: every place in `portal`, `live` and `apply` that hangs on a form or a
//! value, now or within some reads. What rests on one mock is unknown.

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// Stated by Esri.
    Documented,
    /// In the code or tests of Esri's clients, or in recorded answers.
    Seen,
    /// Follows from these.
    Inferred,
    /// Nobody says.
    Unknown,
}

/// What tries another answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// A switch of the built-in portal.
    Switch(&'static str),
    /// A shape that the tests of the rehearsal give to answers.
    Shape(&'static str),
}

/// One thing that is taken for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The file below `src` that needs it.
    pub place: &'static str,
    /// What an answer has to be.
    pub needs: &'static str,
    /// How sure that is.
    pub sure: Sure,
    /// What becomes of another answer.
    pub else_: &'static str,
    /// What gives another answer in tests; nothing where none does.
    pub tried: &'static [Tried],
    /// The test that meets it.
    pub test: &'static str,
}

macro_rules! assumptions {
    ($($place:literal $sure:ident $needs:literal, $else:literal, [$($tried:ident $name:literal),*] $test:ident;)*) => {
        /// All of them, in the order in which a run meets them.
        pub const ASSUMPTIONS: &[Assumption] = &[$(Assumption {
            place: $place,
            needs: $needs,
            sure: Sure::$sure,
            else_: $else,
            tried: &[$(Tried::$tried($name)),*],
            test: stringify!($test),
        }),*];
    };
}

assumptions! {
    "portal/hello.rs" Seen
        "the root answers with a JSON object, or with an error about a token",
        "no portal: nothing secret is sent there",
        [Shape "page", Shape "sign_in_page"] what_is_no_portal_never_sees_the_password;
    "portal/hello.rs" Documented
        "`portals/self` comes with a `Date` header",
        "an error: the portal's time is not known",
        [] a_portal_without_a_clock_is_an_error;
    "portal/hello.rs" Seen
        "`portals/self` has the user name, or `community/self` has it, at the top or below `user`",
        "the token is taken for one of an application",
        [Shape "left_out"] the_user_is_found_wherever_the_portal_puts_it;
    "portal/hello.rs" Unknown
        "the product shows in its version, mode, name or host",
        "taken for ArcGIS Enterprise; `product` in the configuration decides",
        [] products_and_versions_are_told_apart;
    "portal/hello.rs" Unknown
        "`recycleBinSupported` and `recycleBinEnabled` say that there is a recycle bin",
        "an item that is deleted may stay in the bin",
        [] a_credential_lives_its_whole_life_whatever_form_answers_have;
    "portal/answer.rs" Seen
        "a token that is not good is answered 401, 498 or 499, as code or status, or in words",
        "another error; no new token is asked for",
        [Shape "http_status", Shape "no_list"] a_stale_token_is_renewed_once_for_all_who_find_it_stale;
    "portal/answer.rs" Inferred
        "429, 503 with `Retry-After` and 403 about a limit mean that nothing was done",
        "a write may be done twice",
        [Shape "status_429", Shape "status_503", Shape "code_429", Shape "code_403"]
        whatever_was_refused_before_the_portal_acted_is_sent_again_and_leaves_no_doubt;
    "portal/answer.rs" Inferred
        "another code from 400 to 499 means that nothing was done",
        "what is read before the next write shows it",
        [Shape "error_code"] each_form_of_refusal_is_understood;
    "portal/read.rs" Seen
        "a list has its `total` and its array",
        "an error; never taken for an empty list",
        [Shape "no_list", Shape "left_out", Shape "null"] what_is_no_list_is_not_an_empty_one;
    "portal/read.rs" Inferred
        "the pages of a list name as many ids as its `total`",
        "read again, then an error",
        [Shape "list_cut", Shape "row_twice", Shape "list_twice"] a_list_that_is_not_whole_is_an_error;
    "portal/read.rs" Seen
        "`nextStart` says where the next page begins, or is left out",
        "read on until `total`",
        [Shape "left_out", Shape "null"] a_portal_may_leave_out_where_the_next_page_starts;
    "live/discover.rs" Inferred
        "a list of the root names every folder",
        "an item in a folder that is not named is found by the index only",
        [] a_moved_item_is_found_by_the_index_or_else_in_every_folder;
    "live/discover.rs" Inferred
        "lists show what is there now",
        "an item that no list and not the index shows yet is made again",
        [Switch "search_lag_ms"] every_world_comes_to_rest_and_nobody_loses_a_key_or_anything_that_is_not_ours;
    "live/discover.rs" Seen
        "the index may leave out what is there and name what is gone",
        "nothing: it proves nothing",
        [Shape "index_cut", Switch "search_lag_ms", Switch "deleted_hits"]
        a_stale_index_entry_is_nothing_and_an_unreadable_listed_item_blocks_its_credential;
    "live/discover.rs" Inferred
        "what is in no list of the account is not there, whatever reading it shows",
        "a new item takes over from what is there, and then it is retired",
        [Switch "recycled_read", Switch "deleted_hits"] what_is_in_no_list_is_gone_whatever_a_ledger_says;
    "portal/read.rs" Seen
        "an item names its id and its owner",
        "that item cannot be read; its credential is blocked",
        [Shape "empty", Shape "cut"] one_of_fifty_that_cannot_be_read_is_blocked_by_name_and_the_others_are_rotated;
    "portal/read.rs" Unknown
        "an item that is gone is answered 404 or `CONT_0001`",
        "the lists decide whether it is gone or cannot be read",
        [Shape "error_code", Shape "error_words", Shape "message_code", Shape "http_status"]
        a_deleted_item_is_gone_whatever_a_portal_answers_about_it;
    "portal/normalise.rs" Seen
        "dates are milliseconds; -1, 0 and nothing mean none",
        "a slot has no date",
        [Shape "texts", Shape "null", Shape "left_out"] dates_are_milliseconds_as_number_or_text;
    "portal/normalise.rs" Seen
        "tags are a list, or a text with commas, and come back as they were sent",
        "without its tag an item is found by its ledger",
        [Shape "list_order"] an_item_that_lost_its_tag_is_found_by_its_ledger;
    "portal/registration.rs" Documented
        "an item with an app has the keyword `Registered App`",
        "a whole app counts without it; a refusal about an item that has it blocks its credential",
        [Switch "unregistered", Shape "error_code"] an_item_without_the_keyword_is_not_registered_whatever_is_answered_about_its_app;
    "portal/http.rs" Seen
        "an app names its `client_id` and says of both slots whether they are active",
        "the app cannot be read; its credential is blocked",
        [Switch "unregistered"] an_item_with_the_keyword_whose_app_is_not_shown_is_unclear_and_never_unregistered;
    "portal/http.rs" Documented
        "the owner is shown the `client_secret`",
        "no key is issued or revoked",
        [] a_credential_lives_its_whole_life_whatever_form_answers_have;
    "portal/normalise.rs" Unknown
        "an app that leaves out `redirect_uris` has none",
        "an edit of the app clears them",
        [] each_write_sends_what_is_documented_and_no_more;
    "portal/ledger.rs" Seen
        "`properties` comes back with the members that were sent, as an object or as its text",
        "nothing is issued, and the error says so",
        [Switch "properties", Shape "member_order"] what_is_written_is_read_back_in_every_form_a_portal_returns_it;
    "portal/write.rs" Seen
        "a write says `success`, or names an id",
        "taken for a lost answer: what is read afterwards decides",
        [Shape "empty", Shape "cut", Shape "page", Shape "texts"]
        whatever_trouble_there_was_the_runs_after_it_leave_one_item_and_one_key;
    "apply/lease.rs" Seen
        "a second folder of one title is refused",
        "two runs hold the lease",
        [Shape "error_code", Shape "error_words"] of_two_runs_at_once_one_works_and_nobody_loses_a_key;
    "apply/lease.rs" Unknown
        "that refusal has a code from 400 to 499, or none",
        "a lease that a killed run left is not taken over",
        [Shape "error_code"] a_lease_left_by_a_killed_run_is_taken_over_after_its_time;
    "apply/lease.rs" Seen
        "a list of the root says when a folder was made",
        "a lease that a killed run left is not taken over",
        [Shape "whole_seconds"] a_lease_left_by_a_killed_run_is_taken_over_after_its_time;
    "apply/item.rs" Inferred
        "a new item, its tag and its ledger show within seven reads",
        "the run ends; the next one goes on with that item",
        [Shape "cut"] every_world_comes_to_rest_and_nobody_loses_a_key_or_anything_that_is_not_ours;
    "apply/item.rs" Inferred
        "a new app shows within seven reads",
        "the run ends; the next one goes on with that item",
        [Switch "register_twice"] every_world_comes_to_rest_and_nobody_loses_a_key_or_anything_that_is_not_ours;
    "portal/write.rs" Documented
        "the answer to an app that was registered or updated is that app: its `privileges` and `httpReferrers`",
        "what is read afterwards counts as the answer, within seven reads; a person's edit in between counts as ours",
        [Shape "left_out"] a_referrer_that_a_person_sets_before_our_app_is_read_back_was_changed_in_the_portal;
    "apply/item.rs" Unknown
        "an app comes back with the privileges asked for, or with coarser or finer ones of the same name",
        "they were not taken: noted, not sent again, and the credential is blocked; a new one gets no key",
        [Switch "privileges", Switch "refuses", Shape "list_order"]
        a_new_credential_whose_access_the_portal_does_not_take_gets_no_key_until_it_asks_for_other;
    "apply/item.rs" Unknown
        "an app comes back with the referrers asked for, but for scheme, case and a slash or `*` at the end",
        "the same",
        [Switch "referrers", Switch "refuses"]
        an_edit_in_place_that_the_portal_does_not_take_is_refused_and_its_key_renewed;
    "apply/item.rs" Unknown
        "an app comes back with the items and the personal flag asked for, or without the flag",
        "the same; `personal` in the configuration decides about the flag",
        [Switch "refuses"] an_edit_in_place_that_the_portal_does_not_take_is_refused_and_its_key_renewed;
    "apply/item.rs" Inferred
        "an edit of texts moves the item's `modified`, or changes what it shows, within seven reads",
        "what it shows then is recorded as what came back",
        [Switch "description", Switch "snippet", Switch "tags", Switch "control_characters"]
        an_edit_that_the_portal_undoes_or_alters_is_done_and_leaves_nothing_to_do;
    "apply/item.rs" Inferred
        "an item's `modified` goes by the clock of the `Date` header",
        "what the portal made of a text counts as changed in the portal, and is sent again by each run",
        [] what_a_person_writes_after_our_edit_was_changed_in_the_portal;
    "apply/item.rs" Unknown
        "an item that was moved tells its folder in `ownerFolder`",
        "the folder that it tells is recorded as what came back",
        [] a_move_that_the_item_does_not_tell_is_done_and_leaves_nothing_to_do;
    "apply/key.rs" Unknown
        "a date that was sent shows at once, with its key, or some reads later, exactly or rounded",
        "it is not waited for; any other date is somebody's, and the run stops",
        [Switch "date_shown", Switch "date_returned", Switch "date_late_reads"]
        a_credential_lives_its_whole_life_under_every_pair_of_answers;
    "apply/key.rs" Unknown
        "asked not to regenerate, a portal issues into an empty slot, or refuses without doing anything",
        "asked to regenerate, once the slot was seen empty twice more",
        [Switch "regenerate_empty", Switch "regenerate_false", Shape "error_code"]
        a_portal_that_only_regenerates_is_asked_to_and_the_report_says_so;
    "portal/write.rs" Seen
        "the answer that issues a key holds it as `access_token`",
        "that key is lost; the next run issues another one",
        [Shape "empty", Shape "cut"] a_lost_answer_at_any_write_takes_nobodys_key;
    "apply/key.rs" Seen
        "a slot shows its new key as active within seven reads",
        "the key is given to nobody and left alone; the next run looks whose it is",
        [Switch "active_late_reads"] the_same_holds_with_each_switch_alone;
    "portal/read.rs" Seen
        "asked with a key, `portals/self` or `community/self` names its item and privileges in `appInfo`",
        "the key is given to nobody and left alone; the next run looks whose it is",
        [Shape "texts", Shape "member_order"] a_key_is_proved_before_it_is_delivered;
    "apply/key.rs" Unknown
        "a key tells the end it was given, or that rounded, or none",
        "the key is given to nobody and left alone; the next run looks whose it is",
        [Switch "key_end", Switch "date_returned"] a_credential_lives_its_whole_life_under_every_pair_of_answers;
    "live/sinks.rs" Inferred
        "a key that lives is not called invalid twice, two seconds apart, for a page of its referrers",
        "it counts as lost: it is renewed, and its slot is left alone",
        [] only_the_same_answer_twice_says_that_a_key_is_dead;
    "apply/key.rs" Seen
        "a revoked slot shows as inactive within seven reads, whatever its date",
        "the run ends, and its record stays",
        [Switch "active_late_reads", Switch "revoke_date"] the_same_holds_with_each_switch_alone;
    "apply/item.rs" Unknown
        "an item that was deleted is refused, or in no list of its folder",
        "the run ends, and the next one looks again",
        [Shape "error_code", Switch "recycled_keys"] a_deleted_item_is_gone_whatever_a_portal_answers_about_it;
}
