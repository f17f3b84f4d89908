//! GetTemplateSummary.

use cfn::template::Template;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::Refused;
use crate::source::Source;
use crate::{capabilities, stacks};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..)]
    template_body: Option<String>,
    #[shape(name = "TemplateURL", len = 1..=5120)]
    template_url: Option<String>,
    #[shape(len = 1..)]
    stack_name: Option<String>,
    stack_set_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    parameters: Vec<ParameterDeclaration>,
    description: Option<String>,
    capabilities: Option<Vec<String>>,
    capabilities_reason: Option<String>,
    resource_types: Vec<String>,
    version: String,
    metadata: Option<String>,
    resource_identifier_summaries: Vec<ResourceIdentifierSummary>,
}

#[derive(Shape)]
pub(crate) struct ParameterDeclaration {
    parameter_key: String,
    default_value: Option<String>,
    parameter_type: String,
    no_echo: bool,
    description: Option<String>,
    parameter_constraints: ParameterConstraints,
}

#[derive(Shape)]
pub(crate) struct ParameterConstraints {
    allowed_values: Option<Vec<String>>,
}

#[derive(Shape)]
pub(crate) struct ResourceIdentifierSummary {
    resource_type: String,
    logical_resource_ids: Vec<String>,
}

/// Differs from AWS: identifiers for imports are not told, because there is no import. Stack sets are refused.
pub(crate) struct GetTemplateSummary;

impl Operation for GetTemplateSummary {
    const NAME: &'static str = "GetTemplateSummary";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stack_name.as_ref().map_or(Resource::Any, |name| stacks::resource(cx, name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        Refused::default().when("StackSetName", input.stack_set_name.is_some()).check()?;
        let text = match &input.stack_name {
            Some(name) => {
                let tx = cx.snapshot().await?;
                let spec = stacks::open(cx, &tx, name).await?.spec.unwrap_or_default();
                stacks::template(&tx, &spec.template).await?
            }
            None => Source::new(input.template_body, input.template_url).read_required(cx).await?,
        };
        Ok(summary(Template::parse(&text)?))
    }
}

fn summary(template: Template) -> Output {
    let needed = capabilities::needed(&template);
    let mut resource_types: Vec<String> = Vec::new();
    let mut identifiers: Vec<ResourceIdentifierSummary> = Vec::new();
    for resource in &template.resources {
        if !resource_types.contains(&resource.type_name) {
            resource_types.push(resource.type_name.clone());
            identifiers.push(ResourceIdentifierSummary {
                resource_type: resource.type_name.clone(),
                logical_resource_ids: Vec::new(),
            });
        }
        for summary in &mut identifiers {
            if summary.resource_type == resource.type_name {
                summary.logical_resource_ids.push(resource.name.clone());
            }
        }
    }
    let parameters = template.parameters.into_iter().map(|one| ParameterDeclaration {
        parameter_key: one.name,
        default_value: one.default,
        parameter_type: one.type_name,
        no_echo: one.no_echo,
        description: one.description,
        parameter_constraints: ParameterConstraints { allowed_values: one.allowed_values },
    });
    Output {
        parameters: parameters.collect(),
        description: template.description,
        capabilities_reason: needed.reason(),
        capabilities: needed.capability.map(|one| vec![one.to_owned()]),
        resource_types,
        version: "2010-09-09".to_owned(),
        metadata: template.metadata.map(|metadata| metadata.to_string()),
        resource_identifier_summaries: identifiers,
    }
}
