//! What no document says about the portal, each as a switch.
//!
//! A careful client must behave under every setting (*section 13.7*). The first alternative is the default.

use serde::{Deserialize, Serialize};

/// One switch, as a sweep or a help text sees it.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// How it is named in `name=value`.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// The section of the fact sheet that leaves it open.
    pub section: &'static str,
    /// Its settings; the first is the default. A number takes any other number too.
    pub alternatives: &'static [&'static str],
    /// The setting that is hardest on a client that can still do its work.
    pub worst: &'static str,
}

/// Why a setting was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a field is what it is called")]
pub enum SwitchError {
    /// No `=`.
    #[error("`{0}` is not of the form name=value")]
    Form(String),
    /// No such switch.
    #[error("no switch is called `{name}`; did you mean `{nearest}`?")]
    Name { name: String, nearest: &'static str },
    /// No such setting.
    #[error("`{switch}` cannot be `{value}`; it is one of {alternatives}")]
    Value { switch: &'static str, value: String, alternatives: String },
}

macro_rules! switches {
    (
        choices { $( $(#[doc = $about:literal])+ $section:literal $field:ident: $kind:ident
            { $first:ident = $first_text:literal, $($variant:ident = $text:literal),+ } worst $worst:ident = $worst_text:literal; )+ }
        numbers { $( $(#[doc = $number_about:literal])+ $number_section:literal $number:ident
            [ $default:literal = $default_text:literal, $($value_text:literal),* ] worst $number_worst:literal = $number_worst_text:literal; )+ }
    ) => {
        $(
            $(#[doc = $about])+
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            pub enum $kind {
                #[doc = concat!("`", $first_text, "`")]
                #[default]
                #[serde(rename = $first_text)]
                $first,
                $( #[doc = concat!("`", $text, "`")] #[serde(rename = $text)] $variant, )+
            }
        )+

        /// How the emulated portal behaves where no document says how the real one does.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Switches {
            $( $(#[doc = $about])+ pub $field: $kind, )+
            $( $(#[doc = $number_about])+ pub $number: u32, )+
        }

        impl Default for Switches {
            fn default() -> Self {
                Self { $( $field: $kind::default(), )+ $( $number: $default, )+ }
            }
        }

        impl Switches {
            /// Every switch with its alternatives, so that a sweep can try each alone.
            pub const ALL: &[Switch] = &[
                $( Switch {
                    name: stringify!($field), about: concat!($($about),+), section: $section,
                    alternatives: &[$first_text, $($text),+], worst: $worst_text,
                }, )+
                $( Switch {
                    name: stringify!($number), about: concat!($($number_about),+), section: $number_section,
                    alternatives: &[$default_text, $($value_text),*], worst: $number_worst_text,
                }, )+
            ];

            /// All at their worst together.
            #[must_use]
            pub const fn worst() -> Self {
                Self { $( $field: $kind::$worst, )+ $( $number: $number_worst, )+ }
            }

            fn assign(&mut self, name: &str, value: &str) -> bool {
                match name {
                    $( stringify!($field) => self.$field = match value {
                        $first_text => $kind::$first,
                        $( $text => $kind::$variant, )+
                        _ => return false,
                    }, )+
                    $( stringify!($number) => match value.parse() {
                        Ok(number) => self.$number = number,
                        Err(_) => return false,
                    }, )+
                    _ => return false,
                }
                true
            }
        }
    };
}

switches! {
    choices {
        /// An item update that sends a slot's expiry date without generating: does the running key end?
        "13.7, 14.3" date_update: DateUpdate { Keeps = "keeps", Ends = "ends" } worst Ends = "ends";
        /// An app update that changes referrers or redirect URIs and no privileges: do the keys end?
        "13.7, 14.2" referrer_update: ReferrerUpdate { Ends = "ends", Keeps = "keeps" } worst Ends = "ends";
        /// An app update that changes nothing: do the keys end?
        "13.7, 4.4" noop_update: NoopUpdate { Ends = "ends", Keeps = "keeps" } worst Ends = "ends";
        /// A token call with `regenerateApiToken=false` on an active slot.
        "13.7, 5.1" regenerate_false: RegenerateFalse { Error = "error", Same = "same", New = "new" } worst New = "new";
        /// A token call with `regenerateApiToken=false` on an empty slot.
        "13.7, 5.1" regenerate_empty: RegenerateEmpty { Issues = "issues", Refused = "refused" } worst Refused = "refused";
        /// When the keyword `APIToken` appears on the item.
        "13.7, 3.10" keyword: Keyword { OnDate = "on_date", OnKey = "on_key", Never = "never" } worst Never = "never";
        /// Whether `apiTokenNActive` stays true once the key has run out.
        "13.7, 14.6" active_after_expiry: ActiveAfterExpiry { Falls = "falls", Stays = "stays" } worst Stays = "stays";
        /// An expiry date more than a year away.
        "13.7, 3.4" over_one_year: OverOneYear { Refused = "refused", Cut = "cut" } worst Cut = "cut";
        /// When the item shows the expiry date that an update sent: at once, once the slot gets a key, or three reads later.
        "13.7, 14.17" date_shown: DateShown { AtOnce = "at_once", WithKey = "with_key", Later = "later" } worst Later = "later";
        /// How an expiry date comes back, always in UTC: as sent, as the last millisecond or second of its day, cut to the
        /// minute, or cut to the second.
        "3.4" date_returned: DateReturned {
            Kept = "kept", EndOfDay = "end_of_day", EndOfDaySecond = "end_of_day_second", Minute = "minute", Second = "second"
        } worst EndOfDay = "end_of_day";
        /// When a key really ends: at the date as it comes back, at the date as it was sent, or at that cut to the minute.
        "3.4, 7.3" key_end: KeyEnd { Returned = "returned", Sent = "sent", Minute = "minute" } worst Sent = "sent";
        /// Whether the keys of an item in the recycle bin still work.
        "13.7, 3.8" recycled_keys: RecycledKeys { Dead = "dead", Alive = "alive" } worst Alive = "alive";
        /// What reading an item by its id alone shows of one in the recycle bin: nothing, the item, or the item as one that has
        /// no app.
        "3.3" recycled_read: RecycledRead { Missing = "cont_0001", Shown = "shown", Bare = "without_app" } worst Bare = "without_app";
        /// What revoking does to the slot's expiry date on the item.
        "5.5, 14.14" revoke_date: RevokeDate { Created = "created", Stale = "stale", Cleared = "cleared" } worst Stale = "stale";
        /// What the app keeps of the privileges asked for.
        "4.3" privileges: Privileges { Kept = "kept", Expanded = "expanded", Dropped = "dropped", Reordered = "reordered" }
            worst Expanded = "expanded";
        /// What the portal keeps of a description.
        "3.2" description: Description { Kept = "kept", Sanitised = "sanitised" } worst Sanitised = "sanitised";
        /// What the portal keeps of a summary of more than 250 characters.
        "3.2" snippet: Snippet { Kept = "kept", Cut = "cut" } worst Cut = "cut";
        /// What an update makes of a tag that differs from one that is there by its case alone.
        "3.4" tags: Tags { Kept = "kept", Old = "old_case" } worst Old = "old_case";
        /// Which access is not taken although the answer is success: none, new referrers, new items, or the last of several
        /// privileges. A new app takes all of it but that privilege.
        "4.4, 12" refuses: Refuses { Nothing = "nothing", Referrers = "referrers", Items = "items", Privilege = "privilege" }
            worst Nothing = "nothing";
        /// What the app keeps of the referrers asked for.
        "10, 14.11" referrers: Referrers { Kept = "kept", Slash = "slash", Lower = "lower" } worst Slash = "slash";
        /// What becomes of the item's `properties`.
        "3.2" properties: Properties { Kept = "kept", Text = "text", DroppedOnAdd = "dropped_on_add", Dropped = "dropped" }
            worst Text = "text";
        /// What an app update does to what it does not mention.
        "4.4, 14.9" omitted: Omitted { Kept = "kept", Reset = "reset" } worst Reset = "reset";
        /// `registerApp` on an item that is registered already.
        "4.1" register_twice: RegisterTwice { Error = "error", Same = "same" } worst Error = "error";
        /// What `registeredAppInfo` answers for an item that is not registered; `page_404` is a web page.
        "13.7, 14.18" unregistered: Unregistered
            { Coded = "cont_0001", Refused = "400", Forbidden = "403", Missing = "404", Page = "page_404", Empty = "empty" }
            worst Forbidden = "403";
        /// Whether search still finds a deleted item for an hour.
        "6.1" deleted_hits: DeletedHits { AfterLag = "after_lag", Stale = "stale" } worst Stale = "stale";
        /// Whether control characters in a title, snippet or tag survive addItem.
        "3.2" control_characters: ControlCharacters { Kept = "kept", Stripped = "stripped" } worst Stripped = "stripped";
        /// What `expires_in` of a key's answer says.
        "5.1" expires_in: ExpiresIn { Real = "real", Fixed = "1800" } worst Fixed = "1800";
    }
    numbers {
        /// Milliseconds until the search index shows a write.
        "6.1" search_lag_ms [3000 = "3000", "0", "600000"] worst 600_000 = "600000";
        /// How many reads of the app still show a slot's old `Active` flag.
        "5.6" active_late_reads [0 = "0", "1", "3"] worst 2 = "2";
        /// How many reads of the item still show a slot's old expiry date.
        "5.6" date_late_reads [0 = "0", "1", "3"] worst 2 = "2";
    }
}

impl Switches {
    /// Sets one switch by name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SwitchError> {
        let Some(switch) = Self::ALL.iter().find(|switch| switch.name == name) else {
            return Err(SwitchError::Name { name: name.to_owned(), nearest: nearest(name) });
        };
        if self.assign(name, value) {
            return Ok(());
        }
        let alternatives = switch.alternatives.join(", ");
        Err(SwitchError::Value { switch: switch.name, value: value.to_owned(), alternatives })
    }

    /// Sets one switch from `name=value`.
    pub fn parse(&mut self, setting: &str) -> Result<(), SwitchError> {
        let (name, value) = setting.split_once('=').ok_or_else(|| SwitchError::Form(setting.to_owned()))?;
        self.set(name.trim(), value.trim())
    }

    /// Every setting that differs from the default, alone: what a sweep goes through.
    pub fn each_alone() -> impl Iterator<Item = (&'static str, &'static str, Self)> {
        let settings = Self::ALL.iter().flat_map(|s| s.alternatives.iter().skip(1).map(|value| (s.name, *value)));
        settings.map(|(name, value)| {
            let mut switches = Self::default();
            switches.assign(name, value);
            (name, value, switches)
        })
    }
}

fn nearest(name: &str) -> &'static str {
    let score = |switch: &&Switch| strsim::damerau_levenshtein(switch.name, name);
    Switches::ALL.iter().min_by_key(score).map_or("date_update", |switch| switch.name)
}
