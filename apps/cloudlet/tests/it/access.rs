//! Every operation asks for permission.

use cloud::Failure;
use cloud::caller::Caller;
use cloudlet::services::SERVICES;
use testkit::World;

use crate::sample::least;

/// Operations for which the least input does not reach the decision, or which every signed caller may call. Each
/// has a room test of its own that shows who is denied; this list is reviewed, and must not hold one line too many.
const UNCOVERED: &str = include_str!("uncovered.txt");

/// What AWS's services answer when a policy does not allow a call.
const DENIALS: &[&str] =
    &["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"];

/// Whether an answer says that the caller may not.
pub(crate) fn denied<T>(answer: &Result<T, Failure>) -> bool {
    answer.as_ref().is_err_and(|failure| DENIALS.contains(&failure.code()))
}

async fn uncovered(caller: fn() -> Caller) -> Vec<String> {
    let world = World::new(SERVICES).await;
    let mut found = Vec::new();
    for service in SERVICES {
        // What only the cloud calls has no way in.
        for entry in service.operations.iter().filter(|entry| !entry.internal) {
            let input = least((entry.input)());
            let answer = cloud::door::call(world.cloud(), caller(), service.name, entry.name, input).await;
            if !denied(&answer) {
                let code = answer.err().map_or("succeeds".to_owned(), |failure| failure.code().to_owned());
                found.push(format!("{}/{} {code}", service.name, entry.name));
            }
        }
    }
    found
}

#[tokio::test]
async fn users_without_policies_are_denied() {
    let found = uncovered(testkit::nobody).await;
    assert_eq!(found, UNCOVERED.lines().map(str::to_owned).collect::<Vec<_>>(), "review uncovered.txt");
}

#[tokio::test]
async fn nobody_gets_in_without_a_signature() {
    let found = uncovered(testkit::anonymous).await;
    let known: Vec<&str> = UNCOVERED.lines().collect();
    let new: Vec<&String> = found.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(new.is_empty(), "anonymous callers are not denied: {new:?}");
}

#[test]
fn every_service_is_listed_once_and_completely() {
    for service in SERVICES {
        assert!(!service.operations.is_empty() && !service.title.is_empty(), "{}", service.name);
        let mut names: Vec<&str> = service.operations.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), service.operations.len(), "{}: an operation is listed twice", service.name);
    }
}
