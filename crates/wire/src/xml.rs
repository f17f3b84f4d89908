//! XML, driven by a schema: the bodies of restXml and the answers of the query protocol.

mod read;
mod write;

#[cfg(test)]
pub(crate) use read::Element;
pub(crate) use read::{Error, decode, parse};
pub(crate) use write::{Writer, write_members, write_root};

/// Nesting that is read: the text comes from strangers and readers recurse.
pub(crate) const DEPTH_MAX: usize = 100;

/// Elements that are read. The largest real document (CompleteMultipartUpload with 10 000 parts and their checksums)
/// has a fifth of them; each takes a hundred bytes and more.
pub(crate) const ELEMENTS_MAX: usize = 500_000;

#[cfg(test)]
mod tests;
