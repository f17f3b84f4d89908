//! Every limit with its source.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>

/// "The maximum item size in DynamoDB is 400 KB", names included.
pub const ITEM_BYTES_MAX: usize = 409_600;

/// "DynamoDB supports nested attributes up to 32 levels deep"; the attribute itself is the first level.
pub const NESTING_LEVELS_MAX: usize = 32;

/// "The maximum length of a partition key value is 2048 bytes".
pub const PARTITION_KEY_BYTES_MAX: usize = 2048;

/// "The maximum length of a sort key value is 1024 bytes".
pub const SORT_KEY_BYTES_MAX: usize = 1024;

/// "Numbers can have up to 38 digits of precision".
pub const NUMBER_DIGITS_MAX: u32 = 38;

/// The exponent of the largest number, 9.99…E+125.
pub const NUMBER_EXPONENT_MAX: i64 = 125;

/// The exponent of the smallest number, 1E-130.
pub const NUMBER_EXPONENT_MIN: i64 = -130;

/// "The maximum length of any expression string is 4 KB".
pub const EXPRESSION_BYTES_MAX: usize = 4096;

/// "The maximum number of operators or functions allowed in an UpdateExpression is 300"; other expressions have the
/// same limit. `AND`, `OR` and `NOT` do not count.
pub const OPERATORS_MAX: usize = 300;

/// "The maximum number of operands for the IN comparator is 100".
pub const IN_OPERANDS_MAX: usize = 100;

/// "The maximum length of … any one expression attribute name or value … is 255 bytes".
pub const PLACEHOLDER_BYTES_MAX: usize = 255;

/// How deep parentheses may nest in a condition. More than this cannot be needed for [`OPERATORS_MAX`] operators, and
/// it bounds the stack that evaluating takes.
pub const PARENTHESES_MAX: usize = 300;

/// How deep function calls, and in updates parentheses, may nest. AWS names no limit; this one bounds the stack that
/// parsing takes.
pub const CALLS_MAX: usize = 64;

/// The longest PartiQL statement (`PartiQLStatement` in the service's model).
pub const STATEMENT_CHARACTERS_MAX: usize = 8192;
