//! CreateSchedule.

use cloud::caller::Caller;
use cloud::prelude::*;
use cloud::role::{self, Unusable};
use store::layer::table;

use crate::error::Error;
use crate::group::{self, DEFAULT};
use crate::keys::{ScheduleRow, TargetRow};
use crate::shapes::{ActionAfterCompletion, FlexibleTimeWindow, State, Target};
use crate::target::{self, PRINCIPAL};
use crate::{schedule, token};

#[derive(Clone, Debug, Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    pub(crate) name: String,
    #[shape(len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    pub(crate) group_name: Option<String>,
    #[shape(len = 1..=256)]
    pub(crate) schedule_expression: String,
    pub(crate) start_date: Option<Timestamp>,
    pub(crate) end_date: Option<Timestamp>,
    #[shape(len = 0..=512)]
    pub(crate) description: Option<String>,
    #[shape(len = 1..=50)]
    pub(crate) schedule_expression_timezone: Option<String>,
    pub(crate) state: Option<State>,
    #[shape(len = 1..=2048, pattern = r"^arn:aws(-[a-z]+)?:kms:[a-z0-9\-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*$")]
    pub(crate) kms_key_arn: Option<String>,
    pub(crate) target: Target,
    pub(crate) flexible_time_window: FlexibleTimeWindow,
    #[shape(len = 1..=64, pattern = r"^[a-zA-Z0-9-_]+$")]
    pub(crate) client_token: Option<String>,
    pub(crate) action_after_completion: Option<ActionAfterCompletion>,
}

#[derive(Shape)]
pub(crate) struct Output {
    pub(crate) schedule_arn: String,
}

/// Makes a schedule.
///
/// Differs from AWS: targets are Lambda, SQS, SNS, Kinesis, event buses and universal ones for the operations that this
/// cloud has. A client token is remembered for ten minutes. A KMS key is shown, but nothing is encrypted with it.
pub(crate) struct CreateSchedule;

impl Operation for CreateSchedule {
    const NAME: &'static str = "CreateSchedule";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/schedules/{Name}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(schedule::arn(cx, input.group(), &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let schedule_arn = schedule::arn(cx, input.group(), &input.name).to_string();
        if token::is_repeated(cx, input.client_token.as_deref(), &input.asked(Self::NAME)).await? {
            return Ok(Output { schedule_arn });
        }
        let now_millis = cx.now().millis();
        let row = input.into_row(cx, None).await?;
        if !table::insert(cx.tx(), &row).await? {
            return Err(Error::Conflict(format!("Schedule {} already exists.", row.name)));
        }
        let chance = cx.chance().number();
        schedule::plan(cx.tx(), &row, schedule::first(&row, now_millis), chance).await?;
        Ok(Output { schedule_arn })
    }
}

impl Input {
    /// The name of the schedule's group.
    pub(crate) fn group(&self) -> &str {
        self.group_name.as_deref().unwrap_or(DEFAULT)
    }

    /// All that is asked for, for the memory of client tokens.
    pub(crate) fn asked(&self, operation: &str) -> String {
        let asked = Self { client_token: None, ..self.clone() };
        format!("{operation} {asked:?}")
    }

    /// Checks the input and takes what is stored of it. `old` is the schedule that it changes.
    pub(crate) async fn into_row(self, cx: &mut Cx, old: Option<&ScheduleRow>) -> Result<ScheduleRow, Error> {
        let now_millis = cx.now().millis();
        schedule::expression(&self.schedule_expression)?;
        let timezone = self.schedule_expression_timezone.clone().unwrap_or_else(|| "UTC".to_owned());
        schedule::zone(&timezone)?;
        let window_minutes = self.flexible_time_window.minutes()?;
        let start_millis = self.start_date.map(Timestamp::millis);
        let end_millis = self.end_date.map(Timestamp::millis);
        let start_is_new = old.is_none_or(|old| old.start_millis != start_millis);
        schedule::check_bounds(start_millis, end_millis, now_millis, start_is_new)?;
        let group = group::open(cx, self.group()).await?;
        if group.deleting {
            return Err(Error::Conflict(format!("Schedule group {} is being deleted.", group.name)));
        }
        let target = self.target.clone().into_row()?;
        target::check(cx, &target)?;
        let arn = schedule::arn(cx, self.group(), &self.name);
        check_role(cx, &arn, &target).await?;
        let same_rate = old.filter(|old| old.expression == self.schedule_expression);
        Ok(ScheduleRow {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            group: self.group().to_owned(),
            name: self.name,
            description: self.description,
            expression: self.schedule_expression,
            timezone,
            start_millis,
            end_millis,
            counts_from_millis: same_rate.map_or(now_millis, |old| old.counts_from_millis),
            window_minutes,
            enabled: self.state != Some(State::Disabled),
            kms_key: self.kms_key_arn,
            deletes_itself: self.action_after_completion == Some(ActionAfterCompletion::Delete),
            target,
            created_at_millis: old.map_or(now_millis, |old| old.created_at_millis),
            modified_at_millis: now_millis,
        })
    }
}

/// Refuses a role that the caller may not pass, or that Scheduler may not assume.
async fn check_role(cx: &mut Cx, schedule: &Arn, target: &TargetRow) -> Result<(), Error> {
    let service = Caller::service(PRINCIPAL, cx.account(), cx.region(), Some(schedule.as_str()));
    match role::check(cx, &service, &target.role_arn).await {
        Ok(()) => Ok(()),
        // AWS's text: aws-sdk-js-v3, issue 6494.
        Err(Unusable::Untrusted) => Err(Error::invalid(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )),
        Err(Unusable::Failed(failure)) => Err(failure.into()),
    }
}
