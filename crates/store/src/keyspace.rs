//! Every key prefix of the platform, in one list.
//!
//! A prefix is two bytes: the owner and the kind of row. A prefix that was ever released is never
//! given another meaning; a retired one stays in the list with the word "retired".

/// The two bytes that begin every key of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(pub [u8; 2]);

/// Declares each prefix as a constant and puts it in [`ALL`], so that the list cannot miss one.
macro_rules! prefixes {
    ($($(#[doc = $doc:literal])+ $name:ident = $owner:literal, $kind:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: Prefix = Prefix([$owner, $kind]);)+

        /// All prefixes with their names.
        pub const ALL: &[(&str, Prefix)] = &[$((stringify!($name), $name)),+];
    };
}

// Owners: 0x01 system, 0x02 outbox, 0x03 timer, 0x04 identity, 0x05 audit and trace, 0x06 blobs,
// 0x10 sqs, 0x11 s3, 0x12 logs, 0x13 lambda, 0x14 apigateway, 0x15 apigatewayv2,
// 0x16 cloudformation, 0x17 ssm, 0x18 iam, 0x19 sts, 0x1a dynamodb, 0x1b events, 0x1c sns, 0x1d kinesis, 0x1e scheduler, 0x1f pipes, 0x20 to 0x3f services to come, 0xf0 tests.
prefixes! {
    /// Facts about the data folder itself: its format, its account, its keys.
    SYSTEM = 0x01, 0x01;
    /// What one node at a time does, by name.
    SYSTEM_LEASE = 0x01, 0x02;
    /// Mails and text messages to people, by account, region and time.
    SYSTEM_INBOX = 0x01, 0x03;
    /// How far the shards of streams are read for whom, by feed and shard.
    SYSTEM_FEED_SHARD = 0x01, 0x04;
    /// Deliveries that wait or are leased.
    OUTBOX_READY = 0x02, 0x01;
    /// Deliveries that were given up.
    OUTBOX_DEAD = 0x02, 0x02;
    /// What the deliveries carry.
    OUTBOX_BODY = 0x02, 0x03;
    /// Timers by the time at which they are due.
    TIMER_DUE = 0x03, 0x01;
    /// The due time of each timer, by its name.
    TIMER_NAME = 0x03, 0x02;
    /// IAM users, by account and name.
    IDENTITY_USER = 0x04, 0x01;
    /// IAM groups, by account and name.
    IDENTITY_GROUP = 0x04, 0x02;
    /// Roles, by account and name.
    IDENTITY_ROLE = 0x04, 0x03;
    /// Managed policies, by account and name.
    IDENTITY_POLICY = 0x04, 0x04;
    /// Long-term access keys, by their id.
    IDENTITY_ACCESS_KEY = 0x04, 0x05;
    /// Instance profiles, by account and name.
    IDENTITY_INSTANCE_PROFILE = 0x04, 0x06;
    /// The alias of each account.
    IDENTITY_ALIAS = 0x04, 0x07;
    /// The secret behind temporary credentials.
    IDENTITY_SECRET = 0x04, 0x08;
    /// One record for each call: audit and trace.
    TRACE = 0x05, 0x01;
    /// How many owners each blob has.
    BLOB_OWNERS = 0x06, 0x01;
    /// Blobs that nobody owns any more, by the time at which that happened.
    BLOB_DEAD = 0x06, 0x02;
    /// SQS queues, by account, region and name.
    SQS_QUEUE = 0x10, 0x01;
    /// SQS messages, by the queue's id.
    SQS_MESSAGE = 0x10, 0x02;
    /// What FIFO queues know of messages sent in the last minutes, by queue and deduplication id.
    SQS_DEDUPLICATION = 0x10, 0x03;
    /// Tasks that move messages out of dead-letter queues, by account, region, queue, time and id.
    SQS_MOVE_TASK = 0x10, 0x04;
    /// What receivers of FIFO queues got in the last minutes, by queue and attempt id.
    SQS_ATTEMPT = 0x10, 0x05;
    /// Log groups, by account, region and name.
    LOGS_GROUP = 0x12, 0x01;
    /// Log streams, by group and name.
    LOGS_STREAM = 0x12, 0x02;
    /// Log events, by group, stream, time and stamp.
    LOGS_EVENT = 0x12, 0x03;
    /// Counters of the bytes of log groups.
    LOGS_BYTES = 0x12, 0x04;
    /// Policies of accounts for their log groups, by account, region and name.
    LOGS_POLICY = 0x12, 0x10;
    /// Subscription filters, by group and name.
    LOGS_SUBSCRIPTION = 0x12, 0x05;
    /// REST APIs, by id.
    APIGATEWAY_API = 0x14, 0x01;
    /// Parts of REST APIs, by API, kind and id: resources, deployments, stages, models and so on.
    APIGATEWAY_PART = 0x14, 0x02;
    /// The settings of accounts for API Gateway.
    APIGATEWAY_ACCOUNT = 0x14, 0x03;
    /// HTTP APIs, by id.
    APIGATEWAYV2_API = 0x15, 0x01;
    /// Parts of HTTP APIs, by API, kind and id: routes, integrations, stages and so on.
    APIGATEWAYV2_PART = 0x15, 0x02;
    /// CloudFormation stacks, by account, region, name and id.
    CFN_STACK = 0x16, 0x01;
    /// Resources of stacks, by stack and logical id.
    CFN_RESOURCE = 0x16, 0x02;
    /// Events of stacks, by stack and number.
    CFN_EVENT = 0x16, 0x03;
    /// Change sets, by stack and name.
    CFN_CHANGE_SET = 0x16, 0x04;
    /// The texts of templates, by id, in pieces.
    CFN_TEMPLATE = 0x16, 0x05;
    /// Exported outputs, by account, region and name.
    CFN_EXPORT = 0x16, 0x06;
    /// Uses of exported outputs, by account, region, name and importing stack.
    CFN_IMPORT = 0x16, 0x07;
    /// Parameters, by account, region and name.
    SSM_PARAMETER = 0x17, 0x01;
    /// Versions of parameters, by account, region, name and number.
    SSM_VERSION = 0x17, 0x02;
    /// Buckets, by name.
    S3_BUCKET = 0x11, 0x01;
    /// Objects, by bucket and key.
    S3_OBJECT = 0x11, 0x02;
    /// Uploads in parts that are not finished, by bucket, key and id.
    S3_UPLOAD = 0x11, 0x03;
    /// Parts of such uploads, by upload id and number.
    S3_PART = 0x11, 0x04;
    /// Lambda functions with their `$LATEST`, by account, region and name.
    LAMBDA_FUNCTION = 0x13, 0x01;
    /// Published versions of functions, by function and number.
    LAMBDA_VERSION = 0x13, 0x02;
    /// Aliases of functions, by function and name.
    LAMBDA_ALIAS = 0x13, 0x03;
    /// Function URLs, by their id.
    LAMBDA_URL = 0x13, 0x04;
    /// Layer versions, by account, region, name and number.
    LAMBDA_LAYER_VERSION = 0x13, 0x05;
    /// The next version of each layer.
    LAMBDA_LAYER = 0x13, 0x06;
    /// Asynchronous invocations that failed and wait to be tried again, by request id.
    LAMBDA_EVENT = 0x13, 0x07;
    /// Provisioned concurrency, by function and qualifier.
    LAMBDA_PROVISIONED = 0x13, 0x08;
    /// Event source mappings, by account, region and id.
    LAMBDA_MAPPING = 0x13, 0x09;
    /// DynamoDB tables, by account, region and name.
    DYNAMODB_TABLE = 0x1a, 0x01;
    /// Items, by the table's space, the hash of the partition key and the sort key.
    DYNAMODB_ITEM = 0x1a, 0x02;
    /// Entries of secondary indexes and of expiry, by space and number of the index.
    DYNAMODB_INDEX = 0x1a, 0x03;
    /// How many items and bytes tables and indexes hold.
    DYNAMODB_COUNT = 0x1a, 0x04;
    /// Streams, by account, region, table and label.
    DYNAMODB_STREAM = 0x1a, 0x05;
    /// Records of streams, by the stream's id, in commit order.
    DYNAMODB_RECORD = 0x1a, 0x06;
    /// What writes replaced, for restores to a point in time, by the table's space, in commit order.
    DYNAMODB_HISTORY = 0x1a, 0x07;
    /// Backups, by account, region and ARN suffix.
    DYNAMODB_BACKUP = 0x1a, 0x08;
    /// Work that goes on in slices: backfills, copies, removals.
    DYNAMODB_WORK = 0x1a, 0x09;
    /// Client tokens of the last minutes, with what was asked under them.
    DYNAMODB_TOKEN = 0x1a, 0x0a;
    /// Exports to S3, by account, region, table and id.
    DYNAMODB_EXPORT = 0x1a, 0x0b;
    /// Imports from S3, by account, region, table and id.
    DYNAMODB_IMPORT = 0x1a, 0x0c;
    /// Changes that are not yet in Kinesis, by the stream's ARN, in commit order.
    DYNAMODB_UNREPLICATED = 0x1a, 0x0d;
    /// Rows of the store's own tests.
    TEST_TABLE = 0xf0, 0x01;
    /// Rows of the store's own tests.
    TEST_QUEUE = 0xf0, 0x02;
    /// Rows of the store's own tests.
    TEST_LOG = 0xf0, 0x03;
    /// Rows of the store's own tests.
    TEST_PLAIN = 0xf0, 0x04;
    /// Event buses, by account, region and name.
    EVENTS_BUS = 0x1b, 0x01;
    /// Rules with their targets, by account, region, bus and name.
    EVENTS_RULE = 0x1b, 0x02;
    /// Archives of events, by account, region and name.
    EVENTS_ARCHIVE = 0x1b, 0x03;
    /// Archived events, by the archive's id, in the order in which they came.
    EVENTS_ARCHIVED = 0x1b, 0x04;
    /// How many events and bytes an archive has, by its id.
    EVENTS_ARCHIVE_COUNTER = 0x1b, 0x05;
    /// Replays, by account, region and name.
    EVENTS_REPLAY = 0x1b, 0x06;
    /// SNS topics, by account, region and name.
    SNS_TOPIC = 0x1c, 0x01;
    /// Subscriptions, by account, region, topic and id.
    SNS_SUBSCRIPTION = 0x1c, 0x02;
    /// What FIFO topics remember of the last minutes, by the topic's id and the deduplication id.
    SNS_DEDUPLICATION = 0x1c, 0x03;
    /// The next number of each FIFO topic, by its id.
    SNS_SEQUENCE = 0x1c, 0x04;
    /// The key that signs notifications.
    SNS_SIGNER = 0x1c, 0x05;
    /// Settings of text messages, by account and region.
    SNS_SMS = 0x1c, 0x06;
    /// Connections with their secrets, by account, region and name.
    EVENTS_CONNECTION = 0x1b, 0x07;
    /// API destinations, by account, region and name.
    EVENTS_DESTINATION = 0x1b, 0x08;
    /// Groups of schedules, by account, region and name.
    SCHEDULER_GROUP = 0x1e, 0x01;
    /// Schedules, by account, region, group and name.
    SCHEDULER_SCHEDULE = 0x1e, 0x02;
    /// Client tokens of the last minutes, by account, region and token.
    SCHEDULER_TOKEN = 0x1e, 0x03;
    /// Pipes, by account, region and name.
    PIPES_PIPE = 0x1f, 0x01;
    /// Kinesis streams, by account, region and name.
    KINESIS_STREAM = 0x1d, 0x01;
    /// Shards of streams, by the stream's id and number.
    KINESIS_SHARD = 0x1d, 0x02;
    /// Records of shards, by account, region, stream, shard and the stream's id, in commit order.
    KINESIS_RECORD = 0x1d, 0x03;
    /// Registered consumers, by the stream's id and name.
    KINESIS_CONSUMER = 0x1d, 0x04;
    /// Shards whose records have to be removed.
    KINESIS_REMOVAL = 0x1d, 0x05;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_has_two_meanings() {
        let mut seen = std::collections::BTreeMap::new();
        for (name, prefix) in ALL {
            if let Some(other) = seen.insert(prefix, name) {
                panic!("{name} and {other} share {prefix:?}");
            }
            assert!(prefix.0[0] != 0 && prefix.0[0] != 0xff, "{name}: 0x00 and 0xff are reserved");
        }
    }
}
