// Greets who is named in the query string, and says which kind of API asked.
exports.handler = async (event, context) => {
  const name = event.queryStringParameters?.name ?? 'world';
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', 'access-control-allow-origin': '*' },
    body: JSON.stringify({
      message: `${process.env.GREETING}, ${name}!`,
      api: event.version === '2.0' ? 'http' : 'rest',
      function: context.functionName,
    }),
  };
};
