//! portal → Live.
