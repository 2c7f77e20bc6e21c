//! A faithful portal over HTTP on loopback, to try everything without an account.

mod account;
mod apps;
pub mod catalogue;
mod connection;
pub mod control;
pub mod fault;
mod folders;
mod index;
mod items;
mod keys;
pub mod log;
pub mod person;
pub mod profile;
mod query;
mod random;
mod records;
pub mod referrer;
mod refusal;
pub mod request;
mod route;
mod search;
pub mod server;
mod service;
mod state;
mod store;
mod summary;
pub mod switches;
mod text;
mod tokens;
mod views;

pub use profile::Profile;
pub use request::{Method, Params, Request, Response};
pub use server::{Options, Server, serve};
pub use state::{ADMIN_USER, FORMAT, OTHER_USER, PASSWORD, Setup, State, USER};
pub use summary::fingerprint;
pub use switches::{Switch, SwitchError, Switches};
