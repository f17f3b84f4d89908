//! Logical ids and names, as the framework gives them.

use aws_lc_rs::digest;

/// A name with a capital first letter.
pub(super) fn upper_first(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Letters and digits of a name, with a capital first letter.
pub(super) fn alphanumeric(name: &str) -> String {
    upper_first(&name.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
}

/// The part of a logical id that names a function or any other thing of the author's.
pub(super) fn part(name: &str) -> String {
    upper_first(&name.replace('-', "Dash").replace('_', "Underscore"))
}

/// A path as part of a logical id: `users/{id}` is `UsersIdVar`.
pub(super) fn path(path: &str) -> String {
    path.split('/').map(path_part).collect()
}

fn path_part(raw: &str) -> String {
    let dashed = raw.to_lowercase().replace('-', "Dash");
    // A greedy match, as in the framework: from the first brace that opens to the last that closes.
    let named = match (dashed.find('{'), dashed.rfind('}')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}Var{}", &dashed[..open], &dashed[open + 1..close], &dashed[close + 1..])
        }
        _ => dashed,
    };
    alphanumeric(&named)
}

/// The words of a name: `application/x-www-form` has four, `myHTTPApi2` has `my HTTP Api 2`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let letters: Vec<char> = name.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let class = |index: usize| letters.get(index).copied().unwrap_or(' ');
        let run = |from: usize, of: fn(&char) -> bool| letters[from..].iter().take_while(|c| of(c)).count();
        let upper = run(at, char::is_ascii_uppercase);
        let length = if upper > 1 && class(at + upper).is_ascii_lowercase() {
            upper - 1
        } else if upper == 1 {
            1 + run(at + 1, char::is_ascii_lowercase)
        } else if upper > 1 {
            upper
        } else if class(at).is_ascii_lowercase() {
            run(at, char::is_ascii_lowercase)
        } else {
            run(at, char::is_ascii_digit)
        };
        if length > 0 {
            words.push(letters[at..at + length].iter().collect());
        }
        at += length.max(1);
    }
    words
}

/// `application/json` as `ApplicationJson`.
pub(super) fn start_case(name: &str) -> String {
    words(name).iter().map(|word| upper_first(word)).collect()
}

/// `my-create user` as `MyCreateUser`, whatever the capitals were.
pub(super) fn camel_case(name: &str) -> String {
    words(name).iter().map(|word| upper_first(&word.to_lowercase())).collect()
}

/// The logical id of a function.
pub(super) fn lambda(function: &str) -> String {
    format!("{}LambdaFunction", part(function))
}

/// The logical id of a function's log group.
pub(super) fn log_group(function: &str) -> String {
    format!("{}LogGroup", part(function))
}

/// The name of a function's log group.
pub(super) fn log_group_name(function_name: &str) -> String {
    format!("/aws/lambda/{function_name}")
}

/// The logical id of a layer.
pub(super) fn layer(name: &str) -> String {
    format!("{}LambdaLayer", part(name))
}

/// The logical id of a permission on a function: `<Function>LambdaPermission<what>`.
pub(super) fn permission(function: &str, what: &str) -> String {
    format!("{}LambdaPermission{what}", part(function))
}

/// The logical id of a REST method.
pub(super) fn method(resource_name: &str, method: &str) -> String {
    format!("ApiGatewayMethod{resource_name}{}", upper_first(&method.to_lowercase()))
}

/// The logical id of a REST authorizer.
pub(super) fn authorizer(name: &str) -> String {
    format!("{}ApiGatewayAuthorizer", part(name))
}

/// The logical id of an HTTP API route.
pub(super) fn http_route(route_key: &str) -> String {
    match route_key {
        "*" => "HttpApiRouteDefault".to_owned(),
        key => format!("HttpApiRoute{}", path(key)),
    }
}

/// The logical id of a WebSocket route.
pub(super) fn websocket_route(route: &str) -> String {
    let name = route
        .replace('$', "S")
        .replace('/', "Slash")
        .replace('-', "Dash")
        .replace('_', "Underscore")
        .replace('.', "Period");
    format!("{name}WebsocketsRoute")
}

/// MD5 in lower-case hexadecimal digits, which the framework uses to shorten names.
pub(super) fn md5_hex(text: &str) -> String {
    use md5::Digest;
    hex(&md5::Md5::digest(text.as_bytes()))
}

/// SHA-256 in base64 with nothing but its letters and digits, for use in logical ids.
pub(super) fn sha256_id(parts: &[&[u8]]) -> String {
    use base64::Engine;
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let text = base64::engine::general_purpose::STANDARD.encode(context.finish());
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_of_logical_ids() {
        assert_eq!(part("get-user_by"), "GetDashuserUnderscoreby");
        assert_eq!(path("users/{user-id}/all_items"), "UsersUserDashidVarAllitems");
        assert_eq!(path("{proxy+}"), "ProxyVar");
        assert_eq!(path("GET /a.b"), "GetAb");
        assert_eq!(start_case("application/x-www-form-urlencoded"), "ApplicationXWwwFormUrlencoded");
        assert_eq!(camel_case("myHTTPApi-2nd thing"), "MyHttpApi2NdThing");
        assert_eq!(websocket_route("$connect"), "SconnectWebsocketsRoute");
    }
}
