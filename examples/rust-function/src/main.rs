//! A function in Rust for the runtime `provided.al2023`, with nothing between it and the Runtime API.
//!
//! It answers requests of an HTTP API: `GET /hello/{name}` greets, everything else is told what it asked for.

mod runtime_api;

use serde_json::{Value, json};

fn main() {
    let runtime = match runtime_api::Client::from_environment() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}; this program is started by Lambda");
            std::process::exit(1);
        }
    };
    if let Err(error) = serve(runtime) {
        eprintln!("the Runtime API is gone: {error}");
        std::process::exit(1);
    }
}

/// Takes one invocation after the other.
fn serve(mut runtime: runtime_api::Client) -> std::io::Result<()> {
    loop {
        let invocation = runtime.next()?;
        let event: Value = serde_json::from_slice(&invocation.event)?;
        println!("handling {}", invocation.request_id);
        match handle(&event) {
            Ok(answer) => runtime.respond(&invocation.request_id, &answer.to_string())?,
            Err(message) => {
                let error = json!({"errorType": "HandlerError", "errorMessage": message});
                runtime.fail(&invocation.request_id, &error.to_string())?;
            }
        }
    }
}

/// What the function does: an HTTP event in, an HTTP response out.
fn handle(event: &Value) -> Result<Value, String> {
    if event["fail"] == true {
        return Err("asked to fail".to_string());
    }
    let body = match event["pathParameters"]["name"].as_str() {
        Some(name) => json!({"message": format!("Hello {name}, from Rust")}),
        None => json!({"path": event["rawPath"], "method": event["requestContext"]["http"]["method"]}),
    };
    Ok(json!({
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": body.to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_greeted() {
        let answer = handle(&json!({"pathParameters": {"name": "Ada"}})).unwrap();
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(answer["body"], r#"{"message":"Hello Ada, from Rust"}"#);
    }

    #[test]
    fn failures_are_told() {
        assert_eq!(handle(&json!({"fail": true})), Err("asked to fail".to_string()));
    }
}
