//! The message that carries a spec and open files from the host to the helper.
//!
//! Descriptors travel over the socket (SCM_RIGHTS) instead of being inherited: every descriptor of the host stays
//! close-on-exec, so two sandboxes that start at the same moment can never get each other's pipes.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

use crate::spec::Spec;

/// Descriptors that one program can be given; two pipes are what the function runtime needs.
pub(crate) const FILES_MAX: usize = 4;
/// A spec holds paths and an environment of a few kilobytes; this stops a broken peer.
const SPEC_BYTES_MAX: usize = 4 << 20;

/// Sends the spec and the files that become descriptors 3, 4, … of the program.
pub(crate) fn send(mut control: &UnixStream, spec: &Spec, files: &[BorrowedFd<'_>]) -> std::io::Result<()> {
    let text = serde_json::to_vec(spec).map_err(std::io::Error::other)?;
    let length = u32::try_from(text.len()).map_err(std::io::Error::other)?.to_be_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(std::io::Error::other("too many files for one program"));
    }
    let sent = sendmsg(control.as_fd(), &[IoSlice::new(&length)], &mut ancillary, SendFlags::NOSIGNAL)?;
    control.write_all(&length[sent..])?;
    control.write_all(&text)
}

/// The other side of [`send`].
pub(crate) fn receive(mut control: &UnixStream) -> std::io::Result<(Spec, Vec<OwnedFd>)> {
    let mut length = [0; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(
        control.as_fd(),
        &mut [IoSliceMut::new(&mut length)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut files = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    control.read_exact(&mut length[got.bytes..])?;
    let length = u32::from_be_bytes(length) as usize;
    if length > SPEC_BYTES_MAX {
        return Err(std::io::Error::other("the spec is too large"));
    }
    let mut text = vec![0; length];
    control.read_exact(&mut text)?;
    Ok((serde_json::from_slice(&text).map_err(std::io::Error::other)?, files))
}
