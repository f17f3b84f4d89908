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
