// A debugger as editors have it: finds the function by /json/list, stops at `debugger`, looks at a variable, goes on,
// and comes back to the same address when new code has replaced the process. What it sees it prints, a line each.
//
//   node --experimental-websocket debugger.mjs ADDRESS
const { host } = new URL(process.argv[2]);

const later = () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

async function connect() {
  const [target] = await (await fetch(`http://${host}/json/list`)).json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const [opened, paused, closed] = [later(), later(), later()];
  const answers = new Map();
  socket.onmessage = ({ data }) => {
    const { id, method, params, result } = JSON.parse(data);
    if (method === 'Debugger.paused') paused.resolve(params);
    if (id) answers.get(id)(result);
  };
  Object.assign(socket, { onopen: opened.resolve, onerror: opened.reject, onclose: closed.resolve });
  await opened.promise;
  const call = (method, params = {}) =>
    new Promise((resolve) => {
      answers.set(answers.size + 1, resolve);
      socket.send(JSON.stringify({ id: answers.size, method, params }));
    });
  return { target, call, paused: paused.promise, closed: closed.promise };
}

const first = await connect();
await first.call('Debugger.enable');
console.log(first.target.webSocketDebuggerUrl);
const { callFrames } = await first.paused;
const on = { callFrameId: callFrames[0].callFrameId, expression: 'event.word' };
console.log((await first.call('Debugger.evaluateOnCallFrame', on)).result.value);
await first.call('Debugger.resume');
await first.closed;
const second = await connect();
// While no invocation runs the process hears the debugger all the same.
const asked = await second.call('Runtime.evaluate', { expression: 'globalThis.state' });
console.log(second.target.webSocketDebuggerUrl, asked.result.value);
process.exit(0);
