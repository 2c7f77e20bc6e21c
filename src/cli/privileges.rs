//! `keyform privileges`: what keys can be allowed to do.

use crate::model::{Catalogue, CatalogueEntry as Entry, Product, Scope};
use crate::text::escape::plain;

use super::args::PrivilegesArgs;
use super::console::Console;
use super::exit::Exit;

pub(super) fn run(args: &PrivilegesArgs, console: &Console) -> Exit {
    let product = match args.product.as_deref() {
        None => None,
        Some("online") => Some(Product::Online),
        Some("location-platform") => Some(Product::LocationPlatform),
        Some("enterprise") => Some(Product::Enterprise),
        Some(other) => {
            console.error(&format!(
                "error: there is no product `{}`\n  help: one of online, location-platform, enterprise",
                plain(other)
            ));
            return Exit::Error;
        }
    };
    let catalogue = Catalogue::built_in();
    let words = args.search.as_deref().unwrap_or_default();
    let found: Vec<&Entry> = catalogue
        .search(words)
        .into_iter()
        .filter(|entry| product.is_none_or(|product| entry.offered_by(product)))
        .collect();
    if args.json {
        let rows: Vec<serde_json::Value> = found.iter().map(|entry| document(entry)).collect();
        console.json(&rows);
        return Exit::Done;
    }
    if found.is_empty() {
        let near = catalogue.nearest(words).map(|entry| format!("\n  help: did you mean {}?", entry.privilege));
        console.error(&format!("No privilege matches `{}`.{}", plain(words), near.unwrap_or_default()));
        return Exit::Error;
    }
    console.document(&table(&found));
    Exit::Done
}

/// Which products offer it: L, O, E.
fn products(entry: &Entry) -> String {
    [(Product::LocationPlatform, 'L'), (Product::Online, 'O'), (Product::Enterprise, 'E')]
        .into_iter()
        .map(|(product, letter)| if entry.offered_by(product) { letter } else { '.' })
        .collect()
}

fn table(found: &[&Entry]) -> String {
    let wide = found.iter().map(|entry| entry.privilege.len()).max().unwrap_or(0);
    let mut text = String::new();
    for entry in found {
        let scope = if entry.scope == Scope::Personal { "personal" } else { "" };
        let line = format!("{:<wide$}  {}  {scope:<8}  {}", entry.privilege, products(entry), entry.label);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&format!(
        "\n{} privileges. L Location Platform, O Online, E Enterprise; personal ones act as the account.\n",
        found.len()
    ));
    text
}

fn document(entry: &Entry) -> serde_json::Value {
    serde_json::json!({
        "privilege": entry.privilege,
        "label": entry.label,
        "category": entry.category,
        "location_platform": entry.offered_by(Product::LocationPlatform),
        "online": entry.offered_by(Product::Online),
        "enterprise": entry.offered_by(Product::Enterprise),
        "scope": match entry.scope {
            Scope::Standard => "standard",
            Scope::Personal => "personal",
        },
    })
}
