//! `cloudlet tail`.

use std::time::Duration;

use ::deploy::api::Api;
use ::deploy::api::messages::StreamRecord;
use ::deploy::problem::Errors;
use anyhow::bail;
use clap::{Args, ValueEnum};
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use super::Global;
use super::connect::{Connection, now, region};
use super::output::Output;
use super::project;

/// Between two looks at the shards of a stream: AWS allows five in a second.
const LOOK: Duration = Duration::from_millis(500);

/// Shows messages as they come, without taking any.
#[derive(Args, Clone, Debug)]
pub(crate) struct Tail {
    /// What is listened in on.
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// Its name, or its ARN.
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Messages that are sent to an SQS queue.
    Queue,
    /// Messages that are published to an SNS topic.
    Topic,
    /// Events that are put on an EventBridge bus.
    Bus,
    /// Records of a Kinesis stream.
    Stream,
}

impl Tail {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        let environment = project::environment();
        let connection = Connection::from(global, &environment)?;
        let api = connection.api(&region(global, &environment));
        match self.kind {
            Kind::Stream => self.stream(&api, output).await,
            _ => self.listen(&api, output).await,
        }
    }

    async fn listen(&self, api: &Api, output: &Output) -> anyhow::Result<()> {
        let arn = self.arn(api).await?;
        let tap = api.begin_tail(&arn).await.map_err(Errors::from)?;
        output.line(&format!("listening at {arn}").dimmed().to_string());
        loop {
            let (messages, missed) = api.tail(&arn, &tap).await.map_err(Errors::from)?;
            if missed > 0 {
                output
                    .line(&format!("{missed} more were not shown: they came too fast").dimmed().to_string());
            }
            for message in messages {
                match output.is_json() {
                    true => output.result(&message),
                    false => output.text(&line(&self.shown(&message))),
                }
            }
        }
    }

    /// The ARN of what is named.
    async fn arn(&self, api: &Api) -> anyhow::Result<String> {
        if self.name.starts_with("arn:") {
            return Ok(self.name.clone());
        }
        let found = match self.kind {
            Kind::Queue => api.queue_arn(&self.name).await,
            Kind::Bus => api.bus_arn(&self.name).await,
            Kind::Topic => api.topic_arn(&self.name).await,
            Kind::Stream => bail!("a stream is read, not listened in on"),
        };
        Ok(found.map_err(Errors::from)?)
    }

    /// What a person wants to see of a message.
    fn shown(&self, message: &Value) -> String {
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        match self.kind {
            Kind::Queue => text("Body"),
            Kind::Topic => match message["Subject"].as_str() {
                Some(subject) => format!("{subject}: {}", text("Message")),
                None => text("Message"),
            },
            Kind::Bus | Kind::Stream => {
                format!("{} {} {}", text("source"), text("detail-type"), message["detail"])
            }
        }
    }

    async fn stream(&self, api: &Api, output: &Output) -> anyhow::Result<()> {
        let name = self.name.rsplit_once(":stream/").map_or(self.name.as_str(), |(_, name)| name);
        let mut readings = api.read_stream(name).await.map_err(Errors::from)?;
        output.line(&format!("listening at stream {name}").dimmed().to_string());
        loop {
            for record in api.next_records(name, &mut readings).await.map_err(Errors::from)? {
                match output.is_json() {
                    true => output.result(&record_json(&record)),
                    false => output.text(&line(&format!("{} {}", record.partition_key, record.text().0))),
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn record_json(record: &StreamRecord) -> Value {
    let (data, is_base64) = record.text();
    json!({
        "ShardId": record.shard,
        "SequenceNumber": record.sequence_number,
        "PartitionKey": record.partition_key,
        "Data": data,
        "IsBase64Encoded": is_base64,
    })
}

fn line(text: &str) -> String {
    let time = now().strftime("%H:%M:%S").to_string();
    format!("{} {text}", time.dimmed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_is_no_text_is_shown_in_base64() {
        let shown = |data: &[u8]| {
            let record = StreamRecord {
                shard: "shardId-000000000000".to_owned(),
                partition_key: "k".to_owned(),
                sequence_number: "1".to_owned(),
                data: data.to_vec(),
            };
            let json = record_json(&record);
            (json["Data"].as_str().unwrap().to_owned(), json["IsBase64Encoded"].as_bool().unwrap())
        };
        assert_eq!(shown(b"plain \xc3\xa9"), ("plain é".to_owned(), false));
        assert_eq!(shown(b"\xff\x00x"), ("/wB4".to_owned(), true));
        assert_eq!(shown(b""), (String::new(), false));
    }
}
