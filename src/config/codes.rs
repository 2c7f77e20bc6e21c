//! Every code a configuration can be reported with, in one table.
//!
//! The documentation of errors and `keyform explain CODE` are made from it.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be done before it is mended.
    Error,
    /// Worth a look; an error under `--strict`.
    Warning,
    /// Said for completeness; never an error.
    Note,
}

impl Severity {
    /// Its word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What there is to say about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeDoc {
    /// The stable code.
    pub code: &'static str,
    /// How bad it is, without `--strict`.
    pub severity: Severity,
    /// The id that `lint.allow` silences it by; only warnings have one.
    pub lint: Option<&'static str>,
    /// A headline.
    pub title: &'static str,
    /// Why it matters.
    pub explanation: &'static str,
    /// What to do, where the report has nothing better.
    pub help: &'static str,
}

macro_rules! codes {
    ($($variant:ident $slug:literal $severity:ident $lint:expr, $title:literal, $explanation:literal, $help:literal;)*) => {
        /// What is wrong, as a word that does not change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// What there is to say about it.
            #[must_use]
            pub fn doc(self) -> &'static CodeDoc {
                &ALL[self as usize]
            }
        }

        /// Every code, in the order of the documentation.
        pub const ALL: &[CodeDoc] = &[$(CodeDoc {
            code: concat!("keyform::config::", $slug),
            severity: Severity::$severity,
            lint: $lint,
            title: $title,
            explanation: $explanation,
            help: $help,
        },)*];
    };
}

