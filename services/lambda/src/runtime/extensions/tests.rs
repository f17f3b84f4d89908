//! Errors are those that the tests of AWS's emulator expect (`agentregister_test.go`, `agentnext_test.go`,
//! `security_test.go` in aws-lambda-runtime-interface-emulator).

use super::*;

const ID: &str = "00000000-0000-0000-0000-000000000001";
const INTERNAL: &str = "00000000-0000-0000-0000-000000000002";

fn one() -> Extensions {
    Extensions::new(vec![("agent".into(), ID.into())])
}

fn register(extensions: &Extensions, name: &str, body: &str) -> Result<String, &'static str> {
    let done = extensions.register(name, "", body.as_bytes(), INTERNAL.into());
    done.map(|registered| registered.id).map_err(|refusal| refusal.kind)
}

#[test]
fn requests_are_checked() {
    let extensions = one();
    assert_eq!(register(&extensions, "", "{}"), Err("Extension.InvalidExtensionName"));
    assert_eq!(register(&extensions, "agent", "no json"), Err("InvalidRequestFormat"));
    assert_eq!(register(&extensions, "agent", r#"{"configurationKeys":["a"]}"#), Err("InvalidRequestFormat"));
    assert_eq!(register(&extensions, "agent", r#"{"events":["OTHER"]}"#), Err("Extension.InvalidEventType"));
    assert_eq!(
        register(&extensions, "inner", r#"{"events":["SHUTDOWN"]}"#),
        Err("Extension.InvalidEventType")
    );
    let kind = |id| extensions.next(id).unwrap_err().kind;
    assert_eq!(kind(None), "Extension.MissingExtensionIdentifier");
    assert_eq!(kind(Some("no-uuid")), "Extension.InvalidExtensionIdentifier");
    assert_eq!(kind(Some(INTERNAL)), "Extension.UnknownExtensionIdentifier");
    assert_eq!(kind(Some(ID)), "Extension.InvalidExtensionState", "not registered yet");
    assert_eq!(extensions.failed(Some(ID), true, None).unwrap_err().kind, "Extension.MissingHeader");
    let id = register(&extensions, "agent", r#"{"events":["INVOKE","SHUTDOWN"]}"#).unwrap();
    assert_eq!(id, ID);
    let again = extensions.register("agent", "", b"{}", INTERNAL.into()).unwrap_err();
    assert_eq!(
        again.message,
        "State transition from Registered to Registered failed for extension agent. Error: State transition is not allowed"
    );
}

#[test]
fn internal_ones_register_until_the_runtime_is_ready() {
    let extensions = one();
    let with_account =
        extensions.register("inner", "x, accountId", b"{}", INTERNAL.into()).unwrap().with_account;
    assert!(with_account);
    assert_eq!(register(&extensions, "inner", "{}"), Err("Extension.InvalidExtensionState"));
    for number in 0..8 {
        let id = format!("00000000-0000-0000-0001-00000000000{number}");
        extensions.register(&format!("n{number}"), "", b"{}", id).unwrap();
    }
    assert_eq!(register(&extensions, "more", "{}"), Err("Extension.TooManyExtensions"));
    extensions.close();
    assert_eq!(register(&extensions, "late", "{}"), Err("Extension.RegistrationClosed"));
}

#[test]
fn events_reach_those_who_asked_for_them() {
    let extensions = one();
    assert!(!extensions.all_registered());
    register(&extensions, "agent", r#"{"events":["INVOKE","SHUTDOWN"]}"#).unwrap();
    register(&extensions, "inner", r#"{"events":[]}"#).unwrap();
    assert!(extensions.all_registered() && !extensions.all_ready());
    let mut inner = extensions.next(Some(INTERNAL)).unwrap();
    let mut agent = extensions.next(Some(ID)).unwrap();
    assert!(extensions.all_ready());
    assert_eq!(
        extensions.next(Some(ID)).unwrap_err().kind,
        "Extension.InvalidExtensionState",
        "it waits already"
    );
    extensions.invoke(&json!({"eventType": "INVOKE"}));
    assert_eq!(agent.try_recv().unwrap(), r#"{"eventType":"INVOKE"}"#);
    assert!(inner.try_recv().is_err() && !extensions.all_ready());
    // The end comes while it still works: it is told when it asks.
    extensions.shut_down("spindown", 7);
    let mut agent = extensions.next(Some(ID)).unwrap();
    assert_eq!(
        agent.try_recv().unwrap(),
        r#"{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":7}"#
    );
    assert!(extensions.waits_for_exits());
    extensions.exited(0, Exit::Code(0));
    assert!(!extensions.waits_for_exits());
}

/// On a busy machine the environment was ready between the two, and the invocation got the error of the init phase.
#[test]
fn an_error_of_the_init_phase_is_over_with_the_end_of_its_process() {
    let extensions = one();
    register(&extensions, "agent", r#"{"events":["INVOKE"]}"#).unwrap();
    extensions.failed(Some(ID), true, Some("Own.Error")).unwrap();
    assert!(!extensions.all_ready());
    extensions.exited(0, Exit::Code(1));
    assert!(extensions.all_ready());
    assert_eq!(extensions.shown()[0].state, "Exited");
}

#[test]
fn a_broken_connection_may_be_made_anew() {
    let extensions = one();
    register(&extensions, "agent", r#"{"events":["INVOKE"]}"#).unwrap();
    drop(extensions.next(Some(ID)).unwrap());
    let mut agent = extensions.next(Some(ID)).unwrap();
    extensions.invoke(&json!(1));
    assert_eq!(agent.try_recv().unwrap(), "1");
}

#[test]
fn ends_are_faults() {
    let fault = |change: fn(&Extensions)| {
        let extensions = one();
        change(&extensions);
        let fault = extensions.fault().unwrap();
        (fault.kind, fault.message)
    };
    let registered = |extensions: &Extensions| {
        register(extensions, "agent", r#"{"events":["INVOKE"]}"#).unwrap();
    };
    assert!(one().fault().is_none());
    assert_eq!(fault(|all| all.exited(0, Exit::Code(1))), ("Extension.Crash", "exit status 1".into()));
    assert_eq!(fault(|all| all.exited(0, Exit::Code(0))), ("Extension.Crash", "exit code 0".into()));
    assert_eq!(fault(|all| all.exited(0, Exit::Signal(9))), ("Extension.Crash", "signal: killed".into()));
    assert_eq!(
        fault(|all| {
            all.not_launched(0, "permission denied");
            all.exited(0, Exit::Code(127));
        }),
        ("Extension.LaunchError", "permission denied".into())
    );
    let extensions = one();
    registered(&extensions);
    extensions.failed(Some(ID), true, Some("Own.Error")).unwrap();
    assert!(extensions.fault().is_none(), "it ends by itself");
    extensions.exited(0, Exit::Code(3));
    assert_eq!(extensions.fault().unwrap().kind, "Extension.InitError");
    assert_eq!(extensions.shown()[0].error.as_deref(), Some("Own.Error"));
    let extensions = one();
    register(&extensions, "inner", "{}").unwrap();
    extensions.failed(Some(INTERNAL), false, Some("Own.Error")).unwrap();
    assert_eq!(
        extensions.fault().unwrap(),
        Fault { kind: "Extension.ExitError", message: "Own.Error".into() }
    );
}
