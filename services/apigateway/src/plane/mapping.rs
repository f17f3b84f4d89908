//! Small mappings: parameters that are taken from the request or its context, and templates that only name variables.

use std::borrow::Cow;

use proxyevent::{Request, query};

/// Where the value of a parameter comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// `'text'`.
    Fixed(String),
    /// `context.<name>`.
    Context(String),
    /// `stageVariables.<name>`.
    StageVariable(String),
    /// `method.request.header.<name>`.
    Header(String),
    /// `method.request.querystring.<name>`.
    Query(String),
    /// `method.request.path.<name>`.
    Path(String),
}

/// A text with variables of the context in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(Source),
}

/// What the values are taken from.
pub(crate) struct Values<'a> {
    /// The request.
    pub(crate) request: &'a Request<'a>,
    /// The values of the path's variables.
    pub(crate) path_parameters: &'a [(&'a str, Cow<'a, str>)],
    /// The stage variables.
    pub(crate) stage_variables: &'a [(String, String)],
    /// The variables of the context by name, without `context.`.
    pub(crate) context: &'a dyn Fn(&str) -> Option<String>,
}

/// The header that a parameter sets, if the name has the prefix and the rest can be a header's name.
pub(crate) fn target_header<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let header = name.strip_prefix(prefix)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (!header.is_empty() && header.bytes().all(fits)).then_some(header)
}

/// The function that the URI of a Lambda integration invokes, with stage variables still in it.
pub(crate) fn function_of(uri: &str) -> Option<&str> {
    named(uri, ":lambda:path/2015-03-31/functions/", "/invocations")
}

/// The function whose answer the URI of a Lambda integration streams, with stage variables still in it.
pub(crate) fn streaming_function_of(uri: &str) -> Option<&str> {
    named(uri, ":lambda:path/2021-11-15/functions/", "/response-streaming-invocations")
}

fn named<'a>(uri: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let (_, rest) = uri.strip_prefix("arn:")?.split_once(before)?;
    rest.strip_suffix(behind).filter(|function| !function.is_empty())
}

/// A text with `${stageVariables.name}` filled in; none when a variable is missing.
pub(crate) fn fill_stage_variables(text: &str, variables: &[(String, String)]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${stageVariables.") {
        let (name, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&variables.iter().find(|(known, _)| known == name)?.1);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

impl Source {
    /// Reads a source; none for what is not supported.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(fixed) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Some(Self::Fixed(fixed.to_owned()));
        }
        let named =
            |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty()).map(str::to_owned);
        named("context.")
            .map(Self::Context)
            .or_else(|| named("stageVariables.").map(Self::StageVariable))
            .or_else(|| named("method.request.header.").map(Self::Header))
            .or_else(|| named("method.request.querystring.").map(Self::Query))
            .or_else(|| named("method.request.path.").map(Self::Path))
    }

    /// The value, if there is one.
    pub(crate) fn value(&self, values: &Values<'_>) -> Option<String> {
        match self {
            Self::Fixed(text) => Some(text.clone()),
            Self::Context(name) => (values.context)(name),
            Self::StageVariable(name) => {
                values.stage_variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            }
            Self::Header(name) => values.request.header_text(&name.to_ascii_lowercase()).map(str::to_owned),
            Self::Query(name) => {
                let mut found = query::parameters(values.request.query).filter(|(known, _)| known == name);
                found.next().map(|(_, value)| value.into_owned())
            }
            Self::Path(name) => values
                .path_parameters
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.to_string()),
        }
    }
}

impl Template {
    /// Reads a template: `$context.<name>` and `$stageVariables.<name>`, in braces or without. Any other use of `$` or
    /// `#` is an expression that is not supported: none.
    pub(crate) fn parse(template: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['$', '#']) {
            text.push_str(&rest[..at]);
            let tail = &rest[at..];
            let inner = tail.strip_prefix("${");
            let body = inner.or_else(|| tail.strip_prefix('$'))?;
            let end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_' && c != '-');
            let name = body[..end.unwrap_or(body.len())].trim_end_matches(['.', '-']);
            let source = match name.split_once('.') {
                Some(("context", name)) => Source::Context(name.to_owned()),
                Some(("stageVariables", name)) => Source::StageVariable(name.to_owned()),
                _ => return None,
            };
            rest = &body[name.len()..];
            if inner.is_some() {
                rest = rest.strip_prefix('}')?;
            }
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(Piece::Variable(source));
        }
        text.push_str(rest);
        pieces.push(Piece::Text(text));
        Some(Self(pieces))
    }

    /// The text with all variables filled in; missing ones are empty.
    pub(crate) fn fill(&self, values: &Values<'_>) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(source) => out.push_str(&source.value(values).unwrap_or_default()),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request<'static> {
        Request {
            method: "GET",
            path: "/",
            full_path: "/dev/",
            query: "q=a%20b",
            headers: &[("X-A", b"1")],
            body: b"",
            source_ip: "192.0.2.1",
            protocol: "HTTP/1.1",
            domain_name: "x",
            domain_prefix: "x",
            time_millis: 0,
        }
    }

    fn fill(template: &str) -> Option<String> {
        let request = request();
        let variables = [("v".to_owned(), "variable".to_owned())];
        let values = Values {
            request: &request,
            path_parameters: &[("id", Cow::Borrowed("7"))],
            stage_variables: &variables,
            context: &|name| (name == "error.message").then(|| "Forbidden".to_owned()),
        };
        match Source::parse(template) {
            Some(source) => source.value(&values),
            None => Template::parse(template).map(|template| template.fill(&values)),
        }
    }

    #[test]
    fn sources() {
        assert_eq!(fill("'*'").as_deref(), Some("*"));
        assert_eq!(fill("method.request.header.x-a").as_deref(), Some("1"));
        assert_eq!(fill("method.request.querystring.q").as_deref(), Some("a b"));
        assert_eq!(fill("method.request.path.id").as_deref(), Some("7"));
        assert_eq!(fill("stageVariables.v").as_deref(), Some("variable"));
        assert_eq!(fill("context.error.message").as_deref(), Some("Forbidden"));
        assert_eq!(fill("method.request.header.none"), None);
        assert_eq!(Source::parse("integration.response.header.x"), None);
    }

    #[test]
    fn templates() {
        assert_eq!(
            fill("{\"message\":\"$context.error.message.\"}").as_deref(),
            Some("{\"message\":\"Forbidden.\"}")
        );
        assert_eq!(fill("a ${stageVariables.v}b").as_deref(), Some("a variableb"));
        assert_eq!(fill("[$context.none]").as_deref(), Some("[]"));
        for expression in ["#set($x = 1)", "$input.json('$')", "$", "${context.x", "$util.x"] {
            assert_eq!(Template::parse(expression), None, "{expression}");
        }
    }

    #[test]
    fn functions_and_stage_variables() {
        let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:0:function:f/invocations";
        assert_eq!(function_of(uri), Some("arn:aws:lambda:us-east-1:0:function:f"));
        assert_eq!(function_of("arn:aws:apigateway:us-east-1:dynamodb:action/GetItem"), None);
        assert_eq!(streaming_function_of(uri), None);
        let uri = "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:0:function:f/response-streaming-invocations";
        assert_eq!(streaming_function_of(uri), Some("arn:aws:lambda:us-east-1:0:function:f"));
        assert_eq!(function_of(uri), None);
        let variables = [("alias".to_owned(), "live".to_owned())];
        assert_eq!(fill_stage_variables("f:${stageVariables.alias}", &variables).as_deref(), Some("f:live"));
        assert_eq!(fill_stage_variables("f:${stageVariables.none}", &variables), None);
    }
}
