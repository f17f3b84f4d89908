//! `AWS::S3::Bucket`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, number, tag_list, unless,
};
use serde_json::{Map, Value, json};

/// `AWS::S3::Bucket`.
pub(crate) struct Bucket;

/// Longest name of a bucket.
const NAME_CHARS_MAX: usize = 63;

/// A property that is one configuration of the bucket.
struct Setting {
    property: &'static str,
    put: &'static str,
    /// The member of the operation's input.
    member: &'static str,
    delete: &'static str,
    /// From CloudFormation's form to that of the operation.
    convert: fn(&Value) -> Value,
}

const SETTINGS: &[Setting] = &[
    Setting {
        property: "BucketEncryption",
        put: "PutBucketEncryption",
        member: "ServerSideEncryptionConfiguration",
        delete: "DeleteBucketEncryption",
        convert: encryption,
    },
    Setting {
        property: "PublicAccessBlockConfiguration",
        put: "PutPublicAccessBlock",
        member: "PublicAccessBlockConfiguration",
        delete: "DeletePublicAccessBlock",
        convert: flags,
    },
    Setting {
        property: "OwnershipControls",
        put: "PutBucketOwnershipControls",
        member: "OwnershipControls",
        delete: "DeleteBucketOwnershipControls",
        convert: plain,
    },
    Setting {
        property: "CorsConfiguration",
        put: "PutBucketCors",
        member: "CORSConfiguration",
        delete: "DeleteBucketCors",
        convert: cors,
    },
    Setting {
        property: "LifecycleConfiguration",
        put: "PutBucketLifecycleConfiguration",
        member: "LifecycleConfiguration",
        delete: "DeleteBucketLifecycle",
        convert: lifecycle,
    },
    Setting {
        property: "WebsiteConfiguration",
        put: "PutBucketWebsite",
        member: "WebsiteConfiguration",
        delete: "DeleteBucketWebsite",
        convert: website,
    },
    Setting {
        property: "NotificationConfiguration",
        put: "PutBucketNotificationConfiguration",
        member: "NotificationConfiguration",
        // There is no operation that deletes it: an empty one takes its place.
        delete: "",
        convert: notification,
    },
];

#[async_trait]
impl ResourceType for Bucket {
    fn name(&self) -> &'static str {
        "AWS::S3::Bucket"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("AccelerateConfiguration"),
            Property::new("AccessControl"),
            Property::new("BucketEncryption"),
            Property::new("BucketName").replace(),
            Property::new("CorsConfiguration"),
            Property::new("LifecycleConfiguration"),
            Property::new("NotificationConfiguration"),
            Property::new("OwnershipControls"),
            Property::new("PublicAccessBlockConfiguration"),
            Property::new("Tags"),
            Property::new("VersioningConfiguration"),
            Property::new("WebsiteConfiguration"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        match properties.get("AccessControl") {
            None | Some(Value::Object(_)) => {}
            Some(Value::String(list)) if list == "Private" => {}
            Some(list) => return Err(format!("AccessControl {list}: access control lists are disabled")),
        }
        let status = |property: &str, name: &str| properties.get(property).and_then(|value| value.get(name));
        if status("VersioningConfiguration", "Status").is_some_and(|status| status == "Enabled") {
            return Err("VersioningConfiguration: versions of objects are not supported yet".to_owned());
        }
        if status("AccelerateConfiguration", "AccelerationStatus").is_some_and(|status| status == "Enabled") {
            return Err("AccelerateConfiguration: transfer acceleration is not supported".to_owned());
        }
        let rules = status("LifecycleConfiguration", "Rules").and_then(Value::as_array);
        for rule in rules.into_iter().flatten().filter_map(Value::as_object) {
            if let Some(member) = rule.keys().find(|member| !LIFECYCLE_MEMBERS.contains(&member.as_str())) {
                return Err(format!("LifecycleConfiguration: {member} is not supported"));
            }
        }
        Ok(())
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let ours = request.adopts("BucketName");
        let name = request
            .text("BucketName")
            .unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX).to_lowercase());
        make(cx, &name, ours).await?;
        configure(cx, request, &name, &Map::new()).await?;
        Ok(outcome(cx, name))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        configure(cx, request, &name, old).await?;
        Ok(outcome(cx, name))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteBucket", json!({"Bucket": request.physical()?})).await, "NoSuchBucket")
    }
}

