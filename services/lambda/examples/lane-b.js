// A client of the Runtime API that does no more than it must: one connection, and the answer to one invocation in the
// same write as the request for the next one.
'use strict';

const net = require('net');

const handler = async (event) => event;
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const NEXT = `GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const socket = net.connect({ host, port: Number(port), noDelay: true });

async function answer(head, body) {
  const id = /lambda-runtime-aws-request-id: *(\S+)/i.exec(head);
  if (!id) return; // The answer to our own answer.
  const text = JSON.stringify(await handler(JSON.parse(body)));
  socket.write(
    `POST /2018-06-01/runtime/invocation/${id[1]}/response HTTP/1.1\r\nHost: ${host}\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}${NEXT}`,
  );
}

let pending = '';
socket.setEncoding('latin1');
socket.on('data', (data) => {
  pending += data;
  for (;;) {
    const end = pending.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = pending.slice(0, end);
    const length = /content-length: *(\d+)/i.exec(head);
    const all = end + 4 + (length ? Number(length[1]) : 0);
    if (pending.length < all) return;
    const body = pending.slice(end + 4, all);
    pending = pending.slice(all);
    answer(head, body);
  }
});
socket.on('close', () => process.exit(0));
socket.write(NEXT);
