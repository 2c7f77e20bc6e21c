//! A faithful portal over HTTP on loopback, to try everything without an account.
//!
//! [`State`] holds every rule of the portal as a plain value: no HTTP, no waiting, no clock. [`Server`] puts it on a
//! port of its own inside a test, [`serve`] on a given one; kept in a file, it is one portal for several processes.
//! What no document says is a switch ([`Switches`]), what may go wrong is a [`fault`], and [`control`] lists the calls
//! below `/emulator` that move the clock, set switches, script faults, hold requests and show the log and the truth.
//!
//! It is written from what is known of the real portal, never from what keyform sends.
//!
//! ```text
//! curl -s localhost:PORT/emulator/token                                           a user token
//! curl -s localhost:PORT/sharing/rest/portals/self?f=json -H "X-Esri-Authorization: Bearer $TOKEN"
//! curl -s localhost:PORT/arcgis/rest/services/Demo/secured?token=$KEY -H "Referer: https://app.example.com"
//! ```
//!
//! The service answers 200, or really 498 for a key that is not good or sent with the wrong referrer, 499 without a
//! key and 403 without the privilege; `Demo/classic/secured` sends the same bodies with status 200.
//! Members are [`USER`], [`OTHER_USER`] and [`ADMIN_USER`]; everybody's password is [`PASSWORD`].

mod account;
mod apps;
mod catalogue;
mod connection;
pub mod control;
pub mod fault;
mod folders;
mod host;
mod index;
mod items;
mod keys;
pub mod log;
pub mod person;
pub mod profile;
mod query;
mod random;
pub mod rate;
mod records;
mod referrer;
mod refusal;
pub mod request;
mod route;
mod search;
mod server;
mod service;
mod state;
mod store;
mod summary;
pub mod switches;
mod text;
mod tokens;
mod views;

pub use host::Options;
pub use profile::Profile;
pub use request::{Method, Params, Request, Response};
pub use server::{Server, serve};
pub use state::{ADMIN_USER, FORMAT, OTHER_USER, PASSWORD, Setup, State, USER};
pub use store::kept_profile;
pub use summary::{Fate, fingerprint};
pub use switches::{Switch, SwitchError, Switches};
