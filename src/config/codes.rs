//! Every code a configuration can be reported with, in one table.

use crate::model::{Code, codes};

codes! {
    /// Every code of a configuration, in the order of the documentation.
    pub CODES "config";

    UNREADABLE_FILE "unreadable_file", "a file cannot be read",
        "The file named, or one that it includes, does not exist or may not be opened.",
        "check the path; `-f` takes a file or a folder with a keyform.yaml in it";
    AMBIGUOUS_FOLDER "ambiguous_folder", "a folder has two configurations",
        "A folder stands for its keyform.yaml or its keyform.json. Where both exist, keyform does not choose.",
        "name the file itself with `-f`, or remove one of the two";
    TOO_LARGE "too_large", "a file is too large",
        "A configuration file has at most 16 MiB and 1,000,000 values; what aliases repeat counts too.",
        "split the file with `include`, or write repeated parts as a profile";
    NOT_REGULAR "not_regular", "not a regular file",
        "What a configuration names is read only if it is a regular file: no folder, pipe or device, and nothing below /proc, /sys and /dev.",
        "name a file";
    NOT_A_CONFIGURATION "not_a_configuration", "not a configuration at all",
        "The file has none of the keys of a configuration. A path may lead anywhere, and reports may be public, so nothing of such a file is shown.",
        "check where the path leads; a file starts with `keyform: 1`, or, if it is included, with `credentials:`";
    OUTSIDE_REACH "outside_reach", "a file outside of the configuration's reach",
        "Included files and `ca_bundle` lie, links followed, below the top of the git work tree; without git, below the root file's folder. So whoever may change them cannot make keyform read what is private.",
        "move the file into the repository, or allow its folder twice: by `reach: [DIR]` in the root file, and by `--reach DIR` on the command line";
    NOT_UTF8 "not_utf8", "a file is not UTF-8",
        "Configuration files are read as UTF-8, with or without a byte order mark.",
        "save the file as UTF-8";
    EMPTY_FILE "empty_file", "a file holds nothing",
        "The file is empty or has comments only.",
        "start with `keyform: 1`, `stack: NAME` and `portal: { url: … }`";
    YAML_SYNTAX "yaml_syntax", "the YAML cannot be read",
        "The text is not YAML 1.2. Reading stops at the first such place; what follows is judged once it is fixed.",
        "fix the line; quote strings that have `: ` or ` #` in them or start with one of `*&!|>%@`";
    YAML_TAB "yaml_tab", "a tab stands where YAML wants spaces",
        "YAML does not let tabs indent.",
        "replace the tab with spaces";
    YAML_DOCUMENTS "yaml_documents", "a file has several documents",
        "A configuration is one YAML document; what follows a `---` would be ignored.",
        "move the second document into a file of its own and `include` it";
    YAML_MERGE_KEY "yaml_merge_key", "a merge key is used",
        "`<<` belongs to YAML 1.1 and is read differently by different tools.",
        "use a profile: `use: [name]`";
    YAML_TAG "yaml_tag", "a YAML tag is used",
        "Tags such as `!secret` or `!!binary` change what a value is and are not part of this format.",
        "write the value itself, without the tag";
    YAML_KEY "yaml_key", "a key is not a string",
        "Keys are plain or quoted strings.",
        "write the key as a string";
    YAML_SURPRISE "yaml_surprise", "a value that YAML tools read differently",
        "Unquoted `yes`, `no`, `on`, `off` are booleans for YAML 1.1 and strings for YAML 1.2; unquoted digits are a number, and `012` is 12 for some and 10 for others. Where a string is wanted, such a value is refused instead of guessed.",
        "put the value in quotes";
    DUPLICATE_KEY "duplicate_key", "a key stands twice in one mapping",
        "Many tools silently keep one of the two.",
        "rename one, or merge both";
    UNKNOWN_KEY "unknown_key", "a key that does not exist",
        "The format is strict, so that a spelling mistake cannot switch a setting off.",
        "see the keys in schema/keyform.schema.json, or let the editor complete them";
    MISPLACED_KEY "misplaced_key", "a key that belongs elsewhere",
        "The key exists, but not at this place.",
        "move it to where it belongs";
    NOT_AVAILABLE "not_available", "not available in this version",
        "This version knows what is meant and cannot do it yet. It is refused, because ignoring it would break what the configuration promises.",
        "remove it, or use a version that has it";
    WRONG_TYPE "wrong_type", "a value of the wrong kind",
        "A list stands where a string is wanted, nothing where a mapping is wanted, and so on.",
        "write the kind of value that is named";
    MISSING_KEY "missing_key", "a key is missing",
        "The mapping is not complete without it.",
        "add the key";
    UNKNOWN_VALUE "unknown_value", "a value that does not exist",
        "Only a few words are possible here.",
        "use one of the words named";
    BAD_VALUE "bad_value", "a value outside its limits",
        "The value is too long, too short, empty, or not written as it should be.",
        "follow the limits named";
    FORMAT_VERSION "format_version", "an unknown format version",
        "`keyform: 1` is the format this version reads.",
        "write `keyform: 1`, or use a later keyform";
    INCLUDE_MISSING "include_missing", "an included file does not exist",
        "An include without wildcards names a file that must exist.",
        "check the path; it is relative to the root file";
    INCLUDE_SELF "include_self", "a file includes itself",
        "The root file is named in its own `include`.",
        "remove the entry";
    INCLUDE_NOTHING "include_nothing" Warning "KF-F001", "an include matches no file",
        "The pattern is allowed to match nothing, but then it is often a mistake.",
        "check the pattern; it is relative to the root file";
    INCLUDE_TOO_MANY "include_too_many", "an include that is too wide",
        "All patterns together look at up to 200,000 names and bring in up to 5,000 files; one pattern has up to 64 parts.",
        "name the folders, as in `teams/*/keys.yaml`, in place of `**`";
    INCLUDE_KEY "include_key", "a key that only the root file may have",
        "Included files may add credentials, and `moved` and `removed` entries. Who may add those may not thereby change the portal, the defaults, the sinks or the guards.",
        "move it to the root file";
    INCLUDE_COMMAND "include_command", "a command in an included file",
        "Only the root file may start programs.",
        "declare the command under `sinks` in the root file and use it by name";
    BAD_NAME "bad_name", "a name that is not possible",
        "Names of stacks, credentials, profiles and sinks have 1 to 64 of `a-z`, `0-9` and `-`.",
        "use lower-case letters, digits and dashes";
    DUPLICATE_NAME "duplicate_name", "two credentials share a name",
        "A credential is matched by its name; two files declare the same one.",
        "rename one, or merge both into one";
    UNKNOWN_PROFILE "unknown_profile", "a profile that does not exist",
        "`use` names profiles of the root file.",
        "declare it under `profiles`, or use one that exists";
    UNKNOWN_SINK "unknown_sink", "a sink that does not exist",
        "An entry of `deliver` is `file`, `dotenv`, `command`, or the name of a sink declared in the root file.",
        "declare it under `sinks`, or use one that exists";
    RESERVED_NAME "reserved_name", "a sink is called like a type",
        "A sink called like a type of sink could not be told from an inline one.",
        "choose another name";
    BAD_DURATION "bad_duration", "not a duration",
        "Durations are whole numbers with `w`, `d`, `h`, `m` or `s`, such as `90d`, `2w` or `1d12h`. A day has 24 hours.",
        "write it as in `90d`, `2w` or `12h`";
    BAD_DATE "bad_date", "not a date",
        "Dates are written as in 2027-06-30.",
        "write year, month and day";
    BAD_DAYS "bad_days", "not days of the week",
        "Days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`; `mon-thu` is from one to another, `[mon, wed]` a list.",
        "write it as in `mon`, `mon-thu` or `[mon, wed]`";
    BAD_HOURS "bad_hours", "not hours of a day",
        "Hours are two times of one day, the later one after the earlier one; a day ends at 24:00. A window does not pass midnight.",
        "write it in quotes, as in \"09:00-16:00\"";
    UNKNOWN_ZONE "unknown_zone", "a time zone that does not exist",
        "Zones have the names of the IANA database, such as Europe/Zurich. keyform has its own copy, so that they mean the same on every machine.",
        "write a name such as `Europe/Zurich`, or leave `zone` out for UTC";
    LIFETIME_TOO_LONG "lifetime_too_long", "a lifetime over a year",
        "Keys live at most 365 days.",
        "use at most `365d`, and let keyform renew in time";
    LIFETIME_CUT "lifetime_cut" Warning "KF-E002", "a lifetime that will be cut",
        "A portal may refuse or cut a full year, so keys are issued for at most 364 days.",
        "write `364d`";
    LIFETIME_AND_UNTIL "lifetime_and_until", "lifetime and until together",
        "A key ends after a lifetime or at a date, not both.",
        "keep one of the two";
    RENEW_TOO_LATE "renew_too_late", "renewal inside the overlap",
        "The older key would expire before the overlap with the newer one is over.",
        "make `renew_before` longer than `overlap`";
    NO_FREE_SLOT "no_free_slot", "the other slot is not free in time",
        "A credential has two slots. The older key must be retired (overlap, up to one cadence, and until the window opens) before the newer one is due for renewal, which a spread makes earlier.",
        "make `lifetime` longer, or `renew_before`, `spread` or `overlap` shorter";
    RENEWAL_SHUT "renewal_shut" Warning "KF-E004", "a window or freeze can outlast the time for renewal",
        "Between the start of renewal and the last moment that leaves a full overlap, the window may never open, or everything may be frozen. keyform renews such a key all the same before it could expire, outside of the window or within the freeze, and its overlap is cut short.",
        "make `renew_before` longer, widen the window, or write `except: [expiring]` into the freeze";
    MISSED_RUNS "missed_runs" Warning "KF-E001", "few runs may fail before a key lapses",
        "Runs that come between the start of renewal and the last moment that leaves a full overlap can renew the key. One of them must succeed; the others are the budget of runs in a row that may fail.",
        "make `renew_before` longer than `cadence` and `overlap` together";
    UNTIL_PASSED "until_passed" Warning "KF-E003", "a fixed end has passed",
        "No key can be issued any more. It is a warning, so that a date cannot break the whole stack.",
        "remove the credential, or choose a later date";
    UNKNOWN_PRIVILEGE "unknown_privilege" Warning "KF-P001", "a privilege that is not in the catalogue",
        "The catalogue can be behind the portal; the account's own privileges decide before anything is written.",
        "check the spelling with `keyform privileges`";
    PRIVILEGE_NOT_OFFERED "privilege_not_offered" Warning "KF-P002", "a privilege that the product does not list",
        "The privilege exists, but was not seen with this product.",
        "use one that the product offers: `keyform privileges`";
    NO_PRIVILEGES "no_privileges" Warning "KF-P003", "a key that may do nothing",
        "There are neither privileges nor items.",
        "add `privileges` or `items`";
    DUPLICATE_PRIVILEGE "duplicate_privilege" Warning "KF-P004", "a privilege stands twice",
        "The second one has no effect.",
        "remove one";
    PERSONAL_NEEDLESS "personal_needless" Warning "KF-P005", "personal without need",
        "`personal: true` stands where no privilege asks for it, or where the product has no such flag.",
        "remove `personal`, or write `personal: auto`";
    LEGACY_SCOPE "legacy_scope", "a scope of legacy API keys",
        "Legacy API keys were retired in June 2026; their scopes have successors.",
        "use the privilege that is named";
    ITEM_AS_PRIVILEGE "item_as_privilege", "item access among the privileges",
        "Access to items is written under `items`, so that it is counted and checked.",
        "move the id to `items`";
    PRODUCT_UNKNOWN "product_unknown" Note, "privileges are not checked against a product",
        "Without a portal at hand the product is judged by the host name, and here that says nothing.",
        "set `portal.product`";
    PERSONAL_UNACKNOWLEDGED "personal_unacknowledged", "personal scope is not acknowledged",
        "With a privilege of personal scope a key acts as its owner's account and can reveal what that account sees.",
        "add `acknowledge_personal: true` to the credential, or drop the privilege";
    PERSONAL_CONTRADICTION "personal_contradiction", "personal contradicts the privileges",
        "`personal: false` stands beside a privilege that a portal grants to personal keys only.",
        "write `personal: auto`, or drop the privilege";
    BAD_REFERRER "bad_referrer", "not a referrer",
        "A referrer is a scheme and a host, maybe a port; `*` may stand for the sub-domain only.",
        "write it as in https://app.example.com or https://*.example.com";
    REFERRER_PATH "referrer_path" Warning "KF-R001", "a referrer with a path",
        "Browsers cut the path off, so the key would be refused.",
        "write scheme and host only";
    REFERRER_HTTP "referrer_http" Warning "KF-R002", "a referrer with plain http",
        "Anybody on the way can pretend to be that page.",
        "use https";
    NO_REFERRERS "no_referrers" Warning "KF-R003", "no referrers",
        "Whoever finds the key can use it from anywhere.",
        "add `referrers`, or say `used_in: server` or `used_in: native`";
    ANY_REFERRER "any_referrer" Warning "KF-R004", "any referrer",
        "A lone `*` is the same as no referrers.",
        "name the hosts";
    NATIVE_REFERRERS "native_referrers" Warning "KF-R005", "referrers for a native application",
        "Native SDKs send no Referer, so the key would be refused.",
        "remove `referrers`, or `used_in: native`";
    DUPLICATE_REFERRER "duplicate_referrer" Warning "KF-R006", "a referrer stands twice",
        "The second one has no effect.",
        "remove one";
    BAD_ITEM "bad_item", "not an item id",
        "An item id has 32 hexadecimal digits.",
        "copy the id from the item's address, and quote it if it has digits only";
    TOO_MANY_ITEMS "too_many_items", "too many items",
        "A credential may read at most 100 items.",
        "split the credential";
    DUPLICATE_ITEM "duplicate_item", "an item stands twice",
        "The second one has no effect and may hide a mistake.",
        "remove one";
    BAD_PORTAL_URL "bad_portal_url", "not a portal's address",
        "The address is https, such as https://www.arcgis.com or https://gis.example.gov/portal; http is for this machine only; `emulator` is the portal inside keyform.",
        "write the portal's https address";
    PINNED_PORTAL "pinned_portal", "another portal than the environment names",
        "`KEYFORM_PORTAL` says which portal this environment's sign-in is for. A configuration that names another one is refused before anything is sent, also with `--emulator` and offline.",
        "write that portal's address, or run where KEYFORM_PORTAL names this one";
    PINNED_STACK "pinned_stack", "another stack than the environment names",
        "`KEYFORM_STACK` says which stack this environment is for. A configuration of another one is refused.",
        "write that stack's name, or run where KEYFORM_STACK names this one";
    LOOK_ALIKE_HOST "look_alike_host", "a host that looks like one of Esri's",
        "Sign-in goes to the portal's host, and this one was made to be mistaken, or could be.",
        "write the host you mean; if it is this one, name the portal in KEYFORM_PORTAL";
    NEAR_HOST "near_host" Warning "KF-H001", "a host that is nearly one of Esri's",
        "Sign-in goes to the portal's host. A slip of the keyboard sends it to somebody else.",
        "check the spelling; if it is right, allow the warning, or name the portal in KEYFORM_PORTAL";
    URL_WITH_SECRET "url_with_secret", "an address with sign-in or a query",
        "Addresses are printed and logged.",
        "write the address alone; sign-in comes from the environment";
    LITERAL_SECRET "literal_secret", "a secret in the configuration",
        "What looks like a key, token or password must not stand in a file that is shared. It is not shown here either.",
        "remove it and revoke it; sign-in comes from the environment, keys go to sinks";
    BAD_TEXT "bad_text", "a string that is not possible",
        "Titles have at most 256 characters, summaries 2,048, reasons 500; control characters are not possible, nor `<` and `>` in what a portal keeps.",
        "shorten it, or remove the characters named";
    LONG_SNIPPET "long_snippet" Warning "KF-S001", "a long summary",
        "Portals show about 250 characters.",
        "move the rest to `description`";
    BAD_TAG "bad_tag", "not a tag",
        "Tags are not blank, have no commas, and do not start with `keyform:`, which marks what keyform manages.",
        "choose another tag";
    DUPLICATE_TAG "duplicate_tag" Warning "KF-S002", "a tag stands twice",
        "The second one has no effect.",
        "remove one";
    SINK_ARGUMENT "sink_argument", "a sink's settings do not fit",
        "Each type of sink has its own settings: `dotenv` a path and a name, `file` a path, a format and for json and yaml a field, `command` a program to run.",
        "follow the type's settings";
    SINK_REDEFINED "sink_redefined", "a sink is given a setting twice",
        "What the declaration of a sink says cannot be changed where it is used.",
        "remove one of the two";
    BAD_VARIABLE "bad_variable", "not the name of a variable",
        "Variables have letters, digits and `_`, and start with no digit.",
        "choose a name such as ARCGIS_API_KEY";
    BAD_FIELD "bad_field", "not a field",
        "A field is a dotted path of names, such as maps.apiKey.",
        "write names with dots between them";
    BAD_PATH "bad_path", "not a path for a key",
        "The path is empty, ends in a slash, or is that of a configuration file.",
        "name a file of its own";
    BAD_COMMAND "bad_command", "not a command",
        "A command is a list of the program and its arguments; no shell is involved.",
        "write it as in `run: [vault, kv, put, …]`";
    SINK_REACH "sink_reach", "a delivery outside of an included file's reach",
        "Included files deliver, links followed, below the root file's folder or beside themselves. So whoever may change them cannot have keys written over other files of the machine.",
        "deliver below the root file's folder, declare the sink in the root file, or allow the folder twice: by `reach: [DIR]` in the root file, and by `--reach DIR` on the command line";
    SAME_PLACE "same_place", "two deliveries to one place",
        "One of the two keys would overwrite the other.",
        "give each its own path, variable or field";
    ESCROW_UNREADABLE "escrow_unreadable", "an escrow that cannot be read",
        "An escrow keeps the key safe until everybody has it; so it must be possible to read it back.",
        "use a `file` or `dotenv` sink as escrow";
    DEAD_END "dead_end" Warning "KF-D001", "sinks that a crash could leave half done",
        "None of the sinks can be read back. If a run dies between two of them, nobody can give the others the same key, and a new item has to replace this one.",
        "add an escrow: a `file` or `dotenv` sink with `escrow: true`";
    NO_DELIVERY "no_delivery" Warning "KF-D002", "a key that goes nowhere",
        "A key is shown once. Without `deliver` nobody gets it.",
        "add `deliver`, or `mode: observe`";
    FREEZE_BACKWARDS "freeze_backwards", "a freeze that ends before it begins",
        "`from` is the first day of a freeze and `to` its last one; both can be the same day.",
        "swap the two days, or correct the year";
    FREEZE_PASSED "freeze_passed" Warning "KF-G001", "a freeze that is over",
        "It has no effect any more.",
        "remove the entry, or write the days of the next one";
    MOVED_TO_ITSELF "moved_to_itself", "a name that is moved to itself",
        "`moved` names what a credential was called and what it is called now.",
        "write the old name as `from`, or remove the entry";
    MOVED_TWICE "moved_twice", "one name is moved twice",
        "A credential cannot become two.",
        "remove one of the two";
    MOVED_STILL_DECLARED "moved_still_declared", "a moved name is still declared",
        "If the old name is still there, the credential was not renamed.",
        "rename the entry under `credentials`, or remove it from `moved`";
    MOVED_TO_NOTHING "moved_to_nothing", "a name is moved to one that does not exist",
        "`to` names a credential, one that is moved on by another entry, or one that is removed.",
        "write the name that the credential has now";
    MOVED_IN_CIRCLE "moved_in_circle", "names are moved in a circle",
        "Following `to` from one entry to the next comes back to where it began.",
        "remove the entry that leads back";
    REMOVED_STILL_DECLARED "removed_still_declared", "a removed name is still declared",
        "A credential is wanted or not wanted.",
        "remove the entry under `credentials`, or the one under `removed`";
    REMOVED_TWICE "removed_twice", "one name is removed twice",
        "The two entries may say different things.",
        "remove one of the two";
    REMOVED_AND_MOVED "removed_and_moved", "a name is moved and removed",
        "A credential that was renamed is removed by the name that it has now.",
        "write the new name under `removed`, or remove one of the two entries";
    UNKNOWN_LINT "unknown_lint", "a lint that does not exist",
        "`lint.allow` names the id of a warning, such as KF-R003.",
        "use the id that the warning prints";
    UNKNOWN_CREDENTIAL "unknown_credential", "a credential that does not exist",
        "`on` names a credential of this configuration.",
        "use a name that exists";
    UNUSED_ALLOWANCE "unused_allowance" Note, "an allowance that nothing needs",
        "The warning that it silences does not occur.",
        "remove the entry";
}

/// The code that a lint id stands for.
pub(crate) fn of_lint(id: &str) -> Option<&'static Code> {
    CODES.iter().copied().find(|code| code.lint == Some(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::Severity;

    #[test]
    fn codes_and_lint_ids_are_unique_and_exactly_warnings_have_lint_ids() {
        let ids: BTreeSet<_> = CODES.iter().map(|code| code.id).collect();
        let lints: BTreeSet<_> = CODES.iter().filter_map(|code| code.lint).collect();
        let warnings = CODES.iter().filter(|code| code.severity == Severity::Warning).count();
        assert_eq!((ids.len(), lints.len()), (CODES.len(), warnings));
        for code in CODES {
            assert_eq!(code.lint.is_some(), code.severity == Severity::Warning, "{}", code.id);
            assert!(!code.title.ends_with('.') && code.explanation.ends_with('.'), "{}", code.id);
        }
    }

    #[test]
    fn a_lint_id_finds_its_code() {
        assert_eq!(of_lint("KF-R003").map(|code| code.title), Some("no referrers"));
    }
}
