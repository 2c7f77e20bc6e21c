//! What the operating system is to keyform: clocks, terminals, private files, locks, signals and the programs it starts.
//!
//! Everything here is for Unix. Another system needs the same few functions and no change elsewhere.

mod children;
mod clocks;
mod files;
mod locks;
mod signals;
mod terminals;

pub(crate) use children::{end_all, ended_by, start};
pub(crate) use clocks::since_boot;
pub(crate) use files::{
    can_keep_owner, check_writable, create_private, file_number, is_executable, keep_owner, make_private,
    make_private_folder, make_private_folders, open_without_waiting, sync_folder,
};
pub(crate) use locks::{Lock, lock_file, try_lock_folder};
pub(crate) use signals::{StopSignal, listen};
pub(crate) use terminals::terminal_width;
