//! The message that carries a value and open files from one process of ours to another: a spec from the host to the
//! helper, an assignment from the host to the helper and on to process 1.
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
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Descriptors that go with one message: a program is given two pipes, an assignment a handful of trees.
pub(crate) const FILES_MAX: usize = 8;
/// A spec holds paths and an environment of a few kilobytes; this stops a broken peer.
const TEXT_BYTES_MAX: usize = 4 << 20;

/// Sends a value and files; those of a spec become descriptors 3, 4, … of the program.
pub(crate) fn send<T: Serialize>(
    mut control: &UnixStream,
    value: &T,
    files: &[BorrowedFd<'_>],
) -> std::io::Result<()> {
    let text = serde_json::to_vec(value).map_err(std::io::Error::other)?;
    let length = u32::try_from(text.len()).map_err(std::io::Error::other)?.to_be_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(std::io::Error::other("too many files for one message"));
    }
    let sent = sendmsg(control.as_fd(), &[IoSlice::new(&length)], &mut ancillary, SendFlags::NOSIGNAL)?;
    control.write_all(&length[sent..])?;
    control.write_all(&text)
}

/// The other side of [`send`].
pub(crate) fn receive<T: DeserializeOwned>(mut control: &UnixStream) -> std::io::Result<(T, Vec<OwnedFd>)> {
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
    if length > TEXT_BYTES_MAX {
        return Err(std::io::Error::other("the message is too large"));
    }
    let mut text = vec![0; length];
    control.read_exact(&mut text)?;
    Ok((serde_json::from_slice(&text).map_err(std::io::Error::other)?, files))
}
