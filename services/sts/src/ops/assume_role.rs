//! AssumeRole.

use cloud::access;
use cloud::caller::Principal;
use cloud::identity::aws_policy;
use cloud::identity::record::{self, ManagedPolicy, Role, role_of_arn};
use cloud::identity::session::{Sealer, Wanted};
use cloud::prelude::*;
use iampolicy::{Kind as PolicyKind, Policy, SESSION_POLICY_CHARACTERS_MAX};
use store::layer::table;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::tags::{self, SessionTags, Tag};

/// How long sessions last unless the request says otherwise.
const SECONDS_DEFAULT: i32 = 3_600;
/// A session that is made with another session lasts at most this long.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>, "DurationSeconds".
const CHAINED_SECONDS_MAX: i32 = 3_600;
/// Most managed policies of a session.
const POLICY_ARNS_MAX: usize = 10;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    role_arn: String,
    #[shape(len = 2..=64, pattern = r"[\w+=,.@-]*")]
    role_session_name: String,
    policy_arns: Option<Vec<PolicyDescriptor>>,
    #[shape(len = 1..=2048)]
    policy: Option<String>,
    #[shape(range = 900..=43200)]
    duration_seconds: Option<i32>,
    tags: Option<Vec<Tag>>,
    transitive_tag_keys: Option<Vec<String>>,
    #[shape(len = 2..=1224, pattern = r"[\w+=,.@:\/-]*")]
    external_id: Option<String>,
    #[shape(len = 9..=256)]
    serial_number: Option<String>,
    #[shape(len = 6..=6)]
    token_code: Option<String>,
    #[shape(len = 2..=64)]
    source_identity: Option<String>,
    provided_contexts: Option<Vec<ProvidedContext>>,
}

/// A managed policy that narrows the session.
#[derive(Shape)]
pub(crate) struct PolicyDescriptor {
    #[shape(name = "arn", len = 20..=2048)]
    arn: Option<String>,
}

/// A context assertion of IAM Identity Center.
#[derive(Shape)]
pub(crate) struct ProvidedContext {
    provider_arn: Option<String>,
    context_assertion: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    credentials: Credentials,
    assumed_role_user: AssumedRoleUser,
    packed_policy_size: Option<i32>,
}

/// The session as a principal.
#[derive(Shape)]
pub(crate) struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

/// Temporary credentials of a role, for those whom its trust policy allows.
///
/// Differs from AWS: the root user may assume roles that trust its account. Managed policies of the account that
/// narrow a session count as they were when it was made. Source identities, second factors and provided contexts are
/// refused.
pub(crate) struct AssumeRole;

