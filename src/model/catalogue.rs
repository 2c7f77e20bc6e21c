//! What is known of Esri's privileges: where they are offered, and what they need.
//!
//! The table can lag behind the portals, so nothing here refuses a privilege: the caller's own list of the portal
//! decides. It only explains, warns and suggests.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{Privilege, Product};

/// Whether an administrator or any member may hold a privilege.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Any role may have it.
    General,
    /// Only administrative roles have it.
    Admin,
}

/// What a key with a privilege stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Location services and item access: fit for public applications.
    Standard,
    /// Everything else: the key acts as its owner's account, which has to be acknowledged.
    Personal,
}

/// One privilege of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Esri's string.
    pub privilege: &'static str,
    /// The heading it stands under.
    pub category: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Of `l`, `o`, `e`: where it was seen.
    products: &'static str,
    /// Who may hold it.
    pub tier: Tier,
    /// What has to be acknowledged.
    pub scope: Scope,
    /// Whether a key with it is registered as personal.
    personal: bool,
    /// What replaces it; only retired legacy scopes have one.
    pub successor: Option<&'static str>,
    /// What else is worth knowing, in a few words.
    pub note: Option<&'static str>,
}

impl CatalogueEntry {
    /// Whether `product` is known to offer it.
    pub(crate) fn offered_by(&self, product: Product) -> bool {
        self.products.contains(match product {
            Product::LocationPlatform => 'l',
            Product::Online => 'o',
            Product::Enterprise => 'e',
        })
    }
}

/// The table of every privilege that is known.
#[derive(Debug)]
pub struct Catalogue {
    /// Sorted by privilege.
    entries: Vec<CatalogueEntry>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(include_str!("catalogue.tsv")));

