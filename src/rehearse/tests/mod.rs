//! The proof: scenes, killed everywhere, under every switch; and every rule taken out in turn.

mod scene;
mod scenes;