impl Operation for AssumeRole {
    const NAME: &'static str = "AssumeRole";
    const KIND: Kind = Kind::Read;
    // `run` asks the trust policy, together with the caller's own policies.
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let arn: Result<Arn, _> = input.role_arn.parse();
        arn.map(Resource::One).map_err(|_| Error::Validation(format!("{} is invalid", input.role_arn)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        refuse_unsupported(&input)?;
        let role = find(cx, &input.role_arn).await?;
        let tags = tags::of_request(cx.caller(), input.tags, input.transitive_tag_keys)?;
        let request = conditions(&input.role_session_name, input.external_id, &tags);
        access::decide_trust(cx, "sts:AssumeRole", &input.role_arn, &role.trust, &request).await?;
        if !tags.all.is_empty() {
            access::decide_trust(cx, "sts:TagSession", &input.role_arn, &role.trust, &request).await?;
        }
        let seconds = duration(cx, &role, input.duration_seconds)?;
        let policies = policies(cx, &role.account, input.policy, input.policy_arns).await?;
        let wanted = Wanted {
            session_name: &input.role_session_name,
            duration_seconds: seconds.into(),
            policies: &policies,
            tags: &tags.all,
            transitive_tags: &tags.transitive,
        };
        let principal = Principal::AssumedRole {
            role: role.name.as_str().into(),
            path: role.path.as_str().into(),
            id: role.id.as_str().into(),
            session: input.role_session_name.as_str().into(),
        };
        let sessions = cx.cloud().identities().sessions();
        let issued = sessions.issue(cx.now(), cx.chance(), &role.account, &principal, wanted)?;
        let packed = !policies.is_empty() || !tags.all.is_empty();
        let percent = i32::try_from(Sealer::packed_percent(&wanted)).unwrap_or(i32::MAX);
        let session = &input.role_session_name;
        Ok(Output {
            credentials: issued.into(),
            assumed_role_user: AssumedRoleUser {
                assumed_role_id: format!("{}:{session}", role.id),
                arn: format!("arn:aws:sts::{}:assumed-role/{}/{session}", role.account, role.name),
            },
            packed_policy_size: packed.then_some(percent),
        })
    }
}

fn refuse_unsupported(input: &Input) -> Result<(), Error> {
    if input.serial_number.is_some() || input.token_code.is_some() {
        return Err(Error::AccessDenied(
            "MultiFactorAuthentication failed, there are no MFA devices here.".into(),
        ));
    }
    let unsupported = if input.source_identity.is_some() {
        "SourceIdentity"
    } else if input.provided_contexts.as_ref().is_some_and(|contexts| !contexts.is_empty()) {
        "ProvidedContexts"
    } else {
        return Ok(());
    };
    Err(Error::InvalidParameterValue(format!("{unsupported} is not supported by this cloud.")))
}

/// The role. AWS does not tell a missing one from one that may not be assumed.
async fn find(cx: &mut Cx, arn: &str) -> Result<Role, Error> {
    let role = match role_of_arn(arn) {
        Some((account, name)) => table::get::<Role>(cx.tx(), record::key(account, name)).await?,
        None => None,
    };
    role.filter(|role| role.arn() == arn).ok_or_else(|| {
        let caller = cx.caller().arn();
        Error::AccessDenied(format!(
            "User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        ))
    })
}

fn conditions(session_name: &str, external_id: Option<String>, tags: &SessionTags) -> Conditions {
    let mut conditions: Conditions = vec![("sts:RoleSessionName", vec![session_name.to_owned()])];
    if let Some(id) = external_id {
        conditions.push(("sts:ExternalId", vec![id]));
    }
    if !tags.all.is_empty() {
        conditions.push(access::request_tags(tags.all.iter().map(|(key, value)| (key, value))));
    }
    if !tags.transitive.is_empty() {
        conditions.push(("sts:TransitiveTagKeys", tags.transitive.clone()));
    }
    conditions
}

fn duration(cx: &Cx, role: &Role, asked: Option<i32>) -> Result<i32, Error> {
    let seconds = asked.unwrap_or(SECONDS_DEFAULT);
    if matches!(cx.caller().principal, Principal::AssumedRole { .. }) && seconds > CHAINED_SECONDS_MAX {
        return Err(Error::Validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.".into(),
        ));
    }
    if seconds > role.max_session_seconds {
        return Err(Error::Validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".into(),
        ));
    }
    Ok(seconds)
}

/// All session policies.
async fn policies(
    cx: &mut Cx,
    account: &str,
    inline: Option<String>,
    arns: Option<Vec<PolicyDescriptor>>,
) -> Result<Vec<String>, Error> {
    let arns: Vec<String> =
        arns.unwrap_or_default().into_iter().filter_map(|descriptor| descriptor.arn).collect();
    if arns.len() > POLICY_ARNS_MAX {
        return Err(Error::Validation(format!(
            "A session can have at most {POLICY_ARNS_MAX} managed policies."
        )));
    }
    let plain: usize = inline.iter().chain(&arns).map(|text| text.chars().count()).sum();
    if plain > SESSION_POLICY_CHARACTERS_MAX {
        return Err(Error::PackedPolicyTooLarge(format!(
            "The session policies have {plain} characters; at most {SESSION_POLICY_CHARACTERS_MAX} are allowed."
        )));
    }
    let mut policies = Vec::new();
    if let Some(document) = inline {
        Policy::parse(&document, PolicyKind::Inline)?;
        policies.push(document);
    }
    for arn in arns {
        let missing = || Error::InvalidParameterValue(format!("The policy {arn} does not exist."));
        policies.push(managed(cx, account, &arn).await?.ok_or_else(missing)?);
    }
    Ok(policies)
}

/// A managed policy for a session: the ARN of one of AWS, the text of one of the role's account.
async fn managed(cx: &mut Cx, account: &str, arn: &str) -> Result<Option<String>, Error> {
    if aws_policy(arn).is_some() {
        return Ok(Some(arn.to_owned()));
    }
    let name = arn.rsplit('/').next().unwrap_or_default();
    let policy: Option<ManagedPolicy> = table::get(cx.tx(), record::key(account, name)).await?;
    let policy = policy.filter(|policy| policy.arn() == arn);
    Ok(policy.and_then(|policy| policy.default_document().map(ToString::to_string)))
}
