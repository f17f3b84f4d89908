//! The request as the formats need it.

/// A request header: its name in the capitals the client used where they are known, and its bytes.
pub type Header<'a> = (&'a str, &'a [u8]);

/// An HTTP request, borrowed from whoever received it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method in capitals.
    pub method: &'a str,
    /// The path as it was sent, still percent-encoded, without the stage.
    pub path: &'a str,
    /// The path as it was sent with the stage in front of it, when the stage is part of the URL.
    pub full_path: &'a str,
    /// The query string as it was sent, without the question mark.
    pub query: &'a str,
    /// All headers, in the order they came.
    pub headers: &'a [Header<'a>],
    /// The whole body.
    pub body: &'a [u8],
    /// The address of the client.
    pub source_ip: &'a str,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: &'a str,
    /// The host name that was asked.
    pub domain_name: &'a str,
    /// The first label of the host name: the id of the API or function URL.
    pub domain_prefix: &'a str,
    /// When the request arrived, in milliseconds since 1970.
    pub time_millis: i64,
}

impl<'a> Request<'a> {
    /// The first value of a header, by its name in lower case.
    pub fn header(&self, lower_name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(lower_name)).map(|(_, value)| *value)
    }

    /// The first value of a header as text; a value that is not text counts as absent.
    pub fn header_text(&self, lower_name: &str) -> Option<&'a str> {
        self.header(lower_name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// How far two lists of names agree with AWS on "the last one wins": visits each different header name once, with
/// the index of its first use.
pub(crate) fn distinct<'a, 'b>(headers: &'b [Header<'a>]) -> impl Iterator<Item = (usize, &'a str)> + 'b {
    headers.iter().enumerate().filter_map(move |(index, (name, _))| {
        let seen = headers[..index].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(name));
        (!seen).then_some((index, *name))
    })
}

/// All values of one header name, from its first use on.
pub(crate) fn values<'a, 'b>(
    headers: &'b [Header<'a>],
    first: usize,
    name: &'b str,
) -> impl DoubleEndedIterator<Item = &'a [u8]> + 'b {
    headers[first..]
        .iter()
        .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| *value)
}
