//! The typed clients in `cloud::client` and the targets of deliveries name members that exist.

use cloud::service::Registry;
use cloud::target::Target;
use cloudlet::services::SERVICES;
use shape::Schema;

fn members(registry: &Registry, service: &str, operation: &str) -> Option<Vec<&'static str>> {
    let (_, entry) = registry.operation(service, operation)?;
    match (entry.input)() {
        Schema::Structure(structure) => Some(structure.fields.iter().map(|field| field.name).collect()),
        other => panic!("the input of {service}/{operation} is {other:?}"),
    }
}

#[test]
fn clients_name_members_that_exist() {
    let registry = Registry::new(SERVICES);
    let used: &[(&str, &str, &[&str])] = &[
        ("lambda", "Invoke", &["FunctionName", "InvocationType", "Payload"]),
        ("lambda", "InvokeWithResponseStream", &["FunctionName", "Payload"]),
        ("s3", "GetObject", &["Bucket", "Key"]),
        ("s3", "PutObject", &["Bucket", "Key", "Body", "ExpectedBucketOwner"]),
        ("s3", "ListObjectsV2", &["Bucket", "Prefix", "StartAfter", "ExpectedBucketOwner"]),
        ("sqs", "NextMessage", &["QueueUrl"]),
    ];
    for (service, operation, names) in used {
        let known =
            members(&registry, service, operation).unwrap_or_else(|| panic!("no {service}/{operation}"));
        for name in *names {
            assert!(known.contains(name), "{service}/{operation} has no member {name}");
        }
    }
}

#[test]
fn targets_name_members_that_exist() {
    let registry = Registry::new(SERVICES);
    for arn in ["arn:aws:lambda:us-east-1:000000000000:function:f", "arn:aws:sqs:us-east-1:000000000000:q"] {
        let target = Target::of(&arn.parse().unwrap(), "{}").unwrap();
        let known = members(&registry, &target.service, &target.operation);
        let known = known.unwrap_or_else(|| panic!("no {}/{}", target.service, target.operation));
        for name in target.input.as_object().unwrap().keys() {
            assert!(
                known.contains(&name.as_str()),
                "{}/{} has no member {name}",
                target.service,
                target.operation
            );
        }
    }
}