async fn call(cx: &mut Cx, operation: &str, input: Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "s3", operation, &input).await
}

/// Makes the bucket. A bucket that is there already is the stack's own only if its name was generated for it, or if
/// the creation is repeated.
async fn make(cx: &mut Cx, name: &str, ours: bool) -> Result<(), Failure> {
    if !ours && call(cx, "HeadBucket", json!({"Bucket": name})).await.is_ok() {
        return Err(Failure::new("BucketAlreadyOwnedByYou", 409, format!("{name} already exists")));
    }
    let mut input = json!({"Bucket": name});
    if cx.region() != "us-east-1" {
        input["CreateBucketConfiguration"] = json!({"LocationConstraint": cx.region()});
    }
    adopt(call(cx, "CreateBucket", input).await, "BucketAlreadyOwnedByYou", ours)
}

async fn configure(
    cx: &mut Cx,
    request: &ResourceRequest,
    name: &str,
    old: &Map<String, Value>,
) -> Result<(), Failure> {
    for setting in SETTINGS {
        let wanted = request.property(setting.property);
        if wanted == old.get(setting.property) {
            continue;
        }
        let none = json!({});
        match wanted {
            None if !setting.delete.is_empty() => {
                call(cx, setting.delete, json!({"Bucket": name})).await?;
            }
            value => {
                let mut input = json!({"Bucket": name});
                input[setting.member] = (setting.convert)(value.unwrap_or(&none));
                call(cx, setting.put, input).await?;
            }
        }
    }
    call(
        cx,
        "PutBucketTagging",
        json!({"Bucket": name, "Tagging": {"TagSet": tag_list(&request.marked_tags())}}),
    )
    .await?;
    Ok(())
}

fn outcome(cx: &Cx, name: String) -> ResourceOutcome {
    let region = cx.region();
    let attributes = [
        ("Arn", format!("arn:aws:s3:::{name}")),
        ("DomainName", format!("{name}.s3.amazonaws.com")),
        ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com")),
        ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com")),
        ("WebsiteURL", format!("http://{name}.s3-website-{region}.amazonaws.com")),
    ];
    ResourceOutcome::new(name, attributes.map(|(name, value)| (name, Value::String(value))))
}

fn plain(value: &Value) -> Value {
    value.clone()
}

/// Templates may write booleans as text.
fn flags(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), flag_of(value))).collect())
}

fn flag_of(value: &Value) -> Value {
    value.as_str().and_then(|text| text.parse::<bool>().ok()).map_or_else(|| value.clone(), Value::Bool)
}

/// The member `from` of an object under the name `to`, made by `convert`.
fn renamed(value: &Value, names: &[(&str, &str)]) -> Value {
    let members = value.as_object().into_iter().flatten();
    let members = members.map(|(name, value)| {
        let to = names.iter().find(|(from, _)| from == name).map_or(name.as_str(), |(_, to)| to);
        (to.to_owned(), value.clone())
    });
    Value::Object(members.collect())
}

fn list(value: &Value, name: &str, convert: impl Fn(&Value) -> Value) -> Vec<Value> {
    value[name].as_array().into_iter().flatten().map(convert).collect()
}

fn encryption(value: &Value) -> Value {
    let names = &[("ServerSideEncryptionByDefault", "ApplyServerSideEncryptionByDefault")];
    json!({"Rules": list(value, "ServerSideEncryptionConfiguration", |rule| renamed(rule, names))})
}

fn cors(value: &Value) -> Value {
    let names = &[("Id", "ID"), ("ExposedHeaders", "ExposeHeaders"), ("MaxAge", "MaxAgeSeconds")];
    json!({"CORSRules": list(value, "CorsRules", |rule| renamed(rule, names))})
}

