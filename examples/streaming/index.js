const { setTimeout: sleep } = require('node:timers/promises');

// Server-sent events: one line for each number, as it is counted.
exports.handler = awslambda.streamifyResponse(async (event, out) => {
  const query = event.queryStringParameters ?? {};
  const to = Math.min(Number(query.to ?? 3), 100);
  out = awslambda.HttpResponseStream.from(out, {
    statusCode: 200,
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
  });
  for (let number = 1; number <= to; number++) {
    out.write(`data: ${number}\n\n`);
    await sleep(Number(query.pause ?? 200));
  }
  out.end();
});
