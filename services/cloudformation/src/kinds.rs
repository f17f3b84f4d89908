//! Resource types by name: those of the services, and custom ones.

use cloud::Cloud;
use cloud::resource::{Property, ResourceType};
use cloud::service::Service;
use serde_json::{Map, Value};

use crate::custom;

/// A resource type.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Of a service.
    Registered(&'static Service, &'static dyn ResourceType),
    /// A function of the user's makes it.
    Custom,
}

/// In a table of properties, or of attributes: every name.
pub(crate) const ANY: &str = "*";

/// The resource type called `name`.
pub(crate) fn find(cloud: &Cloud, name: &str) -> Option<Kind> {
    if is_custom(name) {
        return Some(Kind::Custom);
    }
    cloud.registry().resource_type(name).map(|(service, kind)| Kind::Registered(service, kind))
}

/// Whether a function of the user's makes resources of this type.
pub(crate) fn is_custom(name: &str) -> bool {
    name.starts_with("Custom::") || name == "AWS::CloudFormation::CustomResource"
}

impl Kind {
    /// The properties, with [`ANY`] when there may be others.
    pub(crate) fn properties(self) -> &'static [Property] {
        match self {
            Self::Registered(_, kind) => kind.properties(),
            Self::Custom => custom::PROPERTIES,
        }
    }

    /// Whether `Fn::GetAtt` can ask for an attribute. `Outputs.*` in a table stands for all that begin so.
    pub(crate) fn has_attribute(self, attribute: &str) -> bool {
        let matches = |known: &&str| match known.strip_suffix('*') {
            Some(front) => attribute.starts_with(front),
            None => *known == attribute,
        };
        match self {
            Self::Registered(_, kind) => kind.attributes().iter().any(matches),
            Self::Custom => true,
        }
    }

    /// Refuses values that are not supported.
    pub(crate) fn check(self, properties: &Map<String, Value>) -> Result<(), String> {
        match self {
            Self::Registered(_, kind) => kind.check(properties),
            Self::Custom => custom::check(properties),
        }
    }
}
