//! The environment variables of a function, built from nothing.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>

use super::interpreters::{Language, Wanted};
use super::launch::{Credentials, Launch, Seen};

/// Names that functions cannot set themselves.
pub(crate) const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// All variables of one environment. What the function declares wins over what is only a default.
pub(crate) fn build(
    launch: &Launch,
    seen: &Seen,
    credentials: Option<&Credentials>,
    log_stream: &str,
    runtime_api: Option<&str>,
) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::with_capacity(48);
    let mut set = |name: &str, value: String| {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value,
            None => all.push((name.to_string(), value)),
        };
    };
    for (name, value) in defaults(launch, seen) {
        set(name, value);
    }
    for (name, value) in &launch.variables {
        set(name, value.clone());
    }
    set("_HANDLER", launch.handler.clone());
    set("AWS_REGION", launch.region.clone());
    set("AWS_DEFAULT_REGION", launch.region.clone());
    set("AWS_LAMBDA_FUNCTION_NAME", launch.name.clone());
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", launch.memory_mb.to_string());
    set("AWS_LAMBDA_FUNCTION_VERSION", launch.version.clone());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", launch.initialization.name().to_string());
    set("AWS_LAMBDA_LOG_GROUP_NAME", launch.log_group.clone());
    set("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_string());
    set("LAMBDA_TASK_ROOT", seen.task.clone());
    set("LAMBDA_RUNTIME_DIR", seen.runtime.clone());
    if !matches!(launch.wanted, Wanted::Provided) {
        set("AWS_EXECUTION_ENV", format!("AWS_Lambda_{}", launch.runtime));
    }
    if launch.logging.json {
        set("AWS_LAMBDA_LOG_FORMAT", "JSON".to_string());
        set("AWS_LAMBDA_LOG_LEVEL", launch.logging.application.name().to_string());
    }
    if let Some(credentials) = credentials {
        set("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone());
        set("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone());
        set("AWS_SESSION_TOKEN", credentials.session_token.clone());
    }
    if let Some(address) = runtime_api {
        set("AWS_LAMBDA_RUNTIME_API", address.to_string());
    }
    all
}

/// Variables of the runtime that extensions do not have
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-extensions.html#using-extensions-env>).
const NOT_OF_EXTENSIONS: &[&str] = &[
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
];

/// What extensions get of a function's variables.
pub(crate) fn of_extensions(all: &[(String, String)]) -> Vec<(String, String)> {
    all.iter().filter(|(name, _)| !NOT_OF_EXTENSIONS.contains(&name.as_str())).cloned().collect()
}

/// What every function of a runtime starts with, whatever it declares.
pub(crate) fn defaults(launch: &Launch, seen: &Seen) -> Vec<(&'static str, String)> {
    let (task, runtime, opt) = (&seen.task, &seen.runtime, &seen.opt);
    let mut path = String::new();
    if let Some(interpreter) = &launch.interpreter
        && let Some(folder) = interpreter.program.parent()
    {
        path.push_str(&format!("{}:", folder.display()));
    }
    path.push_str(&format!("/usr/local/bin:/usr/bin:/bin:{opt}/bin"));
    let mut all = vec![
        ("LANG", "en_US.UTF-8".to_string()),
        ("TZ", ":UTC".to_string()),
        ("PATH", path),
        (
            "LD_LIBRARY_PATH",
            format!("/var/lang/lib:/lib64:/usr/lib64:{runtime}:{runtime}/lib:{task}:{task}/lib:{opt}/lib"),
        ),
        ("AWS_ENDPOINT_URL", launch.endpoint.clone()),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".to_string()),
        ("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000".to_string()),
    ];
    if seen.scratch {
        all.push(("TMPDIR", seen.tmp.clone()));
    }
    match launch.wanted {
        Wanted::Managed(Language::Node, (major, _)) => all.push((
            "NODE_PATH",
            format!(
                "{opt}/nodejs/node{major}/node_modules:{opt}/nodejs/node_modules:{}:{runtime}:{task}",
                seen.node_modules
            ),
        )),
        Wanted::Managed(Language::Python, _) => all.push(("PYTHONPATH", runtime.clone())),
        Wanted::Provided => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::tests::launch;

    fn get<'a>(all: &'a [(String, String)], name: &str) -> Option<&'a str> {
        all.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn own_variables_win_over_defaults_but_not_over_reserved_ones() {
        let mut launch = launch("nodejs20.x", "index.handler");
        launch.variables.insert("TZ".into(), "Europe/Berlin".into());
        launch.variables.insert("TABLE".into(), "users".into());
        let seen = Seen::private("/var/runtime/node_modules".into());
        let credentials = Credentials {
            access_key_id: "ASIAX".into(),
            secret_access_key: "s".into(),
            session_token: "t".into(),
        };
        let all = build(&launch, &seen, Some(&credentials), "stream", None);
        assert_eq!(get(&all, "TZ"), Some("Europe/Berlin"));
        assert_eq!(get(&all, "TABLE"), Some("users"));
        assert_eq!(get(&all, "AWS_EXECUTION_ENV"), Some("AWS_Lambda_nodejs20.x"));
        assert_eq!(get(&all, "AWS_SESSION_TOKEN"), Some("t"));
        assert_eq!(get(&all, "LAMBDA_TASK_ROOT"), Some("/var/task"));
        assert_eq!(get(&all, "AWS_LAMBDA_RUNTIME_API"), None);
        // The order of AWS: layers by version, layers, the runtime's own, then the code.
        assert_eq!(
            get(&all, "NODE_PATH"),
            Some(
                "/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
            )
        );
        assert_eq!(get(&all, "HOME"), None, "nothing of the host's own environment");
    }
}
