//! THE list: every service of the cloud.

use cloud::service::Service;

/// All services, in the order in which the console and `doctor` show them.
pub static SERVICES: &[&Service] = &[
    &apigateway::APIGATEWAY,
    &apigatewayv2::APIGATEWAYV2,
    &cloudformation::CLOUDFORMATION,
    &dynamodb::DYNAMODB,
    &dynamodb::DYNAMODB_STREAMS,
    &ecr::ECR,
    &events::EVENTS,
    &iam::IAM,
    &kinesis::KINESIS,
    &lambda::LAMBDA,
    &logs::LOGS,
    &pipes::PIPES,
    &s3::S3,
    &scheduler::SCHEDULER,
    &sns::SNS,
    &sqs::SQS,
    &ssm::SSM,
    &sts::STS,
    &tail::TAIL,
];
