//! keyform makes `ArcGIS` API keys infrastructure as code.
//!
//! ```text
//! keyform.yaml ──config──▶ Spec ──┐
//!                                 ├──plan(&Spec, &Live, now)──▶ Plan ──apply──▶ Report
//! ArcGIS portal ──live──▶  Live ──┘                              │                │
//!                                                                └─────render─────┴──▶ text, JSON
//! ```
//!
//! `model` knows nobody. `plan` and `render` know `model`; they never wait, never fail, never ask the time or the
//! environment. `portal`, `live`, `sink`, `apply` and `cli` wait and fail, and decide nothing.

mod apply;
pub mod cli;
pub mod clock;
pub mod config;
pub mod emulator;
mod files;
pub mod http;
pub mod live;
pub mod model;
mod os;
mod plan;
pub mod portal;
pub mod rehearse;
mod render;
pub mod run;
pub mod sink;
mod text;
