// The floor: what Node itself does with the same answer.
const http = require("node:http");

const server = http.createServer((request, response) => {
  const body = JSON.stringify({ message: "hello", path: request.url });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
