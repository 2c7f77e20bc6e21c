//! Sinks of a portal that is not real: files in a folder of ours, whatever was declared.

use std::io;
use std::path::Path;

use super::document::{File, Format};
use super::kind::SinkPath;
use super::{git, known};
use crate::model::{Delivery, Fingerprint};
use crate::os;

/// How much of an identity a file name repeats.
const READABLE: usize = 80;

/// `delivery` into a raw file in `folder`, named after the sink it stands for. Its identity stays.
///
/// The file can be read, so a sink that tells nothing tells more here than where it belongs.
#[must_use]
pub fn redirected(delivery: &Delivery, folder: &Path) -> Delivery {
    let name = file_name(delivery.id.as_str());
    let path = SinkPath { shown: format!(".keyform/emulator/sinks/{name}"), at: folder.join(&name) };
    let (_, target) = known(Box::new(File { path, format: Format::Raw }));
    Delivery { target, ..delivery.clone() }
}

/// Makes the folder for [`redirected`] sinks, for its owner only and ignored by git.
pub fn make_redirect_folder(folder: &Path) -> io::Result<()> {
    os::make_private_folders(folder)?;
    git::ignore_all(folder)
}

/// Readable, safe in every file system, and as different as the identities are.
fn file_name(id: &str) -> String {
    let safe: String = id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .take(READABLE)
        .collect();
    let hash = Fingerprint::of_bytes(id.as_bytes()).to_string();
    format!("{}-{}", safe.trim_matches(['.', '-']), &hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_sink_and_no_two_share_one() {
        let name = file_name("dotenv:.env.maps#ARCGIS_API_KEY");
        assert!(name.starts_with("dotenv-.env.maps-ARCGIS_API_KEY-"), "{name}");
        assert_ne!(file_name("file:a/b"), file_name("file:a-b"));
        assert!(!file_name("file:../../../etc/passwd").contains('/'));
        assert!(file_name(&"x".repeat(4000)).len() < 100);
    }
}
