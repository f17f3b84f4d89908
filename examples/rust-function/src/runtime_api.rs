//! The Runtime API of Lambda over one kept connection: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A connection to the Runtime API.
pub struct Client {
    host: String,
    stream: BufReader<TcpStream>,
}

/// An event to handle.
pub struct Invocation {
    /// Names the invocation in the answer.
    pub request_id: String,
    /// The event as JSON.
    pub event: Vec<u8>,
}

/// An HTTP response: the headers that matter here, and the body.
struct Response {
    status: u16,
    request_id: String,
    body: Vec<u8>,
}

impl Client {
    /// Connects to the address in `AWS_LAMBDA_RUNTIME_API`.
    pub fn from_environment() -> io::Result<Client> {
        let host = std::env::var("AWS_LAMBDA_RUNTIME_API")
            .map_err(|_| io::Error::other("AWS_LAMBDA_RUNTIME_API is not set"))?;
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        Ok(Client { host, stream: BufReader::new(stream) })
    }

    /// Waits for the next invocation.
    pub fn next(&mut self) -> io::Result<Invocation> {
        let response = self.ask("GET", "invocation/next", "")?;
        if response.status != 200 {
            return Err(io::Error::other(format!("status {} instead of an invocation", response.status)));
        }
        Ok(Invocation { request_id: response.request_id, event: response.body })
    }

    /// Answers an invocation.
    pub fn respond(&mut self, request_id: &str, answer: &str) -> io::Result<()> {
        self.ask("POST", &format!("invocation/{request_id}/response"), answer).map(|_accepted| ())
    }

    /// Tells that an invocation failed.
    pub fn fail(&mut self, request_id: &str, error: &str) -> io::Result<()> {
        self.ask("POST", &format!("invocation/{request_id}/error"), error).map(|_accepted| ())
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<Response> {
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Response> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut response = Response {
            status: status.ok_or_else(|| io::Error::other("no HTTP status"))?,
            request_id: String::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => {
                    response.body = vec![0; value.trim().parse().map_err(io::Error::other)?];
                }
                "lambda-runtime-aws-request-id" => response.request_id = value.trim().to_string(),
                _ => {}
            }
        }
        self.stream.read_exact(&mut response.body)?;
        Ok(response)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_string())
    }
}
