//! What is known of a write that failed.

/// Whether a request that failed may still have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The portal refused, or never got the request.
    NotDone,
    /// Nobody can say: the answer was lost, or made no sense.
    Unknown,
}
