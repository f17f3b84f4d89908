const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');

const topics = new SNSClient({});
const LARGE = 100;

exports.handler = async ({ order, total, placedAt }) => {
  const size = total >= LARGE ? 'large' : 'small';
  await topics.send(
    new PublishCommand({
      TopicArn: process.env.TOPIC,
      Subject: `Order ${order}`,
      Message: JSON.stringify({ order, total, placedAt, size }),
      MessageAttributes: { size: { DataType: 'String', StringValue: size } },
    })
  );
};
