//! CloudFormation: stacks, change sets, events.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::xml::Element;
use super::{Api, Error};

const VERSION: &str = "2010-05-15";

/// A stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    /// Its ARN.
    pub id: String,
    /// `CREATE_COMPLETE` and its like.
    pub status: String,
    /// Why it has this status.
    pub reason: String,
    /// Its outputs in their order.
    pub outputs: Vec<(String, String)>,
}

/// Something that happened to a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's id.
    pub id: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// The name of the resource in the template.
    pub logical_id: String,
    /// The name of the resource outside.
    pub physical_id: String,
    /// `AWS::Lambda::Function`.
    pub resource_type: String,
    /// `CREATE_IN_PROGRESS` and its like.
    pub status: String,
    /// Why.
    pub reason: String,
}

/// A change set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// `CREATE_COMPLETE`, `FAILED` ...
    pub status: String,
    /// Why it has this status.
    pub reason: String,
    /// How many resources it changes.
    pub changes: usize,
}

impl ChangeSet {
    /// Whether it was refused because it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.status == "FAILED"
            && ["No updates are to be performed.", "The submitted information didn't contain changes."]
                .iter()
                .any(|text| self.reason.contains(text))
    }
}

impl Api {
    async fn cloudformation(&self, action: &str, input: &Value) -> Result<Element, Error> {
        let mut parameters = Vec::new();
        flatten(String::new(), input, &mut parameters);
        self.query("cloudformation", VERSION, action, &parameters).await
    }

