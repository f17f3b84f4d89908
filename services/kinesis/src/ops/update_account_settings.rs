//! UpdateAccountSettings.
//!
//! Differs from AWS: a commitment to a minimum of billed throughput is refused.

use cloud::prelude::*;

use crate::account::{self, Commitment, CommitmentStatus};
use crate::error::Error;

/// What is asked for.
#[derive(Shape)]
pub(crate) struct WantedCommitment {
    status: CommitmentStatus,
}

#[derive(Shape)]
pub(crate) struct Input {
    minimum_throughput_billing_commitment: WantedCommitment,
}

#[derive(Shape)]
pub(crate) struct Output {
    minimum_throughput_billing_commitment: Commitment,
}

pub(crate) struct UpdateAccountSettings;

impl Operation for UpdateAccountSettings {
    const NAME: &'static str = "UpdateAccountSettings";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.minimum_throughput_billing_commitment.status == CommitmentStatus::Enabled {
            return Err(account::no_commitment());
        }
        Ok(Output { minimum_throughput_billing_commitment: Commitment::disabled() })
    }
}
