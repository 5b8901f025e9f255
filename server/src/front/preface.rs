//! The first bytes of a connection, by which HTTP/2 is told from HTTP/1.
//!
//! They are read here because they must come in time: the HTTP server waits for them for ever.

use std::io::{self, Cursor};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

/// What every HTTP/2 connection begins with.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Reads until the protocol is certain, or the client has closed; gives the connection as it was.
pub(super) async fn read<S>(mut stream: S) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut first = Vec::with_capacity(HTTP2.len());
    while first.len() < HTTP2.len() && HTTP2.starts_with(&first) {
        let missing = (HTTP2.len() - first.len()) as u64;
        if (&mut stream).take(missing).read_buf(&mut first).await? == 0 {
            break;
        }
    }
    let (reader, writer) = tokio::io::split(stream);
    Ok(tokio::io::join(Cursor::new(first).chain(reader), writer))
}