    /// A stack, or `None` when there is none of this name.
    pub async fn describe_stack(&self, name: &str) -> Result<Option<Stack>, Error> {
        match self.cloudformation("DescribeStacks", &json!({"StackName": name})).await {
            Ok(answer) => Ok(answer.list("Stacks").first().map(|stack| Stack {
                id: stack.text_of("StackId"),
                status: stack.text_of("StackStatus"),
                reason: stack.text_of("StackStatusReason"),
                outputs: stack
                    .child("Outputs")
                    .map(|outputs| &outputs.children)
                    .into_iter()
                    .flatten()
                    .map(|output| (output.text_of("OutputKey"), output.text_of("OutputValue")))
                    .collect(),
            })),
            Err(error) if error.message.contains("does not exist") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The name outside of a resource in a stack; `None` when the stack has no such resource.
    pub async fn physical_id(&self, stack: &str, logical_id: &str) -> Result<Option<String>, Error> {
        let input = json!({"StackName": stack, "LogicalResourceId": logical_id});
        match self.cloudformation("DescribeStackResource", &input).await {
            Ok(answer) => Ok(answer
                .find("StackResourceDetail")
                .map(|detail| detail.text_of("PhysicalResourceId"))
                .filter(|id| !id.is_empty())),
            Err(error) if error.message.contains("does not exist") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All resources of a stack: name in the template, name outside, type.
    pub async fn list_resources(&self, stack: &str) -> Result<Vec<(String, String, String)>, Error> {
        let mut resources = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self
                .cloudformation("ListStackResources", &json!({"StackName": stack, "NextToken": token}))
                .await?;
            resources.extend(answer.list("StackResourceSummaries").iter().map(|one| {
                (
                    one.text_of("LogicalResourceId"),
                    one.text_of("PhysicalResourceId"),
                    one.text_of("ResourceType"),
                )
            }));
            token = next_token(&answer);
            if token.is_none() {
                return Ok(resources);
            }
        }
    }

    /// A page of a stack's events, the newest first, and the token of the next page.
    pub async fn stack_events(
        &self,
        stack: &str,
        token: Option<&str>,
    ) -> Result<(Vec<Event>, Option<String>), Error> {
        let answer = self
            .cloudformation("DescribeStackEvents", &json!({"StackName": stack, "NextToken": token}))
            .await?;
        let events = answer.list("StackEvents").iter().map(|event| Event {
            id: event.text_of("EventId"),
            stack_id: event.text_of("StackId"),
            logical_id: event.text_of("LogicalResourceId"),
            physical_id: event.text_of("PhysicalResourceId"),
            resource_type: event.text_of("ResourceType"),
            status: event.text_of("ResourceStatus"),
            reason: event.text_of("ResourceStatusReason"),
        });
        Ok((events.collect(), next_token(&answer)))
    }

    /// The template of a stack as it was given.
    pub async fn get_template(&self, stack: &str) -> Result<String, Error> {
        let answer = self
            .cloudformation("GetTemplate", &json!({"StackName": stack, "TemplateStage": "Original"}))
            .await?;
        Ok(answer.find("TemplateBody").map(|body| body.text.clone()).unwrap_or_default())
    }

    /// Checks a template that lies in a bucket.
    pub async fn validate_template(&self, url: &str) -> Result<(), Error> {
        self.cloudformation("ValidateTemplate", &json!({"TemplateURL": url})).await.map(drop)
    }

    /// Creates a stack; the answer is its ARN.
    pub async fn create_stack(&self, input: &Value) -> Result<String, Error> {
        self.cloudformation("CreateStack", input).await.map(|answer| stack_id(&answer))
    }

    /// Updates a stack; the answer is its ARN.
    pub async fn update_stack(&self, input: &Value) -> Result<String, Error> {
        self.cloudformation("UpdateStack", input).await.map(|answer| stack_id(&answer))
    }

    /// Deletes a stack.
    pub async fn delete_stack(&self, input: &Value) -> Result<(), Error> {
        self.cloudformation("DeleteStack", input).await.map(drop)
    }

    /// Creates a change set; the answer is the ARN of its stack.
    pub async fn create_change_set(&self, input: &Value) -> Result<String, Error> {
        self.cloudformation("CreateChangeSet", input).await.map(|answer| stack_id(&answer))
    }

    /// How far a change set is.
    pub async fn describe_change_set(&self, stack: &str, name: &str) -> Result<ChangeSet, Error> {
        let input = json!({"StackName": stack, "ChangeSetName": name});
        let answer = self.cloudformation("DescribeChangeSet", &input).await?;
        let result = answer.find("DescribeChangeSetResult").unwrap_or(&answer);
        Ok(ChangeSet {
            status: result.text_of("Status"),
            reason: result.text_of("StatusReason"),
            changes: result.list("Changes").len(),
        })
    }

    /// Carries a change set out.
    pub async fn execute_change_set(&self, input: &Value) -> Result<(), Error> {
        self.cloudformation("ExecuteChangeSet", input).await.map(drop)
    }

    /// Deletes a change set; one that is not there is no error.
    pub async fn delete_change_set(&self, stack: &str, name: &str) -> Result<(), Error> {
        self.cloudformation("DeleteChangeSet", &json!({"StackName": stack, "ChangeSetName": name}))
            .await
            .map(drop)
    }

    /// Protects resources of a stack against updates.
    pub async fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), Error> {
        let input = json!({"StackName": stack, "StackPolicyBody": policy});
        self.cloudformation("SetStackPolicy", &input).await.map(drop)
    }
}

impl Stack {
    /// The outputs by name.
    pub fn output_map(&self) -> BTreeMap<String, String> {
        self.outputs.iter().cloned().collect()
    }
}

fn stack_id(answer: &Element) -> String {
    answer.find("StackId").map(|id| id.text.clone()).unwrap_or_default()
}

fn next_token(answer: &Element) -> Option<String> {
    answer.find("NextToken").map(|token| token.text.clone()).filter(|token| !token.is_empty())
}

/// An input as the query protocol writes it: `Tags.member.1.Key=...`.
fn flatten(name: String, value: &Value, out: &mut Vec<(String, String)>) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Null => {}
        Value::Object(map) => map.iter().for_each(|(key, value)| flatten(below(key), value, out)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(below(&format!("member.{}", index + 1)), item, out);
            }
        }
        Value::String(text) => out.push((name, text.clone())),
        other => out.push((name, other.to_string())),
    }
}
