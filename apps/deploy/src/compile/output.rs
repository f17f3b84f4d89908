//! What the compiler has made so far.

use serde_json::{Map, Value};

use crate::problem::Problem;

/// The logical id of the role that all functions share.
pub(super) const ROLE: &str = "IamRoleLambdaExecution";

/// The growing template, and what went wrong on the way.
#[derive(Default)]
pub(super) struct Output {
    pub(super) resources: Map<String, Value>,
    pub(super) outputs: Map<String, Value>,
    pub(super) problems: Vec<Problem>,
    pub(super) notices: Vec<Problem>,
}

impl Output {
    /// Puts a resource; a later one with the same id takes the place of the earlier.
    pub(super) fn put(&mut self, id: impl Into<String>, resource: Value) {
        self.resources.insert(id.into(), resource);
    }

    /// Puts a stack output.
    pub(super) fn put_output(&mut self, id: impl Into<String>, output: Value) {
        self.outputs.insert(id.into(), output);
    }

    /// The statements of the role's policy, if the stack makes the role.
    pub(super) fn statements(&mut self) -> Option<&mut Vec<Value>> {
        self.resources
            .get_mut(ROLE)?
            .pointer_mut("/Properties/Policies/0/PolicyDocument/Statement")?
            .as_array_mut()
    }

    /// Adds a statement to the role's policy, if the stack makes the role.
    pub(super) fn allow(&mut self, statement: Value) {
        if let Some(statements) = self.statements() {
            statements.push(statement);
        }
    }

    /// The same, unless the policy has the very same statement already.
    pub(super) fn allow_once(&mut self, statement: Value) {
        if let Some(statements) = self.statements()
            && !statements.contains(&statement)
        {
            statements.push(statement);
        }
    }

    /// Lets one more service assume the role.
    pub(super) fn trust(&mut self, principal: &str) {
        let services = self
            .resources
            .get_mut(ROLE)
            .and_then(|role| {
                role.pointer_mut("/Properties/AssumeRolePolicyDocument/Statement/0/Principal/Service")
            })
            .and_then(Value::as_array_mut);
        if let Some(services) = services {
            services.push(principal.into());
        }
    }
}
