//! The header `X-Amzn-Trace-Id`: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=...;Sampled=1;Lineage=a87bd80c:1`.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>. SDKs in a function
//! send on what the function got, which is how a loop of functions and queues is seen.

/// A header longer than this is not read.
const HEADER_BYTES_MAX: usize = 1024;

/// What a caller says of the trace that its call belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceHeader {
    /// The trace, if it is a well-formed one.
    pub root: Option<String>,
    /// Through which functions the trace has come, and how often.
    pub lineage: Option<String>,
}

impl TraceHeader {
    /// Reads a header. What is not as it should be is left out: the header comes from anybody.
    pub fn parse(text: &str) -> Self {
        let mut header = Self::default();
        if text.len() > HEADER_BYTES_MAX {
            return header;
        }
        for (name, value) in text.split(';').filter_map(|part| part.trim().split_once('=')) {
            match name {
                "Root" if is_root(value) => header.root = Some(value.to_owned()),
                "Lineage" if is_lineage(value) => header.lineage = Some(value.to_owned()),
                _ => {}
            }
        }
        header
    }
}

fn is_root(text: &str) -> bool {
    let hex = |part: Option<&str>, digits: usize| {
        part.is_some_and(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let mut parts = text.split('-');
    parts.next() == Some("1") && hex(parts.next(), 8) && hex(parts.next(), 24) && parts.next().is_none()
}

fn is_lineage(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'|' | b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_nonsense_is_not() {
        let parse = TraceHeader::parse;
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        let whole = parse(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:5"));
        assert_eq!((whole.root.as_deref(), whole.lineage.as_deref()), (Some(root), Some("1:a87bd80c:5")));
        for bad in ["", "Root", "Root=1-x-y", "Root=2-5759e988-bd862e3fe1be46a994272793", "Lineage=<script>"]
        {
            assert_eq!(parse(bad), TraceHeader::default(), "{bad}");
        }
        assert_eq!(parse(&format!("Lineage={}", "a".repeat(2000))), TraceHeader::default());
    }
}
