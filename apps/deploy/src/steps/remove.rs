//! Taking a service down.

use super::{Session, bucket, stack};
use crate::problem::{Errors, Problem};

/// Empties the deployment bucket of this service and deletes its stack.
pub async fn remove(session: Session<'_>) -> Result<(), Errors> {
    let Some(found) = stack::find(session).await? else {
        let name = session.service.stack_name();
        return Err(Problem::new(format!("Stack with id {name} does not exist")).into());
    };
    if let Some(name) = bucket::name(session).await?
        && session.api.head_bucket(&name).await?
    {
        session.report.step("Removing objects from S3 bucket");
        bucket::empty(session, &name, &session.prefix()).await?;
    }
    stack::delete(session, &found).await
}
