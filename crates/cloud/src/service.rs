//! How a service is declared: one static table, read by routing, access, coverage, console and CloudFormation.

use std::collections::HashMap;

use wire::table::{OperationRoute, Protocol, ServiceRoutes};

use crate::client::lambda::Functions;
use crate::job::Job;
use crate::operation::Entry;
use crate::plane::Plane;
use crate::resource::ResourceType;

/// An AWS service.
pub struct Service {
    /// Its name here and in endpoint host names: `sqs`.
    pub name: &'static str,
    /// Its name in texts: `Simple Queue Service`.
    pub title: &'static str,
    /// The service part of credential scopes, and the prefix of its IAM actions: `sqs`.
    pub signing_name: &'static str,
    /// The protocols it speaks, preferred one first.
    pub protocols: &'static [Protocol],
    /// Its operations.
    pub operations: &'static [Entry],
    /// Its CloudFormation resource types.
    pub resources: &'static [&'static dyn ResourceType],
    /// Its background work.
    pub jobs: &'static [Job],
    /// Its HTTP data plane, if it has one.
    pub plane: Option<&'static dyn Plane>,
    /// Where the service words common errors in its own way.
    pub words: Words,
}

/// How a service words what the door finds, where services differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The code of constraint violations.
    pub validation_code: &'static str,
    /// The code of access denials.
    pub denied_code: &'static str,
}

impl Words {
    /// JSON services of the common kind.
    pub const JSON: Self =
        Self { validation_code: "ValidationException", denied_code: "AccessDeniedException" };
    /// Query services of the common kind.
    pub const QUERY: Self = Self { validation_code: "ValidationError", denied_code: "AccessDenied" };
}

impl Service {
    /// The operation called `name`.
    pub fn operation(&self, name: &str) -> Option<&'static Entry> {
        self.operations.iter().find(|entry| entry.name == name)
    }

    /// The operations of the API.
    fn routed(&self) -> impl Iterator<Item = &'static Entry> + use<> {
        self.operations.iter().filter(|entry| !entry.internal)
    }

    fn routes(&self) -> ServiceRoutes {
        let operations = self.routed();
        ServiceRoutes {
            name: self.name,
            signing_name: self.signing_name,
            protocols: self.protocols,
            operations: operations
                .map(|entry| OperationRoute { name: entry.name, http: entry.http, input: entry.input })
                .collect(),
        }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All services of a cloud.
#[derive(Debug)]
pub struct Registry {
    services: Vec<&'static Service>,
    operations: HashMap<(&'static str, &'static str), (&'static Service, &'static Entry)>,
    functions: Option<ShortWay>,
    router: wire::Router,
    /// The operations that the router knows, service by service, in its order.
    routed: Vec<Vec<&'static Entry>>,
}

/// The short way to functions, with the service and the operation for which it stands.
type ShortWay = (&'static Service, &'static Entry, &'static dyn Functions);

impl Registry {
    /// A registry of `services`; two with one name are a mistake in the list.
    pub fn new(services: &[&'static Service]) -> Self {
        let mut operations = HashMap::new();
        for service in services {
            for entry in service.operations {
                let twice = operations.insert((service.name, entry.name), (*service, entry));
                assert!(twice.is_none(), "{}/{} is listed twice", service.name, entry.name);
            }
        }
        let functions = services.iter().find_map(|service| {
            let functions = service.plane?.functions()?;
            let entry = service.operations.iter().find(|entry| entry.name == "Invoke")?;
            Some((*service, entry, functions))
        });
        let router = wire::Router::new(services.iter().map(|service| service.routes()).collect());
        let routed = services.iter().map(|service| service.routed().collect()).collect();
        Self { services: services.to_vec(), operations, functions, router, routed }
    }

    /// The services in table order.
    pub fn services(&self) -> &[&'static Service] {
        &self.services
    }

    /// The service called `name`.
    pub fn service(&self, name: &str) -> Option<&'static Service> {
        self.services.iter().find(|service| service.name == name).copied()
    }

    /// An operation by the names of service and operation.
    pub fn operation(&self, service: &str, operation: &str) -> Option<(&'static Service, &'static Entry)> {
        self.operations.get(&(service, operation)).copied()
    }

    /// The short way to functions, if a service here runs them.
    pub(crate) fn functions(&self) -> Option<ShortWay> {
        self.functions
    }

    /// The CloudFormation resource type called `name`, and its service.
    pub fn resource_type(&self, name: &str) -> Option<(&'static Service, &'static dyn ResourceType)> {
        self.services.iter().find_map(|service| {
            let found = service.resources.iter().find(|resource| resource.name() == name)?;
            Some((*service, *found))
        })
    }

    /// The service and operation that the router found.
    pub(crate) fn routed(&self, service: usize, operation: usize) -> (&'static Service, &'static Entry) {
        (self.services[service], self.routed[service][operation])
    }

    /// The HTTP router.
    pub fn router(&self) -> &wire::Router {
        &self.router
    }
}

#[cfg(test)]
mod tests {
    use shape::Doc;

    use super::*;
    use crate::operation::Kind;

    const fn line(name: &'static str, internal: bool) -> Entry {
        Entry {
            name,
            kind: Kind::Read,
            http: None,
            action: name,
            open: false,
            internal,
            input: || shape::Schema::Document,
            output: || shape::Schema::Document,
            run: |_, _| Box::pin(async { Ok(Doc::Null) }),
        }
    }

    static SERVICE: Service = Service {
        name: "x",
        title: "X",
        signing_name: "x",
        protocols: &[Protocol::json_1_1("X")],
        operations: &[line("A", false), line("B", true), line("C", false)],
        resources: &[],
        jobs: &[],
        plane: None,
        words: Words::JSON,
    };

    /// An operation that only the cloud calls had shifted those behind it.
    #[test]
    fn the_router_knows_the_operations_of_the_api_by_their_places() {
        let registry = Registry::new(&[&SERVICE]);
        let names: Vec<_> = SERVICE.routes().operations.iter().map(|operation| operation.name).collect();
        assert_eq!(names, ["A", "C"]);
        assert_eq!(registry.routed(0, 1).1.name, "C");
        assert!(registry.operation("x", "B").is_some());
    }
}
