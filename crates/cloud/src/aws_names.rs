//! The names under which AWS's services are asked. Clients that know no other address are led here by them.

/// Endings of all of them: services, their IPv6 and function URL forms, and the partition of China.
pub const ENDINGS: [&str; 4] = ["amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws"];

/// Whether a host name is one of AWS's.
pub fn contain(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    ENDINGS.iter().any(|ending| is_below(&name, ending))
}

/// Whether a name is `ending` or below it.
pub fn is_below(name: &str, ending: &str) -> bool {
    name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_labels_count() {
        for name in [
            "sqs.us-east-1.amazonaws.com",
            "STS.amazonaws.com.",
            "x.lambda-url.us-east-1.on.aws",
            "amazonaws.com.cn",
        ] {
            assert!(contain(name), "{name}");
        }
        for name in ["evilamazonaws.com", "amazonaws.com.evil.com", "localhost", ""] {
            assert!(!contain(name), "{name}");
        }
    }
}
