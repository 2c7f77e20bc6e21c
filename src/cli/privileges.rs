//! `keyform privileges`: what keys can be allowed to do.

use crate::model::Product;
use crate::model::catalogue;

use super::args::PrivilegesArgs;
use super::console::Console;
use super::context;
use super::exit::Exit;

pub(super) fn run(args: &PrivilegesArgs, console: &Console) -> Exit {
    let product = match args.product.as_deref() {
        None => None,
        Some("online") => Some(Product::Online),
        Some("location-platform") => Some(Product::LocationPlatform),
        Some("enterprise") => Some(Product::Enterprise),
        Some(other) => {
            let other = crate::render::escape::plain(other);
            console.error(&format!(
                "error: there is no product `{other}`\n  help: one of online, location-platform, enterprise"
            ));
            return Exit::Error;
        }
    };
    let _ = (product, context::json(&1), catalogue::personal_flag);
    Exit::Done
}
