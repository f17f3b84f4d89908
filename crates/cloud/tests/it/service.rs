//! A service that counts: enough operations to show every rule of the door.

use cloud::operation::entry;
use cloud::outbox::{Delivery, Policy};
use cloud::prelude::*;
use cloud::service::{Service, Words};
use cloud::target::Target;
use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Record};
use store::tuple::Tuple;
use wire::table::Protocol;

/// The service.
pub(crate) static TALLY: Service = Service {
    name: "sqs", // one of the principals that may send
    title: "Tally",
    signing_name: "tally",
    protocols: &[Protocol::json_1_0("Tally")],
    operations: &[
        entry::<Add>(),
        entry::<AddFreely>(),
        entry::<AddLater>(),
        entry::<AddSlowly>(),
        entry::<AddTwice>(),
        entry::<CallFree>(),
        entry::<Count>(),
    ],
    resources: &[],
    jobs: &[],
    plane: None,
    words: Words::JSON,
};

/// Deliveries come from a service principal, which only a policy on the resource can let in.
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["tally:Add", "tally:AddSlowly"],
    "Principal": {"Service": "sqs.amazonaws.com"}, "Resource": "*",
    "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sqs:us-east-1:000000000000:source"}}}]}"#;

#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    count: i64,
}

impl Record for Row {
    const PREFIX: Prefix = keyspace::TEST_TABLE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.name,))
    }
}

#[derive(Debug, ApiError)]
pub(crate) enum Error {
    #[api(code = "TooMany", status = 400, message = "{0} is too many")]
    TooMany(i64),
    #[api(internal)]
    Internal(Failure),
}

#[derive(Clone, Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=8)]
    name: String,
    /// The count at which adding fails.
    most: Option<i64>,
}

#[derive(Shape)]
pub(crate) struct Output {
    count: i64,
}

async fn add(cx: &mut Cx, input: &Input) -> Result<Output, Error> {
    let old = table::get::<Row>(cx.tx(), (&input.name,)).await?;
    let count = old.map_or(0, |row| row.count) + 1;
    table::put(cx.tx(), &Row { name: input.name.clone(), count }).await?;
    if input.most.is_some_and(|most| count > most) {
        return Err(Error::TooMany(count));
    }
    Ok(Output { count })
}

macro_rules! operation {
    ($name:ident, $kind:ident, $cx:ident, $input:ident => $run:expr) => {
        pub(crate) struct $name;

        impl Operation for $name {
            const NAME: &'static str = stringify!($name);
            const KIND: Kind = Kind::$kind;
            type Input = Input;
            type Output = Output;
            type Error = Error;

            fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
                Ok(cx.arn("tally", &input.name).into())
            }

            async fn resource_policy(_cx: &mut Cx, _input: &Input) -> Result<Option<String>, Error> {
                Ok(Some(POLICY.to_owned()))
            }

            async fn run($cx: &mut Cx, $input: Input) -> Result<Output, Error> {
                $run
            }
        }
    };
}

operation!(Add, Write, cx, input => {
    if input.name == "panic" {
        panic!("a mistake of ours");
    }
    add(cx, &input).await
});

// Takes longer than the lease of a delivery.
operation!(AddSlowly, Free, cx, input => {
    cx.sleep_until(cx.now().plus_millis(300_000)).await;
    let caller = cx.caller().clone();
    cx.call(caller, "sqs", "Add", input.into_doc()).await?;
    Ok(Output { count: 0 })
});

operation!(Count, Read, cx, input => {
    let row = table::get::<Row>(cx.tx(), (&input.name,)).await?;
    Ok(Output { count: row.map_or(0, |row| row.count) })
});

// Adds through a joined call, which may fail, and then by itself.
operation!(AddTwice, Write, cx, input => {
    let caller = cx.caller().clone();
    let joined = cx.call(caller, "sqs", "Add", input.clone().into_doc()).await;
    if let Err(failure) = joined
        && failure.code() != "TooMany"
    {
        return Err(failure.into());
    }
    add(cx, &Input { most: None, ..input }).await
});

operation!(AddFreely, Free, cx, input => {
    let caller = cx.caller().clone();
    let mut output = cx.call(caller, "sqs", "Add", input.into_doc()).await?;
    Output::from_doc(std::mem::take(&mut output)).map_err(|error| Failure::internal(error).into())
});

operation!(CallFree, Write, cx, input => {
    let caller = cx.caller().clone();
    cx.call(caller, "sqs", "AddFreely", input.into_doc()).await?;
    Ok(Output { count: 0 })
});

operation!(AddLater, Write, cx, input => {
    let target = Target {
        service: "sqs".to_owned(),
        operation: if input.name.starts_with("slow") { "AddSlowly" } else { "Add" }.to_owned(),
        input: serde_json::json!({"Name": input.name, "Most": input.most}),
    };
    let policy = Policy { attempts_max: 3, age_max_millis: 3_600_000, backoff_millis: 60_000, backoff_millis_max: 120_000 };
    let source_arn = Some("arn:aws:sqs:us-east-1:000000000000:source".to_owned());
    // `slow1` and so on have lanes of their own, too.
    let queue = match input.name.as_str() {
        "queued" => "one",
        "slow" => "",
        name if name.starts_with("slow") => name,
        _ => "",
    };
    let queue = queue.to_owned();
    cx.send(Delivery { target, principal: "sqs.amazonaws.com".to_owned(), source_arn, role: None, queue, policy, region: None, dead_letter: None, final_refusals: false }).await?;
    let output = add(cx, &Input { name: "sent".to_owned(), most: None }).await?;
    Ok(output)
});