fn website(value: &Value) -> Value {
    let mut site = json!({});
    if let Some(suffix) = value.get("IndexDocument") {
        site["IndexDocument"] = json!({"Suffix": suffix});
    }
    if let Some(key) = value.get("ErrorDocument") {
        site["ErrorDocument"] = json!({"Key": key});
    }
    if let Some(all) = value.get("RedirectAllRequestsTo") {
        site["RedirectAllRequestsTo"] = all.clone();
    }
    if value.get("RoutingRules").is_some() {
        let names = &[("RoutingRuleCondition", "Condition"), ("RedirectRule", "Redirect")];
        site["RoutingRules"] = Value::Array(list(value, "RoutingRules", |rule| renamed(rule, names)));
    }
    site
}

/// CloudFormation writes one event for each configuration, and other names.
fn notification(value: &Value) -> Value {
    let kinds = [
        ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
        ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
    ];
    let mut out = json!({});
    for (from, destination, to, arn) in kinds {
        let configurations = list(value, from, |one| {
            let mut configuration = json!({"Events": [one["Event"]]});
            configuration[arn] = one[destination].clone();
            if let Some(filter) = one.get("Filter") {
                configuration["Filter"] = json!({"Key": {"FilterRules": filter["S3Key"]["Rules"]}});
            }
            configuration
        });
        if !configurations.is_empty() {
            out[to] = Value::Array(configurations);
        }
    }
    let bridge = value.get("EventBridgeConfiguration");
    // Enabled, unless it says otherwise.
    if bridge
        .is_some_and(|bridge| bridge.get("EventBridgeEnabled").is_none_or(|on| flag_of(on) != json!(false)))
    {
        out["EventBridgeConfiguration"] = json!({});
    }
    out
}

/// What a lifecycle rule may say here.
const LIFECYCLE_MEMBERS: &[&str] = &[
    "AbortIncompleteMultipartUpload",
    "ExpirationDate",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "Id",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionExpirationInDays",
    "ObjectSizeGreaterThan",
    "ObjectSizeLessThan",
    "Prefix",
    "Status",
    "TagFilters",
];

/// CloudFormation writes the conditions of a rule beside its actions, the API in a filter.
fn lifecycle(value: &Value) -> Value {
    json!({"Rules": list(value, "Rules", |rule| {
        let mut out = json!({"Status": rule["Status"]});
        if let Some(id) = rule.get("Id") {
            out["ID"] = id.clone();
        }
        match (rule.get("ExpirationInDays"), rule.get("ExpirationDate")) {
            (Some(days), _) => out["Expiration"] = json!({"Days": number(days)}),
            (None, Some(date)) => out["Expiration"] = json!({"Date": date}),
            (None, None) => {}
        }
        if let Some(flag) = rule.get("ExpiredObjectDeleteMarker") {
            out["Expiration"]["ExpiredObjectDeleteMarker"] = flag_of(flag);
        }
        match (rule.get("NoncurrentVersionExpirationInDays"), rule.get("NoncurrentVersionExpiration")) {
            (Some(days), _) => out["NoncurrentVersionExpiration"] = json!({"NoncurrentDays": number(days)}),
            (None, Some(rule)) => out["NoncurrentVersionExpiration"] = numbers(rule),
            (None, None) => {}
        }
        if let Some(abort) = rule.get("AbortIncompleteMultipartUpload") {
            out["AbortIncompleteMultipartUpload"] = json!({"DaysAfterInitiation": number(&abort["DaysAfterInitiation"])});
        }
        out["Filter"] = filter(rule);
        out
    })})
}

fn filter(rule: &Value) -> Value {
    let mut parts = Map::new();
    if let Some(prefix) = rule.get("Prefix") {
        parts.insert("Prefix".to_owned(), prefix.clone());
    }
    for name in ["ObjectSizeGreaterThan", "ObjectSizeLessThan"] {
        if let Some(size) = rule.get(name) {
            parts.insert(name.to_owned(), number(size));
        }
    }
    let tags = list(rule, "TagFilters", plain);
    match (parts.len(), &tags[..]) {
        (0 | 1, []) => Value::Object(parts),
        (0, [tag]) => json!({"Tag": tag}),
        (_, _) => {
            if !tags.is_empty() {
                parts.insert("Tags".to_owned(), Value::Array(tags));
            }
            json!({"And": parts})
        }
    }
}

fn numbers(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten();
    Value::Object(members.map(|(name, value)| (name.clone(), number(value))).collect())
}