impl Catalogue {
    /// The one that is built in.
    pub(crate) fn built_in() -> &'static Self {
        &CATALOGUE
    }

    fn read(table: &'static str) -> Self {
        let mut entries: Vec<CatalogueEntry> =
            table.lines().filter(|line| !line.starts_with('#')).filter_map(Self::entry).collect();
        entries.sort_by_key(|entry| entry.privilege);
        Self { entries }
    }

    fn entry(line: &'static str) -> Option<CatalogueEntry> {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().map(str::trim);
        let given = |text: &'static str| (text != "-").then_some(text);
        Some(CatalogueEntry {
            privilege: cell()?,
            category: cell()?,
            label: cell()?,
            products: cell()?,
            tier: if cell()? == "admin" { Tier::Admin } else { Tier::General },
            scope: if cell()? == "personal" { Scope::Personal } else { Scope::Standard },
            personal: cell()? == "yes",
            successor: cell().and_then(given),
            note: cell().and_then(given),
        })
    }

    /// Every entry, sorted by privilege.
    pub(crate) fn entries(&self) -> &[CatalogueEntry] {
        &self.entries
    }

    /// The entry of exactly this privilege.
    pub(crate) fn find(&self, privilege: &str) -> Option<&CatalogueEntry> {
        self.entries.binary_search_by_key(&privilege, |entry| entry.privilege).ok().map(|at| &self.entries[at])
    }

    /// Every entry in which each word of `text` occurs, whatever its case; all of them for no words.
    pub(crate) fn search(&self, text: &str) -> Vec<&CatalogueEntry> {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        self.entries
            .iter()
            .filter(|entry| {
                let hay = format!("{} {} {}", entry.privilege, entry.category, entry.label).to_lowercase();
                words.iter().all(|word| hay.contains(word.as_str()))
            })
            .collect()
    }

    /// What was probably meant by a privilege that is not in the table.
    pub(crate) fn nearest(&self, privilege: &str) -> Option<&CatalogueEntry> {
        if let Some(entry) = self.entries.iter().find(|entry| entry.privilege.eq_ignore_ascii_case(privilege)) {
            return Some(entry);
        }
        // People also write the last part alone, such as `basemaps`.
        if !privilege.contains(':') {
            let tail = |entry: &&CatalogueEntry| {
                entry.successor.is_none()
                    && entry.privilege.rsplit(':').next().is_some_and(|last| last.eq_ignore_ascii_case(privilege))
            };
            if let Some(entry) = self.entries.iter().find(tail) {
                return Some(entry);
            }
        }
        let len = privilege.chars().count();
        let far = len.clamp(3, 60) / 4 + 1;
        self.entries
            .iter()
            .filter(|entry| entry.successor.is_none() && entry.privilege.len().abs_diff(len) <= far)
            .map(|entry| (strsim::osa_distance(privilege, entry.privilege), entry))
            .filter(|(distance, _)| *distance <= far)
            .min_by_key(|(distance, entry)| (*distance, entry.privilege))
            .map(|(_, entry)| entry)
    }

    /// Finer privileges of `product` that stand under a coarse one, such as those of routing.
    pub(crate) fn parts_of(&self, privilege: &str, product: Product) -> Vec<&'static str> {
        let under = format!("{privilege}:");
        self.entries
            .iter()
            .filter(|entry| entry.privilege.starts_with(&under) && entry.offered_by(product))
            .map(|entry| entry.privilege)
            .collect()
    }

    /// What a privilege stands for; one that is not in the table is judged by its namespace.
    pub(crate) fn scope(&self, privilege: &Privilege) -> Scope {
        match self.find(privilege.as_str()) {
            Some(entry) => entry.scope,
            None if privilege.item().is_some() || Self::is_location_service(privilege) => Scope::Standard,
            None => Scope::Personal,
        }
    }

    /// Whether a key with these privileges is registered as personal with `product`.
    ///
    /// Never on Enterprise. Elsewhere as soon as one privilege is neither a location service, nor item access, nor one
    /// of the ten that Esri's own client leaves out, such as creating items.
    pub(crate) fn personal(&self, product: Product, privileges: &BTreeSet<Privilege>) -> bool {
        let flagged = |privilege: &Privilege| match self.find(privilege.as_str()) {
            Some(entry) => entry.personal,
            None => privilege.item().is_none() && !Self::is_location_service(privilege),
        };
        match product {
            Product::Enterprise => false,
            Product::Online | Product::LocationPlatform => privileges.iter().any(flagged),
        }
    }

    fn is_location_service(privilege: &Privilege) -> bool {
        privilege.as_str().starts_with("premium:user:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(list: &[&str]) -> BTreeSet<Privilege> {
        list.iter().map(|raw| Privilege::new(raw)).collect()
    }

    #[test]
    fn every_line_of_the_table_is_an_entry_and_no_two_are_the_same() {
        let lines = include_str!("catalogue.tsv").lines().filter(|line| !line.starts_with('#')).count();
        let entries = Catalogue::built_in().entries();
        assert_eq!((lines, entries.len()), (120, 120));
        assert!(entries.windows(2).all(|pair| pair[0].privilege < pair[1].privilege));
        assert!(entries.iter().all(|entry| !entry.label.is_empty() && !entry.products.is_empty()));
    }

    #[test]
    fn a_near_miss_names_what_was_meant() {
        let nearest = |raw| Catalogue::built_in().nearest(raw).map(|entry| entry.privilege);
        assert_eq!(nearest("premium:user:basemap"), Some("premium:user:basemaps"));
        assert_eq!(nearest("portal:user:createitem"), Some("portal:user:createItem"));
        assert_eq!(nearest("basemaps"), Some("premium:user:basemaps"));
        assert_eq!(nearest("something else entirely"), None);
    }

    #[test]
    fn the_personal_flag_follows_the_privileges_but_never_on_enterprise() {
        let catalogue = Catalogue::built_in();
        let personal = |list: &[&str]| catalogue.personal(Product::Online, &set(list));
        assert!(!personal(&["premium:user:basemaps", "premium:user:places", "premium:user:geocode:stored"]));
        assert!(!personal(&["portal:user:createItem", "premium:user:spatialanalysis"]));
        assert!(!personal(&["portal:app:access:item:3f0c5d0e9b7a4f1c8d2e6a7b90c1d2e3"]));
        assert!(personal(&["portal:admin:viewUsers"]));
        assert!(personal(&["features:user:edit", "premium:user:basemaps"]));
        assert!(personal(&["portal:user:somethingNew"]));
        assert!(!catalogue.personal(Product::Enterprise, &set(&["portal:admin:viewUsers"])));
    }

    #[test]
    fn what_the_documents_call_personal_needs_to_be_acknowledged() {
        let scope = |raw| Catalogue::built_in().scope(&Privilege::new(raw));
        assert_eq!(scope("portal:user:createItem"), Scope::Personal);
        assert_eq!(scope("premium:user:places"), Scope::Standard);
        assert_eq!(scope("premium:user:soon"), Scope::Standard);
        assert_eq!(scope("portal:admin:soon"), Scope::Personal);
    }

    #[test]
    fn a_search_looks_at_string_category_and_label() {
        let found: Vec<_> =
            Catalogue::built_in().search("routing FACILITY").iter().map(|entry| entry.privilege).collect();
        assert_eq!(found, ["premium:user:networkanalysis:closestfacility"]);
        assert_eq!(Catalogue::built_in().search("").len(), 120);
    }

    #[test]
    fn location_platform_has_the_parts_where_others_have_the_whole() {
        let parts = Catalogue::built_in().parts_of("premium:user:geocode", Product::LocationPlatform);
        assert_eq!(parts, ["premium:user:geocode:stored", "premium:user:geocode:temporary"]);
    }
}
