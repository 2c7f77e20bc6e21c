//! The proof: scenes, killed everywhere, under every switch; and every rule taken out in turn.

mod answers;
mod busy;
mod mutants;
mod pairs;
mod runs;
mod scene;
mod scenes;
mod unread;
mod worlds;
