//! API keys and usage plans: their rules and how they are shown.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;
use crate::keys::{self, ApiKeyRow, Part, Quota, StageRow, Texts, Throttle, UsagePlanKeyRow, UsagePlanRow};
use crate::limits::API_KEY_CHARACTERS_MIN;

/// Characters of the ids of keys.
const KEY_ID_LENGTH: usize = 10;
/// Characters of values that are made up.
const VALUE_LENGTH: usize = 40;
const VALUE_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    id: String,
    value: Option<String>,
    name: Option<String>,
    customer_id: Option<String>,
    description: Option<String>,
    enabled: bool,
    created_date: Timestamp,
    last_updated_date: Timestamp,
    stage_keys: Vec<String>,
    tags: Option<Texts>,
}

impl ApiKey {
    /// A key, with its value or without.
    pub(crate) fn of(row: ApiKeyRow, with_value: bool) -> Self {
        Self {
            id: row.id,
            value: Some(row.value).filter(|_| with_value),
            name: row.name,
            customer_id: row.customer_id,
            description: row.description,
            enabled: row.enabled,
            created_date: Timestamp::from_millis(row.created_at_millis),
            last_updated_date: Timestamp::from_millis(row.updated_at_millis),
            stage_keys: row.stage_keys,
            tags: row.tags,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct StageKey {
    pub(crate) rest_api_id: Option<String>,
    pub(crate) stage_name: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct ApiStage {
    pub(crate) api_id: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) throttle: Option<std::collections::BTreeMap<String, ThrottleSettings>>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct ThrottleSettings {
    burst_limit: Option<i32>,
    rate_limit: Option<f64>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct QuotaSettings {
    limit: Option<i32>,
    offset: Option<i32>,
    period: Option<String>,
}

impl From<ThrottleSettings> for Throttle {
    fn from(settings: ThrottleSettings) -> Self {
        Self {
            rate_limit: settings.rate_limit.unwrap_or_default(),
            burst_limit: settings.burst_limit.unwrap_or_default(),
        }
    }
}

impl From<QuotaSettings> for Quota {
    fn from(settings: QuotaSettings) -> Self {
        Self {
            limit: settings.limit.unwrap_or_default(),
            offset: settings.offset.unwrap_or_default(),
            period: settings.period,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct UsagePlan {
    id: String,
    name: String,
    description: Option<String>,
    api_stages: Vec<ApiStage>,
    throttle: Option<ThrottleSettings>,
    quota: Option<QuotaSettings>,
    product_code: Option<String>,
    tags: Option<Texts>,
}

impl UsagePlan {
    pub(crate) fn of(row: UsagePlanRow) -> Self {
        let stages = row.api_stages.into_iter().map(|(api_id, stage)| ApiStage {
            api_id: Some(api_id),
            stage: Some(stage),
            throttle: None,
        });
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            api_stages: stages.collect(),
            throttle: row.throttle.map(|throttle| ThrottleSettings {
                burst_limit: Some(throttle.burst_limit),
                rate_limit: Some(throttle.rate_limit),
            }),
            quota: row.quota.map(|quota| QuotaSettings {
                limit: Some(quota.limit),
                offset: Some(quota.offset),
                period: quota.period,
            }),
            product_code: row.product_code,
            tags: row.tags,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct UsagePlanKey {
    id: String,
    #[shape(name = "type")]
    kind: String,
    value: Option<String>,
    name: Option<String>,
}

impl UsagePlanKey {
    pub(crate) fn of(row: ApiKeyRow) -> Self {
        Self { id: row.id, kind: "API_KEY".to_owned(), value: Some(row.value), name: row.name }
    }
}

/// The account and region of the caller, as keys and plans belong to it.
pub(crate) fn owner(cx: &Cx) -> String {
    keys::owner(cx.account(), cx.region())
}

/// A new id of a key.
pub(crate) fn key_id(cx: &Cx) -> String {
    cx.chance().text(proxyevent::apiid::ALPHABET, KEY_ID_LENGTH)
}

/// The value of a new key: the one that is asked for, or a made-up one. Values are unique, also between accounts.
pub(crate) async fn value(cx: &mut Cx, asked: Option<String>) -> Result<String, Error> {
    let Some(value) = asked else { return Ok(cx.chance().text(VALUE_ALPHABET, VALUE_LENGTH)) };
    if value.len() < API_KEY_CHARACTERS_MIN {
        return Err(Error::bad(format!(
            "API Key value should be at least {API_KEY_CHARACTERS_MIN} characters"
        )));
    }
    let owner = owner(cx);
    let others: Vec<ApiKeyRow> = api::parts(cx.tx(), &owner).await?;
    if others.iter().any(|other| other.value == value) {
        return Err(Error::conflict("API Key already exists"));
    }
    Ok(value)
}

/// A key of the caller's.
pub(crate) async fn key(cx: &mut Cx, id: &str) -> Result<ApiKeyRow, Error> {
    let owner = owner(cx);
    let row = table::get(cx.tx(), (&owner, ApiKeyRow::KIND, id)).await?;
    row.ok_or_else(Error::no_api_key)
}

/// A usage plan of the caller's.
pub(crate) async fn plan(cx: &mut Cx, id: &str) -> Result<UsagePlanRow, Error> {
    let owner = owner(cx);
    let row = table::get(cx.tx(), (&owner, UsagePlanRow::KIND, id)).await?;
    row.ok_or_else(Error::no_usage_plan)
}

/// The keys of a plan.
pub(crate) async fn plan_keys(cx: &mut Cx, plan_id: &str) -> Result<Vec<UsagePlanKeyRow>, Error> {
    let owner = owner(cx);
    let mut rows: Vec<UsagePlanKeyRow> = api::parts(cx.tx(), &owner).await?;
    rows.retain(|row| row.plan_id == plan_id);
    Ok(rows)
}

/// Checks that a stage is there, and that no other one of the same kind is in the plan already.
pub(crate) async fn add_stage(
    cx: &mut Cx,
    plan: &mut UsagePlanRow,
    api: &str,
    stage: &str,
) -> Result<(), Error> {
    if api::part::<StageRow>(cx, api, stage).await?.is_none() {
        return Err(Error::NotFound(format!("API Stage not found: {api}:{stage}")));
    }
    let wanted = (api.to_owned(), stage.to_owned());
    if !plan.api_stages.contains(&wanted) {
        plan.api_stages.push(wanted);
    }
    Ok(())
}

/// Checks the settings of a plan.
pub(crate) fn check(plan: &UsagePlanRow) -> Result<(), Error> {
    let Some(quota) = &plan.quota else { return Ok(()) };
    match quota.period.as_deref() {
        Some("DAY" | "WEEK" | "MONTH") if quota.limit >= 0 => Ok(()),
        _ => Err(Error::bad("Usage Plan quota limit and period must be set: DAY, WEEK or MONTH")),
    }
}
