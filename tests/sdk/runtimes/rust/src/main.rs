//! Gives back its event, and fails or answers with the context when the event says so.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let LambdaEvent { payload, context } = event;
    match payload["do"].as_str() {
        Some("fail") => Err("boom".into()),
        Some("context") => Ok(json!({
            "id": context.request_id, "arn": context.invoked_function_arn, "name": context.env_config.function_name,
            "custom": context.client_context.map(|client| client.custom),
        })),
        _ => Ok(payload),
    }
}
