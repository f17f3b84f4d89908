//! ValidateTemplate.

use cfn::template::Template;
use cloud::prelude::*;

use crate::capabilities;
use crate::error::Error;
use crate::source::Source;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..)]
    template_body: Option<String>,
    #[shape(name = "TemplateURL", len = 1..=5120)]
    template_url: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    parameters: Vec<TemplateParameter>,
    description: Option<String>,
    capabilities: Option<Vec<String>>,
    capabilities_reason: Option<String>,
}

#[derive(Shape)]
pub(crate) struct TemplateParameter {
    parameter_key: String,
    default_value: Option<String>,
    no_echo: bool,
    description: Option<String>,
}

pub(crate) struct ValidateTemplate;

impl Operation for ValidateTemplate {
    const NAME: &'static str = "ValidateTemplate";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let text = Source::new(input.template_body, input.template_url).read_required(cx).await?;
        let template = Template::parse(&text)?;
        let needed = capabilities::needed(&template);
        let parameters = template.parameters.into_iter().map(|one| TemplateParameter {
            parameter_key: one.name,
            default_value: one.default,
            no_echo: one.no_echo,
            description: one.description,
        });
        Ok(Output {
            parameters: parameters.collect(),
            description: template.description,
            capabilities_reason: needed.reason(),
            capabilities: needed.capability.map(|one| vec![one.to_owned()]),
        })
    }
}
