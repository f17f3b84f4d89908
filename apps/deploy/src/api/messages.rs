//! Messages as they come: what `cloudlet tail` asks of queues, buses and streams.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Api, Error};

/// A shard with the place from which it is read; none when it has ended.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Its id.
    pub shard: String,
    iterator: Option<String>,
}

/// A record of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRecord {
    /// The shard.
    pub shard: String,
    /// Its partition key.
    pub partition_key: String,
    /// Its sequence number.
    pub sequence_number: String,
    /// Its data.
    pub data: Vec<u8>,
}

impl StreamRecord {
    /// Its data as text, or in base64 when it is none: then the second is true.
    pub fn text(&self) -> (String, bool) {
        match std::str::from_utf8(&self.data) {
            Ok(text) => (text.to_owned(), false),
            Err(_) => (STANDARD.encode(&self.data), true),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a record carries. What is not in base64, as it should be, is taken as it is.
fn data(value: &Value) -> Vec<u8> {
    let text = text(value);
    STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes())
}

impl Api {
    /// The ARN of the queue with this name.
    pub async fn queue_arn(&self, name: &str) -> Result<String, Error> {
        let url = self.json("sqs", "AmazonSQS.GetQueueUrl", &json!({"QueueName": name})).await?;
        let input = json!({"QueueUrl": url["QueueUrl"], "AttributeNames": ["QueueArn"]});
        let answer = self.json("sqs", "AmazonSQS.GetQueueAttributes", &input).await?;
        Ok(text(&answer["Attributes"]["QueueArn"]))
    }

    /// The ARN of the topic with this name.
    pub async fn topic_arn(&self, name: &str) -> Result<String, Error> {
        let arn = format!("arn:aws:sns:{}:{}:{name}", self.region(), self.account_id().await?);
        self.query("sns", "2010-03-31", "GetTopicAttributes", &[("TopicArn".to_owned(), arn.clone())])
            .await?;
        Ok(arn)
    }

    /// The ARN of the event bus with this name.
    pub async fn bus_arn(&self, name: &str) -> Result<String, Error> {
        let answer = self.json("events", "AWSEvents.DescribeEventBus", &json!({"Name": name})).await?;
        Ok(text(&answer["Arn"]))
    }

    /// Begins to listen in at an ARN; the id under which that goes on. Only Cloudlet can do that.
    pub async fn begin_tail(&self, arn: &str) -> Result<String, Error> {
        let answer = self.json("cloudlet", "Cloudlet.Tail", &json!({"Arn": arn})).await?;
        Ok(text(&answer["TapId"]))
    }

    /// What came since the last call, as JSON, and how much more that was not fetched in time.
    pub async fn tail(&self, arn: &str, tap: &str) -> Result<(Vec<Value>, i64), Error> {
        let answer = self.json("cloudlet", "Cloudlet.Tail", &json!({"Arn": arn, "TapId": tap})).await?;
        let messages = answer["Messages"].as_array().into_iter().flatten();
        let messages = messages.map(|message| {
            let message = text(message);
            serde_json::from_str(&message).unwrap_or(Value::String(message))
        });
        Ok((messages.collect(), answer["Missed"].as_i64().unwrap_or(0)))
    }

    /// The open shards of a stream, each at its end.
    pub async fn read_stream(&self, name: &str) -> Result<Vec<Reading>, Error> {
        let input = json!({"StreamName": name, "ShardFilter": {"Type": "AT_LATEST"}});
        let answer = self.json("kinesis", "Kinesis_20131202.ListShards", &input).await?;
        let mut readings = Vec::new();
        for shard in answer["Shards"].as_array().into_iter().flatten() {
            readings.push(self.read_shard(name, &text(&shard["ShardId"]), "LATEST").await?);
        }
        Ok(readings)
    }

    async fn read_shard(&self, stream: &str, shard: &str, kind: &str) -> Result<Reading, Error> {
        let input = json!({"StreamName": stream, "ShardId": shard, "ShardIteratorType": kind});
        let answer = self.json("kinesis", "Kinesis_20131202.GetShardIterator", &input).await?;
        let iterator = answer["ShardIterator"].as_str().map(str::to_owned);
        Ok(Reading { shard: shard.to_owned(), iterator })
    }

    /// The new records of all shards. A shard that has ended is left, and those that came from it are read from their
    /// beginning.
    pub async fn next_records(
        &self,
        stream: &str,
        readings: &mut Vec<Reading>,
    ) -> Result<Vec<StreamRecord>, Error> {
        let mut records = Vec::new();
        let mut begun: Vec<String> = Vec::new();
        for reading in readings.iter_mut() {
            let Some(iterator) = reading.iterator.take() else { continue };
            let input = json!({"ShardIterator": iterator});
            let answer = match self.json("kinesis", "Kinesis_20131202.GetRecords", &input).await {
                Ok(answer) => answer,
                // Others read it, too: the next look gets it.
                Err(error) if error.code == "ProvisionedThroughputExceededException" => {
                    reading.iterator = Some(iterator);
                    continue;
                }
                Err(error) => return Err(error),
            };
            records.extend(answer["Records"].as_array().into_iter().flatten().map(|record| StreamRecord {
                shard: reading.shard.clone(),
                partition_key: text(&record["PartitionKey"]),
                sequence_number: text(&record["SequenceNumber"]),
                data: data(&record["Data"]),
            }));
            reading.iterator = answer["NextShardIterator"].as_str().map(str::to_owned);
            let children = answer["ChildShards"].as_array().into_iter().flatten();
            begun.extend(children.map(|child| text(&child["ShardId"])));
        }
        readings.retain(|reading| reading.iterator.is_some());
        for shard in begun {
            // A shard that was merged comes twice: once from each parent.
            if !readings.iter().any(|reading| reading.shard == shard) {
                readings.push(self.read_shard(stream, &shard, "TRIM_HORIZON").await?);
            }
        }
        Ok(records)
    }
}
