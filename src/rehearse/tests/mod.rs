//! The proof: scenes, killed everywhere, under every switch.

mod answers;
mod busy;
mod pairs;
mod protocol;
mod returned;
mod runs;
mod scene;
mod scenes;
mod shapes;
mod table;
mod trouble;
mod unread;
mod worlds;
