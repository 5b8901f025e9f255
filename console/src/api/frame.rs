//! gRPC-web's bytes: frames of one flag byte, four bytes of length and a payload.
//!
//! A unary answer is a frame with the message and a frame with the trailers (flag 0x80), written like
//! HTTP/1 headers; a stream has any number of messages before its trailers, and arrives in pieces that know nothing of
//! frames ([`Pieces`]). Compressed frames (flag 0x01) are never asked for, hence refused.

use prost::Message;

const TRAILERS: u8 = 0x80;

/// Why bytes are not a gRPC-web answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end inside a frame.
    #[error("the answer breaks off inside a frame")]
    Cut,
    /// A flag other than message or trailers.
    #[error("a frame has the unknown flag {0:#04x}")]
    Flag(u8),
}

/// A unary answer, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The message's bytes; absent when only an error came.
    pub message: Option<&'a [u8]>,
    /// The status of the trailers; absent when the answer broke off between frames.
    pub status: Option<Status>,
}

/// A gRPC status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// 0 is success.
    pub code: u32,
    /// Empty on success.
    pub message: String,
}

/// One frame of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message's bytes.
    Message(Vec<u8>),
    /// The end, and how it ended.
    End(Status),
}

/// A stream's bytes as they arrive: frames are taken out as soon as they are whole.
#[derive(Debug, Default)]
pub struct Pieces {
    bytes: Vec<u8>,
    /// How much of `bytes` was taken.
    taken: usize,
}

impl Pieces {
    /// Adds what arrived.
    pub fn push(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(piece);
    }

    /// The next whole frame; `None` until more arrives.
    ///
    /// # Errors
    /// [`FrameError::Flag`].
    pub fn take(&mut self) -> Result<Option<Frame>, FrameError> {
        let rest = &self.bytes[self.taken..];
        let Some(([flag, a, b, c, d], rest)) = rest.split_first_chunk::<5>() else { return Ok(None) };
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let frame = match *flag {
            0 => Frame::Message(payload.to_vec()),
            TRAILERS => Frame::End(trailers(&String::from_utf8_lossy(payload))),
            other => return Err(FrameError::Flag(other)),
        };
        self.taken += 5 + length;
        Ok(Some(frame))
    }
}

/// One message frame.
pub fn encode(message: &impl Message) -> Vec<u8> {
    let length = message.encoded_len();
    let mut frame = Vec::with_capacity(length + 5);
    frame.push(0);
    frame.extend((length as u32).to_be_bytes());
    frame.extend(message.encode_to_vec());
    frame
}

/// Takes a unary answer apart.
pub fn decode(mut bytes: &[u8]) -> Result<Answer<'_>, FrameError> {
    let mut answer = Answer::default();
    while let Some((head, rest)) = bytes.split_first_chunk::<5>() {
        let [flag, a, b, c, d] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let (payload, rest) = rest.split_at_checked(length).ok_or(FrameError::Cut)?;
        match flag {
            0 => answer.message = Some(payload),
            TRAILERS => answer.status = Some(trailers(&String::from_utf8_lossy(payload))),
            other => return Err(FrameError::Flag(other)),
        }
        bytes = rest;
    }
    if bytes.is_empty() { Ok(answer) } else { Err(FrameError::Cut) }
}

fn trailers(text: &str) -> Status {
    let value = |wanted: &str| {
        let mut headers = text.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    Status::new(value("grpc-status").unwrap_or_default(), value("grpc-message").unwrap_or_default())
}

impl Status {
    /// The status of the values of `grpc-status` and `grpc-message`; not a number is 2, unknown.
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.trim().parse().unwrap_or(2), message: unescape(message) }
    }
}

/// Undoes gRPC's percent encoding of messages; what is not a well-formed escape stays as it is.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| tail.get(..2)).flatten().and_then(hexadecimal);
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::WorkflowExecutionIdentifier;

    use super::*;

    fn trailer_frame(text: &str) -> Vec<u8> {
        [&[0x80], (text.len() as u32).to_be_bytes().as_slice(), text.as_bytes()].concat()
    }

    #[test]
    fn an_answer_is_a_message_and_a_status() {
        let id = WorkflowExecutionIdentifier { name: "abc".into(), ..Default::default() };
        let bytes = [encode(&id), trailer_frame("grpc-status: 0\r\n")].concat();
        let answer = decode(&bytes).expect("well formed");
        let decoded = answer.message.map(WorkflowExecutionIdentifier::decode);
        assert_eq!((decoded, answer.status), (Some(Ok(id)), Some(Status::default())));
    }

    #[test]
    fn an_error_has_no_message_frame_and_its_text_is_unescaped() {
        let bytes = trailer_frame("grpc-status:5\r\ngrpc-message:no execution %22caf%C3%A9%22, 100%\r\n");
        let answer = decode(&bytes).expect("well formed");
        let status = Status { code: 5, message: "no execution \"café\", 100%".into() };
        assert_eq!(answer, Answer { message: None, status: Some(status) });
    }

    #[test]
    fn an_answer_that_breaks_off_is_refused() {
        let bytes = [encode(&"hello".to_owned()), trailer_frame("grpc-status: 0")].concat();
        let whole = encode(&"hello".to_owned()).len();
        for end in (1..bytes.len()).filter(|end| *end != whole) {
            assert_eq!(decode(&bytes[..end]), Err(FrameError::Cut), "after {end} bytes");
        }
        assert_eq!(decode(&bytes[..whole]).map(|answer| answer.status), Ok(None));
    }

    #[test]
    fn a_stream_is_read_whatever_its_pieces() {
        let id = WorkflowExecutionIdentifier { name: "abc".into(), ..Default::default() };
        let bytes = [encode(&id), encode(&id), trailer_frame("grpc-status: 14\r\n")].concat();
        for size in 1..=bytes.len() {
            let (mut pieces, mut frames) = (Pieces::default(), Vec::new());
            for piece in bytes.chunks(size) {
                pieces.push(piece);
                while let Some(frame) = pieces.take().expect("well formed") {
                    frames.push(frame);
                }
            }
            let message = Frame::Message(id.encode_to_vec());
            let end = Frame::End(Status { code: 14, message: String::new() });
            assert_eq!(frames, [message.clone(), message, end], "in pieces of {size}");
        }
    }

    #[test]
    fn a_compressed_frame_is_refused() {
        assert_eq!(decode(&[1, 0, 0, 0, 0]), Err(FrameError::Flag(1)));
    }
}
