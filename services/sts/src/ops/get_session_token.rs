//! GetSessionToken.

use cloud::caller::Principal;
use cloud::identity::session::Wanted;
use cloud::prelude::*;

use crate::credentials::Credentials;
use crate::error::Error;

/// How long sessions of users last unless the request says otherwise: 12 hours.
const USER_SECONDS_DEFAULT: i32 = 43_200;
/// Sessions of the root user last at most this long, and by default.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>.
const ROOT_SECONDS_MAX: i32 = 3_600;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(range = 900..=129600)]
    duration_seconds: Option<i32>,
    #[shape(len = 9..=256)]
    serial_number: Option<String>,
    #[shape(len = 6..=6)]
    token_code: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    credentials: Credentials,
}

/// Temporary credentials of the calling user.
///
/// Differs from AWS: these credentials may call IAM and all of STS, as there are no second factors; a request that
/// names one is refused.
pub(crate) struct GetSessionToken;

impl Operation for GetSessionToken {
    const NAME: &'static str = "GetSessionToken";
    const KIND: Kind = Kind::Read;
    const OPEN: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.serial_number.is_some() || input.token_code.is_some() {
            return Err(Error::AccessDenied(
                "MultiFactorAuthentication failed, there are no MFA devices here.".into(),
            ));
        }
        let caller = cx.caller();
        let seconds = match caller.principal {
            _ if caller.session.is_some() => None,
            Principal::Root => Some(input.duration_seconds.unwrap_or(ROOT_SECONDS_MAX).min(ROOT_SECONDS_MAX)),
            Principal::User { .. } => Some(input.duration_seconds.unwrap_or(USER_SECONDS_DEFAULT)),
            _ => None,
        };
        let Some(seconds) = seconds else {
            return Err(Error::AccessDenied("Cannot call GetSessionToken with session credentials".into()));
        };
        let wanted = Wanted {
            session_name: "",
            duration_seconds: seconds.into(),
            policies: &[],
            tags: &[],
            transitive_tags: &[],
        };
        let sessions = cx.cloud().identities().sessions();
        let issued = sessions.issue(cx.now(), cx.chance(), cx.account(), &caller.principal, wanted)?;
        Ok(Output { credentials: issued.into() })
    }
}