codes! {
    UnreadableFile "unreadable_file" Error None,
        "a file cannot be read",
        "The file named, or one that it includes, does not exist or may not be opened.",
        "check the path; `-f` takes a file or a folder with a keyform.yaml in it";
    AmbiguousFolder "ambiguous_folder" Error None,
        "a folder has two configurations",
        "A folder stands for its keyform.yaml or its keyform.json. Where both exist, keyform does not choose.",
        "name the file itself with `-f`, or remove one of the two";
    TooLarge "too_large" Error None,
        "a file is too large",
        "A configuration file has at most 16 MiB and 1,000,000 values; what aliases repeat counts too.",
        "split the file with `include`, or write repeated parts as a profile";
    NotRegular "not_regular" Error None,
        "not a regular file",
        "What a configuration names is read only if it is a regular file: no folder, pipe or device, and nothing below /proc, /sys and /dev.",
        "name a file";
    NotAConfiguration "not_a_configuration" Error None,
        "not a configuration at all",
        "The file has none of the keys of a configuration. A path may lead anywhere, and reports may be public, so nothing of such a file is shown.",
        "check where the path leads; a file starts with `keyform: 1`, or, if it is included, with `credentials:`";
    OutsideReach "outside_reach" Error None,
        "a file outside of the configuration's reach",
        "Included files and `ca_bundle` lie, links followed, below the top of the git work tree; without git, below the root file's folder. So whoever may change them cannot make keyform read what is private.",
        "move the file into the repository, or allow its folder twice: by `reach: [DIR]` in the root file, and by `--reach DIR` on the command line";
    NotUtf8 "not_utf8" Error None,
        "a file is not UTF-8",
        "Configuration files are read as UTF-8, with or without a byte order mark.",
        "save the file as UTF-8";
    EmptyFile "empty_file" Error None,
        "a file holds nothing",
        "The file is empty or has comments only.",
        "start with `keyform: 1`, `stack: NAME` and `portal: { url: … }`";
    YamlSyntax "yaml_syntax" Error None,
        "the YAML cannot be read",
        "The text is not YAML 1.2. Reading stops at the first such place; what follows is judged once it is mended.",
        "mend the line; quote texts that have `: ` or ` #` in them or start with one of `*&!|>%@`";
    YamlTab "yaml_tab" Error None,
        "a tab stands where YAML wants spaces",
        "YAML does not let tabs indent.",
        "replace the tab with spaces";
    YamlDocuments "yaml_documents" Error None,
        "a file has several documents",
        "A configuration is one YAML document; what follows a `---` would be ignored.",
        "move the second document into a file of its own and `include` it";
    YamlMergeKey "yaml_merge_key" Error None,
        "a merge key is used",
        "`<<` belongs to YAML 1.1 and is read differently by different tools.",
        "use a profile: `use: [name]`";
    YamlTag "yaml_tag" Error None,
        "a YAML tag is used",
        "Tags such as `!secret` or `!!binary` change what a value is and are not part of this format.",
        "write the value itself, without the tag";
    YamlKey "yaml_key" Error None,
        "a key is not a text",
        "Keys are plain or quoted texts.",
        "write the key as a text";
    YamlSurprise "yaml_surprise" Error None,
        "a value that YAML tools read differently",
        "Unquoted `yes`, `no`, `on`, `off` are booleans for YAML 1.1 and texts for YAML 1.2; unquoted digits are a number, and `012` is 12 for some and 10 for others. Where a text is wanted, such a value is refused instead of guessed.",
        "put the value in quotes";
    DuplicateKey "duplicate_key" Error None,
        "a key stands twice in one mapping",
        "Many tools silently keep one of the two.",
        "rename one, or merge both";
    UnknownKey "unknown_key" Error None,
        "a key that does not exist",
        "The format is strict, so that a spelling mistake cannot switch a setting off.",
        "see the keys in schema/keyform.schema.json, or let the editor complete them";
    MisplacedKey "misplaced_key" Error None,
        "a key that belongs elsewhere",
        "The key exists, but not at this place.",
        "move it to where it belongs";
    NotAvailable "not_available" Error None,
        "not available in this version",
        "This version knows what is meant and cannot do it yet. It is refused, because ignoring it would break what the configuration promises.",
        "remove it, or use a version that has it";
    WrongType "wrong_type" Error None,
        "a value of the wrong kind",
        "A list stands where a text is wanted, nothing where a mapping is wanted, and so on.",
        "write the kind of value that is named";
    MissingKey "missing_key" Error None,
        "a key is missing",
        "The mapping is not complete without it.",
        "add the key";
    UnknownValue "unknown_value" Error None,
        "a value that does not exist",
        "Only a few words are possible here.",
        "use one of the words named";
    BadValue "bad_value" Error None,
        "a value outside its limits",
        "The value is too long, too short, empty, or not written as it should be.",
        "follow the limits named";
    FormatVersion "format_version" Error None,
        "an unknown format version",
        "`keyform: 1` is the format this version reads.",
        "write `keyform: 1`, or use a later keyform";
    IncludeMissing "include_missing" Error None,
        "an included file does not exist",
        "An include without wildcards names a file that must exist.",
        "check the path; it is relative to the root file";
    IncludeSelf "include_self" Error None,
        "a file includes itself",
        "The root file is named in its own `include`.",
        "remove the entry";
    IncludeNothing "include_nothing" Warning Some("KF-F001"),
        "an include matches no file",
        "The pattern is allowed to match nothing, but then it is often a mistake.",
        "check the pattern; it is relative to the root file";
    IncludeTooMany "include_too_many" Error None,
        "an include that is too wide",
        "All patterns together look at up to 200,000 names and bring in up to 5,000 files; one pattern has up to 64 parts.",
        "name the folders, as in `teams/*/keys.yaml`, in place of `**`";
    IncludeKey "include_key" Error None,
        "a key that only the root file may have",
        "Included files may add credentials, and `moved` and `removed` entries. Who may add those may not thereby change the portal, the defaults, the sinks or the guards.",
        "move it to the root file";
    IncludeCommand "include_command" Error None,
        "a command in an included file",
        "Only the root file may start programs.",
        "declare the command under `sinks` in the root file and use it by name";
    BadName "bad_name" Error None,
        "a name that is not possible",
        "Names of stacks, credentials, profiles and sinks have 1 to 64 of `a-z`, `0-9` and `-`.",
        "use lower-case letters, digits and dashes";
    DuplicateName "duplicate_name" Error None,
        "two credentials share a name",
        "A credential is matched by its name; two files declare the same one.",
        "rename one, or merge both into one";
    UnknownProfile "unknown_profile" Error None,
        "a profile that does not exist",
        "`use` names profiles of the root file.",
        "declare it under `profiles`, or use one that exists";
    UnknownSink "unknown_sink" Error None,
        "a sink that does not exist",
        "An entry of `deliver` is `file`, `dotenv`, `command`, or the name of a sink declared in the root file.",
        "declare it under `sinks`, or use one that exists";
    ReservedName "reserved_name" Error None,
        "a sink is called like a type",
        "A sink called like a type of sink could not be told from an inline one.",
        "choose another name";
    BadDuration "bad_duration" Error None,
        "not a duration",
        "Durations are whole numbers with `w`, `d`, `h`, `m` or `s`, such as `90d`, `2w` or `1d12h`. A day has 24 hours.",
        "write it as in `90d`, `2w` or `12h`";
    BadDate "bad_date" Error None,
        "not a date",
        "Dates are written as in 2027-06-30.",
        "write year, month and day";
    BadDays "bad_days" Error None,
        "not days of the week",
        "Days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`; `mon-thu` is from one to another, `[mon, wed]` a list.",
        "write it as in `mon`, `mon-thu` or `[mon, wed]`";
    BadHours "bad_hours" Error None,
        "not hours of a day",
        "Hours are two times of one day, the later one after the earlier one; a day ends at 24:00. A window does not pass midnight.",
        "write it in quotes, as in \"09:00-16:00\"";
    UnknownZone "unknown_zone" Error None,
        "a time zone that does not exist",
        "Zones have the names of the IANA database, such as Europe/Zurich. keyform has its own copy, so that they mean the same on every machine.",
        "write a name such as `Europe/Zurich`, or leave `zone` out for UTC";
    LifetimeTooLong "lifetime_too_long" Error None,
        "a lifetime over a year",
        "Keys live at most 365 days.",
        "use at most `365d`, and let keyform renew in time";
    LifetimeCut "lifetime_cut" Warning Some("KF-E002"),
        "a lifetime that will be cut",
        "A portal may refuse or cut a full year, so keys are issued for at most 364 days.",
        "write `364d`";
    LifetimeAndUntil "lifetime_and_until" Error None,
        "lifetime and until together",
        "A key ends after a lifetime or at a date, not both.",
        "keep one of the two";
    RenewTooLate "renew_too_late" Error None,
        "renewal inside the overlap",
        "The older key would expire before the overlap with the newer one is over.",
        "make `renew_before` longer than `overlap`";
    NoFreeSlot "no_free_slot" Error None,
        "the other slot is not free in time",
        "A credential has two slots. The older key must be retired (overlap, up to one cadence, and until the window opens) before the newer one is due for renewal, which a spread makes earlier.",
        "make `lifetime` longer, or `renew_before`, `spread` or `overlap` shorter";
    RenewalShut "renewal_shut" Warning Some("KF-E004"),
        "a window or freeze can outlast the time for renewal",
        "Between the start of renewal and the last moment that leaves a full overlap, the window may never open, or everything may be frozen. keyform renews such a key all the same before it could expire, outside of the window or within the freeze, and its overlap is cut short.",
        "make `renew_before` longer, widen the window, or write `except: [expiring]` into the freeze";
    MissedRuns "missed_runs" Warning Some("KF-E001"),
        "few runs may fail before a key lapses",
        "Runs that come between the start of renewal and the last moment that leaves a full overlap can renew the key. One of them must succeed; the others are the budget of runs in a row that may fail.",
        "make `renew_before` longer than `cadence` and `overlap` together";
    UntilPassed "until_passed" Warning Some("KF-E003"),
        "a fixed end has passed",
        "No key can be issued any more. It is a warning, so that a date cannot break the whole stack.",
        "remove the credential, or choose a later date";
    UnknownPrivilege "unknown_privilege" Warning Some("KF-P001"),
        "a privilege that is not in the catalogue",
        "The catalogue can be behind the portal; the account's own privileges decide before anything is written.",
        "check the spelling with `keyform privileges`";
    PrivilegeNotOffered "privilege_not_offered" Warning Some("KF-P002"),
        "a privilege that the product does not list",
        "The privilege exists, but was not seen with this product.",
        "use one that the product offers: `keyform privileges`";
    NoPrivileges "no_privileges" Warning Some("KF-P003"),
        "a key that may do nothing",
        "There are neither privileges nor items.",
        "add `privileges` or `items`";
    DuplicatePrivilege "duplicate_privilege" Warning Some("KF-P004"),
        "a privilege stands twice",
        "The second one has no effect.",
        "remove one";
    PersonalNeedless "personal_needless" Warning Some("KF-P005"),
        "personal without need",
        "`personal: true` stands where no privilege asks for it, or where the product has no such flag.",
        "remove `personal`, or write `personal: auto`";
    LegacyScope "legacy_scope" Error None,
        "a scope of legacy API keys",
        "Legacy API keys were retired in June 2026; their scopes have successors.",
        "use the privilege that is named";
    ItemAsPrivilege "item_as_privilege" Error None,
        "item access among the privileges",
        "Access to items is written under `items`, so that it is counted and checked.",
        "move the id to `items`";
    ProductUnknown "product_unknown" Note None,
        "privileges are not checked against a product",
        "Without a portal at hand the product is judged by the host name, and here that says nothing.",
        "set `portal.product`";
    PersonalUnacknowledged "personal_unacknowledged" Error None,
        "personal scope is not acknowledged",
        "With a privilege of personal scope a key acts as its owner's account and can reveal what that account sees.",
        "add `acknowledge_personal: true` to the credential, or drop the privilege";
    PersonalContradiction "personal_contradiction" Error None,
        "personal contradicts the privileges",
        "`personal: false` stands beside a privilege that a portal grants to personal keys only.",
        "write `personal: auto`, or drop the privilege";
    BadReferrer "bad_referrer" Error None,
        "not a referrer",
        "A referrer is a scheme and a host, maybe a port; `*` may stand for the sub-domain only.",
        "write it as in https://app.example.com or https://*.example.com";
    ReferrerPath "referrer_path" Warning Some("KF-R001"),
        "a referrer with a path",
        "Browsers cut the path off, so the key would be refused.",
        "write scheme and host only";
    ReferrerHttp "referrer_http" Warning Some("KF-R002"),
        "a referrer with plain http",
        "Anybody on the way can pretend to be that page.",
        "use https";
    NoReferrers "no_referrers" Warning Some("KF-R003"),
        "no referrers",
        "Whoever finds the key can use it from anywhere.",
        "add `referrers`, or say `used_in: server` or `used_in: native`";
    AnyReferrer "any_referrer" Warning Some("KF-R004"),
        "any referrer",
        "A lone `*` is the same as no referrers.",
        "name the hosts";
    NativeReferrers "native_referrers" Warning Some("KF-R005"),
        "referrers for a native application",
        "Native SDKs send no Referer, so the key would be refused.",
        "remove `referrers`, or `used_in: native`";
    DuplicateReferrer "duplicate_referrer" Warning Some("KF-R006"),
        "a referrer stands twice",
        "The second one has no effect.",
        "remove one";
    BadItem "bad_item" Error None,
        "not an item id",
        "An item id has 32 hexadecimal digits.",
        "copy the id from the item's address, and quote it if it has digits only";
    TooManyItems "too_many_items" Error None,
        "too many items",
        "A credential may read at most 100 items.",
        "split the credential";
    DuplicateItem "duplicate_item" Error None,
        "an item stands twice",
        "The second one has no effect and may hide a mistake.",
        "remove one";
    BadPortalUrl "bad_portal_url" Error None,
        "not a portal's address",
        "The address is https, such as https://www.arcgis.com or https://gis.example.gov/portal; http is for this machine only; `emulator` is the portal inside keyform.",
        "write the portal's https address";
    PinnedPortal "pinned_portal" Error None,
        "another portal than the environment names",
        "`KEYFORM_PORTAL` says which portal this environment's sign-in is for. A configuration that names another one is refused before anything is sent, also with `--emulator` and offline.",
        "write that portal's address, or run where KEYFORM_PORTAL names this one";
    PinnedStack "pinned_stack" Error None,
        "another stack than the environment names",
        "`KEYFORM_STACK` says which stack this environment is for. A configuration of another one is refused.",
        "write that stack's name, or run where KEYFORM_STACK names this one";
    LookAlikeHost "look_alike_host" Error None,
        "a host that looks like one of Esri's",
        "Sign-in goes to the portal's host, and this one was made to be mistaken, or could be.",
        "write the host you mean; if it is this one, name the portal in KEYFORM_PORTAL";
    NearHost "near_host" Warning Some("KF-H001"),
        "a host that is nearly one of Esri's",
        "Sign-in goes to the portal's host. A slip of the keyboard sends it to somebody else.",
        "check the spelling; if it is right, allow the warning, or name the portal in KEYFORM_PORTAL";
    UrlWithSecret "url_with_secret" Error None,
        "an address with sign-in or a query",
        "Addresses are printed and logged.",
        "write the address alone; sign-in comes from the environment";
    LiteralSecret "literal_secret" Error None,
        "a secret in the configuration",
        "What looks like a key, token or password must not stand in a file that is shared. It is not shown here either.",
        "remove it and revoke it; sign-in comes from the environment, keys go to sinks";
    BadText "bad_text" Error None,
        "a text that is not possible",
        "Titles have at most 256 characters, summaries 2,048, reasons 500; control characters are not possible, nor `<` and `>` in what a portal keeps.",
        "shorten it, or remove the characters named";
    LongSnippet "long_snippet" Warning Some("KF-S001"),
        "a long summary",
        "Portals show about 250 characters.",
        "move the rest to `description`";
    BadTag "bad_tag" Error None,
        "not a tag",
        "Tags are not blank, have no commas, and do not start with `keyform:`, which marks what keyform manages.",
        "choose another tag";
    DuplicateTag "duplicate_tag" Warning Some("KF-S002"),
        "a tag stands twice",
        "The second one has no effect.",
        "remove one";
    SinkArgument "sink_argument" Error None,
        "a sink's settings do not fit",
        "Each type of sink has its own settings: `dotenv` a path and a name, `file` a path, a format and for json and yaml a field, `command` a program to run.",
        "follow the type's settings";
    SinkRedefined "sink_redefined" Error None,
        "a sink is given a setting twice",
        "What the declaration of a sink says cannot be changed where it is used.",
        "remove one of the two";
    BadVariable "bad_variable" Error None,
        "not the name of a variable",
        "Variables have letters, digits and `_`, and start with no digit.",
        "choose a name such as ARCGIS_API_KEY";
    BadField "bad_field" Error None,
        "not a field",
        "A field is a dotted path of names, such as maps.apiKey.",
        "write names with dots between them";
    BadPath "bad_path" Error None,
        "not a path for a key",
        "The path is empty, ends in a slash, or is that of a configuration file.",
        "name a file of its own";
    BadCommand "bad_command" Error None,
        "not a command",
        "A command is a list of the program and its arguments; no shell is involved.",
        "write it as in `run: [vault, kv, put, …]`";
    SinkReach "sink_reach" Error None,
        "a delivery outside of an included file's reach",
        "Included files deliver, links followed, below the root file's folder or beside themselves. So whoever may change them cannot have keys written over other files of the machine.",
        "deliver below the root file's folder, declare the sink in the root file, or allow the folder twice: by `reach: [DIR]` in the root file, and by `--reach DIR` on the command line";
    SamePlace "same_place" Error None,
        "two deliveries to one place",
        "One of the two keys would overwrite the other.",
        "give each its own path, variable or field";
    EscrowUnreadable "escrow_unreadable" Error None,
        "an escrow that cannot be read",
        "An escrow keeps the key safe until everybody has it; so it must be possible to read it back.",
        "use a `file` or `dotenv` sink as escrow";
    DeadEnd "dead_end" Warning Some("KF-D001"),
        "sinks that a crash could leave half done",
        "None of the sinks can be read back. If a run dies between two of them, nobody can give the others the same key, and a new item has to replace this one.",
        "add an escrow: a `file` or `dotenv` sink with `escrow: true`";
    NoDelivery "no_delivery" Warning Some("KF-D002"),
        "a key that goes nowhere",
        "A key is shown once. Without `deliver` nobody gets it.",
        "add `deliver`, or `mode: observe`";
    FreezeBackwards "freeze_backwards" Error None,
        "a freeze that ends before it begins",
        "`from` is the first day of a freeze and `to` its last one; both can be the same day.",
        "swap the two days, or correct the year";
    FreezePassed "freeze_passed" Warning Some("KF-G001"),
        "a freeze that is over",
        "It has no effect any more.",
        "remove the entry, or write the days of the next one";
    MovedToItself "moved_to_itself" Error None,
        "a name that is moved to itself",
        "`moved` names what a credential was called and what it is called now.",
        "write the old name as `from`, or remove the entry";
    MovedTwice "moved_twice" Error None,
        "one name is moved twice",
        "A credential cannot become two.",
        "remove one of the two";
    MovedStillDeclared "moved_still_declared" Error None,
        "a moved name is still declared",
        "If the old name is still there, the credential was not renamed.",
        "rename the entry under `credentials`, or remove it from `moved`";
    MovedToNothing "moved_to_nothing" Error None,
        "a name is moved to one that does not exist",
        "`to` names a credential, one that is moved on by another entry, or one that is removed.",
        "write the name that the credential has now";
    MovedInCircle "moved_in_circle" Error None,
        "names are moved in a circle",
        "Following `to` from one entry to the next comes back to where it began.",
        "remove the entry that leads back";
    RemovedStillDeclared "removed_still_declared" Error None,
        "a removed name is still declared",
        "A credential is wanted or not wanted.",
        "remove the entry under `credentials`, or the one under `removed`";
    RemovedTwice "removed_twice" Error None,
        "one name is removed twice",
        "The two entries may say different things.",
        "remove one of the two";
    RemovedAndMoved "removed_and_moved" Error None,
        "a name is moved and removed",
        "A credential that was renamed is removed by the name that it has now.",
        "write the new name under `removed`, or remove one of the two entries";
    UnknownLint "unknown_lint" Error None,
        "a lint that does not exist",
        "`lint.allow` names the id of a warning, such as KF-R003.",
        "use the id that the warning prints";
    UnknownCredential "unknown_credential" Error None,
        "a credential that does not exist",
        "`on` names a credential of this configuration.",
        "use a name that exists";
    UnusedAllowance "unused_allowance" Note None,
        "an allowance that nothing needs",
        "The warning that it silences does not occur.",
        "remove the entry";
}

/// The code that a lint id stands for.
#[must_use]
pub fn of_lint(id: &str) -> Option<&'static CodeDoc> {
    ALL.iter().find(|doc| doc.lint == Some(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_lint_ids_are_unique_and_exactly_warnings_have_lint_ids() {
        let codes: BTreeSet<_> = ALL.iter().map(|doc| doc.code).collect();
        let lints: BTreeSet<_> = ALL.iter().filter_map(|doc| doc.lint).collect();
        let warnings = ALL.iter().filter(|doc| doc.severity == Severity::Warning).count();
        assert_eq!((codes.len(), lints.len()), (ALL.len(), warnings));
        for doc in ALL {
            assert_eq!(doc.lint.is_some(), doc.severity == Severity::Warning, "{}", doc.code);
            assert!(!doc.title.ends_with('.') && doc.explanation.ends_with('.'), "{}", doc.code);
        }
    }

    #[test]
    fn a_code_finds_its_own_entry() {
        assert_eq!(Code::UnknownKey.doc().code, "keyform::config::unknown_key");
        assert_eq!(of_lint("KF-R003").map(|doc| doc.title), Some("no referrers"));
    }
}
