//! Rules for parameters that go together or exclude each other.

use crate::Error;

/// The names of the parameters of a request that are present, in DynamoDB's order for the operation.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    /// All expressions that the operation has, each with whether it is present.
    pub expressions: &'a [(&'a str, bool)],
    /// All legacy parameters that the operation has, each with whether it is present.
    pub legacy: &'a [(&'a str, bool)],
    /// Whether `ExpressionAttributeNames` is present.
    pub names: bool,
    /// Whether `ExpressionAttributeValues` is present.
    pub values: bool,
}

impl Parameters<'_> {
    /// Refuses legacy parameters beside expressions, and placeholders without an expression.
    pub fn check(&self) -> Result<(), Error> {
        let expressions = present(self.expressions);
        let mut legacy = present(self.legacy);
        // The legacy key conditions go with new filters and projections.
        if !expressions.contains(&"KeyConditionExpression") {
            legacy.retain(|name| *name != "KeyConditions");
        }
        if !expressions.is_empty() && !legacy.is_empty() {
            let (legacy, expressions) = (legacy.join(", "), expressions.join(", "));
            return Err(Error::validation(format!(
                "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {{{legacy}}} Expression parameters: {{{expressions}}}"
            )));
        }
        if self.names && expressions.is_empty() {
            return Err(Error::validation(
                "ExpressionAttributeNames can only be specified when using expressions",
            ));
        }
        let with_values = || self.expressions.iter().filter(|(name, _)| *name != "ProjectionExpression");
        let names: Vec<_> = with_values().map(|(name, _)| *name).collect();
        if self.values && !names.is_empty() && with_values().all(|(_, present)| !present) {
            let verb = if names.len() > 1 { "are" } else { "is" };
            let names = names.join(" and ");
            return Err(Error::validation(format!(
                "ExpressionAttributeValues can only be specified when using expressions: {names} {verb} null"
            )));
        }
        Ok(())
    }
}

fn present<'a>(parameters: &[(&'a str, bool)]) -> Vec<&'a str> {
    parameters.iter().filter(|(_, present)| *present).map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        expressions: &[(&str, bool)],
        legacy: &[(&str, bool)],
        names: bool,
        values: bool,
    ) -> Result<(), String> {
        Parameters { expressions, legacy, names, values }.check().map_err(|error| error.to_string())
    }

    /// The texts of `nubo-db/dynamodb-conformance` and of ExtendDB's tests (test_conditional_operator.py), both run
    /// against DynamoDB.
    #[test]
    fn legacy_parameters_do_not_mix_with_expressions() {
        let legacy = [("QueryFilter", true), ("ConditionalOperator", true), ("KeyConditions", true)];
        let all =
            [("ProjectionExpression", true), ("FilterExpression", true), ("KeyConditionExpression", true)];
        assert_eq!(
            check(&all, &legacy, false, false).unwrap_err(),
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {QueryFilter, ConditionalOperator, KeyConditions} Expression parameters: {ProjectionExpression, FilterExpression, KeyConditionExpression}"
        );
        let filter = [("FilterExpression", true), ("KeyConditionExpression", false)];
        assert_eq!(check(&filter, &[("KeyConditions", true)], false, true), Ok(()));
    }

    #[test]
    fn placeholders_need_an_expression() {
        assert_eq!(
            check(&[("ConditionExpression", false)], &[], false, true).unwrap_err(),
            "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"
        );
        let update = [("UpdateExpression", false), ("ConditionExpression", false)];
        assert_eq!(
            check(&update, &[("Expected", true)], false, true).unwrap_err(),
            "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null"
        );
        assert_eq!(
            check(&update, &[], true, false).unwrap_err(),
            "ExpressionAttributeNames can only be specified when using expressions"
        );
        assert_eq!(check(&[("ProjectionExpression", true)], &[], true, false), Ok(()));
    }
}
