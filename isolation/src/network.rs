//! A new network has a loopback, which is down. Programs expect one that is up.

use std::io;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// `RTM_NEWLINK`, as a request that is answered, in the words of `nlmsghdr`: length, type and flags, number, sender.
const HEADER: (u32, [u16; 2], [u32; 2]) = (32, [16, 1 | 4], [1, 0]);
/// The link of index 1, which the loopback always has, is to be up; in the words of `ifinfomsg`.
const BODY: [u32; 4] = [0, 1, 1, 1];
/// A message of this type answers; its body begins with an error number, negative, or 0.
const ANSWER: u16 = 2;

pub(crate) fn set_up_loopback() -> io::Result<()> {
    // No protocol means that of routes and links.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    send(&socket, &message(), SendFlags::empty())?;
    let mut answer = [0_u8; 256];
    let (length, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    error_of(&answer[..length])
}

fn message() -> Vec<u8> {
    let (length, kind, rest) = HEADER;
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(kind.iter().flat_map(|half| half.to_ne_bytes()));
    message.extend(rest.iter().chain(&BODY).flat_map(|word| word.to_ne_bytes()));
    message
}

fn error_of(answer: &[u8]) -> io::Result<()> {
    let kind = answer.get(4..6).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    let number = answer.get(16..20).and_then(|bytes| bytes.try_into().ok()).map(i32::from_ne_bytes);
    match (kind, number) {
        (Some(ANSWER), Some(0)) => Ok(()),
        (Some(ANSWER), Some(number)) => Err(io::Error::from_raw_os_error(-number)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "an answer that is none")),
    }
}
