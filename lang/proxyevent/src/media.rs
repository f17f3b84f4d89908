//! Media types: which bodies travel as base64.

/// Whether a media type is in the list of binary media types of a REST API. The list may hold `*/*` and `type/*`;
/// parameters of the media type do not count.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>
pub fn is_binary<'a>(media_type: Option<&str>, mut binary_types: impl Iterator<Item = &'a str>) -> bool {
    let media_type = media_type.map(essence);
    binary_types.any(|binary| {
        let binary = binary.trim();
        if binary == "*/*" {
            return true;
        }
        let Some(media_type) = media_type else { return false };
        match binary.strip_suffix("/*") {
            Some(kind) => media_type
                .split_once('/')
                .is_some_and(|(media_kind, _)| media_kind.eq_ignore_ascii_case(kind)),
            None => binary.eq_ignore_ascii_case(media_type),
        }
    })
}

/// The first media type of an `Accept` header: the only one a REST API looks at.
pub fn first_accepted(accept: &str) -> &str {
    essence(accept.split(',').next().unwrap_or(""))
}

/// Whether HTTP APIs and function URLs hand this body over as text. All other types, and a body without a type, are
/// handed over in base64.
pub fn is_text(content_type: Option<&str>) -> bool {
    let Some(media_type) = content_type.map(essence) else { return false };
    let kind = media_type.split('/').next().unwrap_or("");
    kind.eq_ignore_ascii_case("text")
        || ["application/json", "application/javascript", "application/xml"]
            .iter()
            .any(|text| text.eq_ignore_ascii_case(media_type))
}

/// The media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or("").trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_types_of_rest_apis() {
        let binary = |media_type, types: &[&str]| is_binary(media_type, types.iter().copied());
        assert!(!binary(Some("image/png"), &[]));
        assert!(binary(Some("image/png"), &["image/png"]));
        assert!(binary(Some("IMAGE/PNG; q=1"), &["text/plain", "image/png"]));
        assert!(binary(Some("image/png"), &["image/*"]));
        assert!(!binary(Some("imagex/png"), &["image/*"]));
        assert!(binary(None, &["*/*"]));
        assert!(!binary(None, &["image/*"]));
    }

    #[test]
    fn accept_counts_only_its_first_type() {
        assert_eq!(first_accepted("image/webp;q=0.8, text/html"), "image/webp");
        assert_eq!(first_accepted(""), "");
    }

    #[test]
    fn text_bodies_of_http_apis() {
        for text in
            ["text/plain", "application/json; charset=utf-8", "Application/XML", "application/javascript"]
        {
            assert!(is_text(Some(text)), "{text}");
        }
        for binary in
            [Some("application/x-www-form-urlencoded"), Some("multipart/form-data; boundary=x"), None]
        {
            assert!(!is_text(binary), "{binary:?}");
        }
    }
}
