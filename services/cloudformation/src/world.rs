//! What the rows of a stack answer to the functions of its template.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use cfn::Invalid;
use cfn::eval::Resolver;
use serde_json::Value;

use crate::keys::ResourceRow;
use crate::kinds;

/// The resources and exports that a template's functions may ask for.
pub(crate) struct World<'a> {
    rows: &'a BTreeMap<String, ResourceRow>,
    exports: &'a BTreeMap<String, String>,
    /// Resources whose values are not known yet although there is a row.
    unknown: BTreeSet<String>,
    imports: Mutex<BTreeSet<String>>,
}

impl<'a> World<'a> {
    pub(crate) fn new(
        rows: &'a BTreeMap<String, ResourceRow>,
        exports: &'a BTreeMap<String, String>,
    ) -> Self {
        Self { rows, exports, unknown: BTreeSet::new(), imports: Mutex::default() }
    }

    /// From now on, the values of this resource are not known.
    pub(crate) fn forget(&mut self, resource: &str) {
        self.unknown.insert(resource.to_owned());
    }

    /// The exports that were asked for.
    pub(crate) fn imports(self) -> BTreeSet<String> {
        self.imports.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn row(&self, resource: &str) -> Option<&ResourceRow> {
        self.rows.get(resource).filter(|_| !self.unknown.contains(resource))
    }
}

impl Resolver for World<'_> {
    fn reference(&self, resource: &str) -> Option<Value> {
        let current = self.row(resource)?.current.as_ref()?;
        Some(Value::String(current.physical_id.clone()))
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, Invalid> {
        let row = self.row(resource);
        let found = row.and_then(|row| row.current.as_ref()).and_then(|it| it.attributes.get(attribute));
        found.cloned().ok_or_else(|| match row {
            Some(row) if kinds::is_custom(&row.type_name) => Invalid::new(format!(
                "CustomResource attribute error: Vendor response doesn't contain {attribute} attribute"
            )),
            _ => no_attribute(resource, attribute),
        })
    }

    fn import(&self, export: &str) -> Option<Value> {
        let value = self.exports.get(export)?;
        let mut imports = self.imports.lock().unwrap_or_else(PoisonError::into_inner);
        imports.insert(export.to_owned());
        Some(Value::String(value.clone()))
    }

    /// Differs from AWS: every region has the zones a, b and c.
    fn zones(&self, region: &str) -> Vec<String> {
        ["a", "b", "c"].map(|zone| format!("{region}{zone}")).into()
    }
}

pub(crate) fn no_attribute(resource: &str, attribute: &str) -> Invalid {
    Invalid::new(format!(
        "Template error: resource {resource} does not support attribute type {attribute} in Fn::GetAtt"
    ))
}
