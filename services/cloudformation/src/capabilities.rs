//! What a template may only do when the caller says so: change IAM.

use cfn::template::Template;
use serde_json::Value;

use cfn::expr::Expr;

use crate::error::Error;

pub(crate) const IAM: &str = "CAPABILITY_IAM";
pub(crate) const NAMED_IAM: &str = "CAPABILITY_NAMED_IAM";

/// The resource types that need a capability, with the property that gives the thing a name of the caller's choice.
/// From the AWS documentation of CreateStack, "Capabilities".
const TYPES: &[(&str, Option<&str>)] = &[
    ("AWS::IAM::AccessKey", None),
    ("AWS::IAM::Group", Some("GroupName")),
    ("AWS::IAM::InstanceProfile", Some("InstanceProfileName")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Policy", None),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::IAM::User", Some("UserName")),
    ("AWS::IAM::UserToGroupAddition", None),
];

/// What a template needs.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Needed {
    /// The capability, if any.
    pub(crate) capability: Option<&'static str>,
    /// The types that need it, each once.
    pub(crate) types: Vec<String>,
}

/// What `template` needs, whatever its conditions say.
pub(crate) fn needed(template: &Template) -> Needed {
    let mut needed = Needed::default();
    for resource in &template.resources {
        let Some((_, name)) = TYPES.iter().find(|(type_name, _)| *type_name == resource.type_name) else {
            continue;
        };
        if name.is_some_and(|name| has_property(&resource.properties, name)) {
            needed.capability = Some(NAMED_IAM);
        }
        needed.capability = needed.capability.or(Some(IAM));
        if !needed.types.contains(&resource.type_name) {
            needed.types.push(resource.type_name.clone());
        }
    }
    needed
}

fn has_property(properties: &Expr, name: &str) -> bool {
    match properties {
        Expr::Map(entries) => {
            entries.iter().any(|(key, value)| key == name && *value != Expr::Plain(Value::Null))
        }
        _ => false,
    }
}

/// Whether the `given` capabilities are enough for `template`.
pub(crate) fn check(template: &Template, given: &[String]) -> Result<(), Error> {
    let has = |wanted: &str| given.iter().any(|one| one == wanted);
    match needed(template).capability {
        Some(NAMED_IAM) if !has(NAMED_IAM) => Err(Error::InsufficientCapabilities(NAMED_IAM.to_owned())),
        Some(IAM) if !has(IAM) && !has(NAMED_IAM) => Err(Error::InsufficientCapabilities(IAM.to_owned())),
        _ => Ok(()),
    }
}

impl Needed {
    /// The sentence of ValidateTemplate and GetTemplateSummary.
    pub(crate) fn reason(&self) -> Option<String> {
        self.capability
            .map(|_| format!("The following resource(s) require capabilities: [{}]", self.types.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(resources: &str) -> Template {
        Template::parse(&format!("Resources: {{{resources}}}")).unwrap()
    }

    /// From the AWS documentation of CreateStack; the text was recorded at AWS (LocalStack's `test_template_engine`).
    #[test]
    fn iam_needs_a_capability_and_named_iam_its_own() {
        let plain = template("R: {Type: 'AWS::IAM::Role'}, Q: {Type: 'AWS::SQS::Queue'}");
        assert_eq!(needed(&plain).capability, Some(IAM));
        assert_eq!(
            needed(&plain).reason().as_deref(),
            Some("The following resource(s) require capabilities: [AWS::IAM::Role]")
        );
        let named = template("R: {Type: 'AWS::IAM::Role', Properties: {RoleName: r}}");
        assert_eq!(needed(&named).capability, Some(NAMED_IAM));
        assert_eq!(needed(&template("Q: {Type: 'AWS::SQS::Queue'}")), Needed::default());
        let given = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(check(&plain, &given(&[NAMED_IAM])).is_ok());
        assert!(check(&named, &given(&[IAM])).is_err());
        let text = cloud::ApiError::into_failure(check(&named, &[]).unwrap_err());
        assert_eq!(text.message(), "Requires capabilities : [CAPABILITY_NAMED_IAM]");
    }
}
