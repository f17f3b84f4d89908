//! The name server of the network `platform`: the names under which AWS's services are asked lead to this cloud, and
//! there are no others.
//!
//! The format is that of RFC 1035. Only what resolvers of libraries send is understood: one question, no compression.

use std::net::Ipv4Addr;

use cloud::aws_names;
use tokio::net::UdpSocket;

/// Longest question that is looked at: RFC 1035, section 2.3.4.
const BYTES_MAX: usize = 512;
/// How long an answer may be kept, in seconds.
const SECONDS: u32 = 60;

const TYPE_A: u16 = 1;
const CLASS_IN: u16 = 1;
const NO_ERROR: u8 = 0;
const FORMAT_ERROR: u8 = 1;
const NO_SUCH_NAME: u8 = 3;

/// Whether a name is one of AWS's, or of this machine.
fn is_ours(name: &str) -> bool {
    aws_names::contain(name) || aws_names::is_below(&name.to_ascii_lowercase(), "localhost")
}

/// Answers questions until it is dropped.
pub(crate) async fn answer(socket: UdpSocket) {
    let mut buffer = [0; BYTES_MAX];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            // Sending to a port that has closed is told here (ECONNREFUSED); the socket itself is sound.
            tokio::task::yield_now().await;
            continue;
        };
        if let Some(reply) = reply(&buffer[..length])
            && let Err(error) = socket.send_to(&reply, from).await
        {
            tracing::debug!(%error, "an answer to a question for a name could not be sent");
        }
    }
}

/// The answer to a question; none to what is no question.
fn reply(question: &[u8]) -> Option<Vec<u8>> {
    let header = question.get(..12)?;
    let is_answer = header[2] & 0x80 != 0;
    if is_answer {
        return None;
    }
    let one_question = u16::from_be_bytes([header[4], header[5]]) == 1;
    let asked = one_question.then(|| read(question)).flatten();
    let (code, found) = match &asked {
        None => (FORMAT_ERROR, false),
        Some((name, kind, class, _)) if is_ours(name) => (NO_ERROR, *kind == TYPE_A && *class == CLASS_IN),
        Some(_) => (NO_SUCH_NAME, false),
    };
    let end = asked.map_or(12, |(_, _, _, end)| end);
    let mut reply = header[..2].to_vec();
    // An answer, by who is in charge, recursion as asked and available.
    reply.extend([0x84 | (header[2] & 0x01), 0x80 | code]);
    let questions = u16::from(end > 12).to_be_bytes();
    reply.extend(questions);
    reply.extend(u16::from(found).to_be_bytes());
    reply.extend([0; 4]);
    reply.extend(&question[12..end]);
    if found {
        reply.extend([0xC0, 12]); // The name of the question.
        reply.extend(TYPE_A.to_be_bytes());
        reply.extend(CLASS_IN.to_be_bytes());
        reply.extend(SECONDS.to_be_bytes());
        reply.extend(4_u16.to_be_bytes());
        reply.extend(Ipv4Addr::LOCALHOST.octets());
    }
    Some(reply)
}

/// Name, type, class and end of the question.
fn read(question: &[u8]) -> Option<(String, u16, u16, usize)> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        match length {
            0 => break,
            1..=63 => labels.push(std::str::from_utf8(question.get(at..at + length)?).ok()?),
            _ => return None,
        }
        at += length;
    }
    let rest = question.get(at..at + 4)?;
    let number = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    Some((labels.join("."), number(0), number(2), at + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str, kind: u16) -> Vec<u8> {
        let mut bytes = vec![0xAB, 0xCD, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            bytes.push(label.len() as u8);
            bytes.extend(label.bytes());
        }
        bytes.push(0);
        bytes.extend(kind.to_be_bytes());
        bytes.extend(CLASS_IN.to_be_bytes());
        bytes
    }

    #[test]
    fn names_of_services_lead_here() {
        let asked = question("Sqs.us-east-1.amazonaws.com", TYPE_A);
        let answer = reply(&asked).unwrap();
        assert_eq!(answer[..8], [0xAB, 0xCD, 0x85, 0x80, 0, 1, 0, 1]);
        assert_eq!(answer[12..asked.len()], asked[12..]);
        assert!(answer.ends_with(&[0, 4, 127, 0, 0, 1]));
        // Nothing of another kind: clients go on with what they have.
        let other = reply(&question("sts.amazonaws.com", 28)).unwrap();
        assert_eq!(other[3] & 0x0F, NO_ERROR);
        assert_eq!(other[6..8], [0, 0]);
    }

    #[test]
    fn there_are_no_other_names() {
        for name in ["example.com", "evilamazonaws.com", "amazonaws.com.evil.com"] {
            assert_eq!(reply(&question(name, TYPE_A)).unwrap()[3] & 0x0F, NO_SUCH_NAME, "{name}");
        }
        assert!(is_ours("x.lambda-url.us-east-1.on.aws.") && is_ours("b.s3.localhost"));
    }

    #[test]
    fn broken_questions_do_no_harm() {
        assert_eq!(reply(b""), None);
        assert_eq!(reply(&[0xFF; 12]), None, "an answer");
        let whole = question("sts.amazonaws.com", TYPE_A);
        for end in 12..whole.len() {
            assert_eq!(reply(&whole[..end]).unwrap()[3] & 0x0F, FORMAT_ERROR, "{end}");
        }
        let mut pointer = whole.clone();
        pointer[12] = 0xC0;
        assert_eq!(reply(&pointer).unwrap()[3] & 0x0F, FORMAT_ERROR);
    }
}
