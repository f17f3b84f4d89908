// The Node.js runtime of functions: takes invocations from pipe 3, answers on pipe 4.
//
// A frame is a length (u32, little endian, of what follows), a kind (u8) and a body. Reading blocks on purpose: while
// no invocation runs, the thread stands still inside read(2), as Lambda freezes an environment between invocations.
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const util = require('util');
const { answerOf, isError, loggable, runtimeError } = require('./errors.js');
const { importFile, leadAll, waitForGlobals, waitForModules } = require('./lead.js');

// Kept before any user code can replace them.
const { readSync, writeSync, existsSync, readFileSync } = fs;
const immediately = setImmediate;
const nextTick = process.nextTick;
const { stringify, parse } = JSON;
const has = Object.prototype.hasOwnProperty;
const { env } = process;
const exit = process.exit.bind(process);
const now = Date.now;

const IN = 3;
const OUT = 4;
const GET = { ASSIGN: 1, INVOKE: 2, TERMINATE: 3, PREPARE: 20 };
const PUT = { READY: 1, INIT_ERROR: 2, ANSWER: 3, ERROR: 4, LOG: 5, OUTPUT: 6, STREAM: 7, CHUNK: 8, WAITING: 20, HINTS: 21, IMAGE: 22, INSPECTOR: 23 };
const HEAD = 5;

// --- frames ---

const SMALL = 65536;
const LARGE = 1 << 20; // A buffer grown beyond this is given back.
let input = Buffer.allocUnsafeSlow(SMALL);
const output = Buffer.allocUnsafeSlow(SMALL);

// Reads until `filled` bytes of the buffer are at least `end`.
let filled = 0;
function fill(end) {
  while (filled < end) {
    const got = readSync(IN, input, filled, input.length - filled, null);
    if (got === 0) exit(0); // The host has closed the pipe: the environment is not needed any more.
    filled += got;
  }
}

// Reads one frame and returns where it ends. The host sends the next one only after the answer, so nothing of it can
// be in the buffer yet.
function receive() {
  filled = 0;
  if (input.length > LARGE) input = Buffer.allocUnsafeSlow(SMALL);
  fill(HEAD);
  const end = 4 + input.readUInt32LE(0);
  if (end > input.length) {
    const larger = Buffer.allocUnsafeSlow(end);
    input.copy(larger, 0, 0, filled);
    input = larger;
  }
  fill(end);
  return end;
}

let out = OUT; // Elsewhere while nobody shall hear.
function writeAll(buffer, length) {
  let done = 0;
  while (done < length) done += writeSync(out, buffer, done, length - done);
}

function send(kind, text) {
  if (text.length * 3 + HEAD <= output.length) {
    const length = output.utf8Write(text, HEAD);
    output.writeUInt32LE(length + 1, 0);
    output[4] = kind;
    writeAll(output, length + HEAD);
  } else {
    const length = Buffer.byteLength(text);
    const frame = Buffer.allocUnsafe(length + HEAD);
    frame.utf8Write(text, HEAD);
    frame.writeUInt32LE(length + 1, 0);
    frame[4] = kind;
    writeAll(frame, frame.length);
  }
}

function sendBytes(kind, bytes) {
  const frame = Buffer.allocUnsafe(bytes.length + HEAD);
  frame.writeUInt32LE(bytes.length + 1, 0);
  frame[4] = kind;
  frame.set(bytes, HEAD);
  writeAll(frame, frame.length);
}

// --- the console ---

let requestId;

const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
let jsonLog = false;
let jsonLine;

// An error that ends an invocation or the process.
function logError(title, error) {
  if (jsonLog) console.error(title, isError(error) ? error : new Error(String(error)));
  else console.error(title, loggable(error));
}

function installConsole() {
  jsonLog = (env.AWS_LAMBDA_LOG_FORMAT || '').toUpperCase() === 'JSON';
  if (jsonLog) jsonLine = require('./jsonlog.js');
  const least = LEVELS[(env.AWS_LAMBDA_LOG_LEVEL || '').toUpperCase()] || LEVELS.TRACE;
  const text = (name, values) =>
    `${new Date().toISOString()}\t${requestId}\t${name}\t${util.format(...values)}\n`;
  const level = (name) => {
    if (LEVELS[name] < least) return () => {};
    return (...values) => send(PUT.LOG, jsonLog ? jsonLine(name, requestId, values) : text(name, values));
  };
  console.log = level('INFO');
  console.info = level('INFO');
  console.debug = level('DEBUG');
  console.warn = level('WARN');
  console.error = level('ERROR');
  console.fatal = level('FATAL');
  const trace = level('TRACE');
  console.trace = (...values) => {
    const at = {};
    Error.captureStackTrace(at, console.trace);
    trace(util.format('Trace: ' + (values.length ? '%s' : ''), util.format(...values)).trimEnd() + at.stack.slice(at.stack.indexOf('\n')));
  };
}

// What is written to the standard streams takes the same way as the console, so that the order stays. The streams are
// made only when somebody asks for them.
function installStream(name) {
  const made = Object.getOwnPropertyDescriptor(process, name);
  let stream;
  const get = () => {
    if (stream === undefined) {
      stream = made.get ? made.get.call(process) : made.value;
      stream.write = (chunk, encoding, callback) => {
        if (typeof encoding === 'function') [encoding, callback] = [undefined, encoding];
        sendBytes(PUT.OUTPUT, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
        if (callback) nextTick(callback);
        return true;
      };
    }
    return stream;
  };
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get });
}

// --- streamed answers ---

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const PIECE = 1 << 18; // Bytes of one frame.

// What comes after the end of the invocation has no reader any more.
const sink = {
  begin: (type) => {
    if (!answered) send(PUT.STREAM, type);
  },
  put: (bytes) => sendPieces(PUT.CHUNK, bytes, () => !answered),
  tooLate: () => runtimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.'),
};

function installGlobal() {
  const off = env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA;
  if (off === '1' || off === 'true') return;
  class HttpResponseStream {
    static from(stream, prelude) {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      const text = stringify(prelude);
      stream._onBeforeFirstWrite = (write) => {
        write(text);
        write(new Uint8Array(8));
      };
      return stream;
    }
  }
  const streamifyResponse = (handler, options) => {
    handler[STREAMING] = 'response';
    if (options && typeof options.highWaterMark === 'number') handler[HIGH_WATER_MARK] = options.highWaterMark;
    return handler;
  };
  globalThis.awslambda = { ...globalThis.awslambda, streamifyResponse, HttpResponseStream };
}

// Runs a handler that streams. Its answer is complete when it has returned and its stream is finished.
function runStreaming(event, context) {
  const response = require('./streaming.js')(handlerFunction[HIGH_WATER_MARK], sink);
  const returned = handlerFunction(event, response, context);
  if (!returned || typeof returned.then !== 'function') throw new Error('Streaming does not support non-async handlers.');
  const finished = new Promise((resolve, reject) => {
    response.once('finish', resolve);
    response.once('close', () => reject(new Error('Response stream is not finished.')));
  });
  // Without a handler the rejection of a stream that was destroyed would end the process before the handler's own.
  finished.catch(() => {});
  returned
    .then((value) => {
      if (value !== undefined) console.warn('Streaming handlers ignore return values.');
      return finished;
    })
    .then(() => finish(PUT.ANSWER, ''), fail);
}

// --- finding the handler ---

function isModulePackage(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const named = path.join(folder, 'package.json');
    try {
      // Asked first, because an error takes its time.
      if (existsSync(named)) return parse(readFileSync(named, 'utf8')).type === 'module';
    } catch {
      return false;
    }
    if (folder === path.dirname(folder) || path.basename(folder) === 'node_modules') return false;
  }
}

async function load(root, folder, name) {
  const file = path.resolve(root, folder, name);
  const modules = isModulePackage(file);
  if (existsSync(file) && fs.statSync(file).isFile()) return require(file);
  if (existsSync(`${file}.js`)) return modules ? importFile(`${file}.js`) : require(`${file}.js`);
  if (existsSync(`${file}.mjs`)) return importFile(`${file}.mjs`);
  if (existsSync(`${file}.cjs`)) return require(`${file}.cjs`);
  const found = require.resolve(name, { paths: [root, path.resolve(root, folder)] });
  return require(found);
}

// AWS's own words.
const NO_CALLBACKS =
  'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.';

async function findHandler(root, handler) {
  if (handler.includes('..')) {
    throw runtimeError(
      'MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(handler);
  const folder = handler.slice(0, handler.length - base.length);
  const dot = base.indexOf('.');
  if (dot < 0) throw runtimeError('MalformedHandlerName', 'Bad handler');
  const [name, member] = [base.slice(0, dot), base.slice(dot + 1)];
  let found;
  try {
    found = await load(root, folder, name);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtimeError('UserCodeSyntaxError', error);
    if (error && error.code === 'MODULE_NOT_FOUND') throw runtimeError('ImportModuleError', error);
    throw error;
  }
  const module = found;
  const within = (from) => member.split('.').reduce((outer, key) => (outer === undefined || outer === null ? undefined : outer[key]), from);
  found = within(module);
  if (modern && !found && module && module.default) found = within(module.default);
  if (found === undefined || found === null) {
    throw runtimeError('HandlerNotFound', `${handler} is undefined or not exported`);
  }
  if (typeof found !== 'function') throw runtimeError('HandlerNotFound', `${handler} is not a function`);
  if (found[STREAMING] && found[STREAMING] !== 'response') {
    throw runtimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
  }
  if (modern && found.length >= 3 && !found[STREAMING]) throw runtimeError('CallbackHandlerDeprecated', NO_CALLBACKS);
  return found;
}

// --- invocations ---

const FIXED = {};
let handlerFunction;
let answered = true;
let onEmptyLoop = null;
let receiveLater; // Where the event loop goes on between invocations.

// Since Node.js 24 there are no callbacks: what a handler returns is its answer, and the context has no ways to end.
let modern = false;

function readFixed() {
  const major = /nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV || '');
  modern = major !== null && Number(major[1]) >= 24;
  FIXED.functionVersion = env.AWS_LAMBDA_FUNCTION_VERSION;
  FIXED.functionName = env.AWS_LAMBDA_FUNCTION_NAME;
  FIXED.memoryLimitInMB = env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE;
  FIXED.logGroupName = env.AWS_LAMBDA_LOG_GROUP_NAME;
  FIXED.logStreamName = env.AWS_LAMBDA_LOG_STREAM_NAME;
}

// Everything that is ready to run does so before the thread stands still: nextTick comes after all promise callbacks.
function finish(kind, text) {
  if (answered) return;
  answered = true;
  onEmptyLoop = null;
  send(kind, text);
  nextTick(next);
}

function succeed(value) {
  if (answered) return;
  let text;
  try {
    text = stringify(value === undefined ? null : value);
    if (text === undefined) text = 'null'; // A function or symbol.
  } catch {
    return fail(new Error('Unable to stringify response body'));
  }
  finish(PUT.ANSWER, text);
}

function fail(error) {
  if (answered) return;
  if (jsonLog || isError(error)) logError('Invoke Error', error);
  else console.error('Invoke Error', loggable(wrapped(error)));
  finish(PUT.ERROR, answerOf(error));
}

const wrapped = (value) => ({ errorType: typeof value, errorMessage: String(value), stack: [] });

function next() {
  if (rehearsed) return rehearsed();
  // Handles of the last invocation may have kept the loop alive; its listener has no say in the next one.
  onEmptyLoop = null;
  if (!receiveLater) return take(receive());
  receiveLater((frame) => {
    input = frame;
    take(frame.length);
  });
}

function take(end) {
  if (input[4] === GET.TERMINATE && process.listenerCount('SIGTERM') > 0) {
    process.emit('SIGTERM', 'SIGTERM', 15); // While reading, no signal could reach the handlers.
    return;
  }
  if (input[4] !== GET.INVOKE) exit(0);
  const headEnd = 9 + input.readUInt32LE(HEAD);
  const head = input.utf8Slice(9, headEnd).split('\n');
  const event = input.utf8Slice(headEnd, end);
  // One turn of the event loop first: sockets that the other side closed meanwhile are seen as closed.
  immediately(run, head, event);
}

// head: request id, milliseconds left, invoked ARN, trace, client context (JSON or empty), identity (JSON or empty)
function run(head, text) {
  requestId = head[0];
  answered = false;
  const deadline = now() + Number(head[1]);
  trace = head[3] || undefined;
  delete env[TRACE]; // The function may have set its own.

  let result = null;
  let called = false;
  const done = (error, value) => {
    called = true;
    if (error !== undefined && error !== null) fail(error);
    else succeed(value);
  };
  // Without accessors: for each object that is written with some V8 makes a hidden class, among the objects that live
  // long, which keeps others alive. Each collection of young objects then found 300 KB in use, and none without them.
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    succeed: (value) => done(null, value),
    fail: (error) => done(error === undefined || error === null ? 'handled' : error),
    done,
    functionVersion: FIXED.functionVersion,
    functionName: FIXED.functionName,
    memoryLimitInMB: FIXED.memoryLimitInMB,
    logGroupName: FIXED.logGroupName,
    logStreamName: FIXED.logStreamName,
    clientContext: head[4] ? parse(head[4]) : undefined,
    identity: head[5] ? parse(head[5]) : undefined,
    invokedFunctionArn: head[2],
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => deadline - now(),
  };
  const callback = (error, value) => {
    if (called) return;
    called = true;
    result = () => (error !== undefined && error !== null ? fail(error) : succeed(value));
    if (!context.callbackWaitsForEmptyEventLoop) result();
  };
  // With the loop empty nothing more can happen: answer with what the callback was given, or null.
  onEmptyLoop = () => (result ? result() : succeed(null));

  try {
    if (handlerFunction[STREAMING]) {
      onEmptyLoop = null; // A stream that is never ended ends with the process.
      return runStreaming(parse(text), context);
    }
    if (modern) {
      onEmptyLoop = null; // A promise that never settles ends with the process.
      const { callbackWaitsForEmptyEventLoop, succeed: _s, fail: _f, done: _d, ...kept } = context;
      Promise.resolve(handlerFunction(parse(text), kept)).then(succeed, fail);
      return;
    }
    const returned = handlerFunction(parse(text), context, callback);
    if (returned && typeof returned.then === 'function') {
      onEmptyLoop = () => succeed(null); // A promise that can never settle.
      returned.then(succeed, fail);
    }
  } catch (error) {
    fail(error);
  }
}

// The error ends the invocation, then the process: what it left behind cannot be trusted.
function fatal(title, error, status) {
  if (rehearsing) return;
  logError(title, error);
  if (!answered) {
    answered = true;
    send(PUT.ERROR, answerOf(error));
  } else if (!handlerFunction) {
    send(PUT.INIT_ERROR, answerOf(error));
  }
  exit(status);
}

process.on('uncaughtException', (error) => fatal('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason, promise) => {
  const error = runtimeError('UnhandledPromiseRejection', String(reason));
  error.reason = reason;
  error.promise = promise;
  fatal('Unhandled Promise Rejection', error, 128);
});
process.on('beforeExit', () => {
  if (onEmptyLoop) immediately(onEmptyLoop);
});

// The trace of the invocation looks like an environment variable, but stands on the prototype of process.env and not in
// the environment of the process: setenv(3) of the C library keeps every value that it was ever given, so that a busy
// function would fill its memory with old traces. Programs that the function starts inherit it all the same.
let trace;
const TRACE = '_X_AMZN_TRACE_ID';

function installTrace() {
  const get = () => trace;
  const holder = Object.create(Object.getPrototypeOf(env), { [TRACE]: { configurable: true, enumerable: true, get } });
  Object.setPrototypeOf(env, holder);
}

function sendPieces(kind, bytes, isWanted) {
  for (let at = 0; at < bytes.length && isWanted(); at += PIECE) sendBytes(kind, bytes.subarray(at, at + PIECE));
}

// V8 compiles a function when it is called first, and so does Node.js with those of its own. While a process waits there
// is time to start and to invoke a function of ours, as it is and from an image; its answers go nowhere. Nothing of it
// is left when the process gets its function but what V8 knows.
let rehearsed;

async function rehearse() {
  out = fs.openSync('/dev/null', 'w');
  try {
    install({ root: process.cwd() });
    for (const begin of [() => () => {}, await require('./compiled.js').rehearsal()]) {
      const end = begin();
      handlerFunction = await findHandler(__dirname, 'rehearsal.handler');
      await new Promise((resolve) => {
        rehearsed = resolve;
        const head = '\n1000\n\n\n\n';
        input[4] = GET.INVOKE;
        input.writeUInt32LE(head.length, HEAD);
        take(9 + input.utf8Write(`${head}{"rehearsal":true}`, 9));
      });
      end();
    }
  } catch {
    // Whatever it is, the function meets it by itself.
  }
  fs.closeSync(out);
  out = OUT;
  delete globalThis.awslambda;
  rehearsed = handlerFunction = requestId = trace = undefined;
  answered = true;
}

// In a process that makes an image nothing that goes wrong matters but to the image.
let rehearsing = false;

async function makeImage(order) {
  let load;
  if (order.handler) {
    rehearsing = true;
    install(order);
    load = () => findHandler(order.root, order.handler);
  }
  const image = await require('./compiled.js').make(order.make, load);
  sendPieces(PUT.IMAGE, image, () => true);
  send(PUT.READY, '');
  exit(0);
}

// What the function finds when its code begins.
function install(order) {
  process.chdir(order.root);
  readFixed();
  installConsole();
  installGlobal();
}

// Reads what says that the function's files are there.
function pass(gate) {
  if (readSync(gate, input, 0, 1, null) === 0) exit(0); // They never will be.
  fs.closeSync(gate);
}

async function main() {
  waitForModules();
  waitForGlobals();
  installTrace();
  installStream('stdout');
  installStream('stderr');
  let gate;
  let end = receive();
  if (input[4] === GET.PREPARE) {
    // Booted ahead of need: everything until ASSIGN is the same for all functions.
    const order = parse(input.utf8Slice(HEAD, end));
    gate = order.gate;
    if (order.modules) {
      await require('./prepare.js')();
      leadAll();
    }
    await rehearse();
    send(PUT.WAITING, '[]');
    end = receive();
  }
  if (input[4] !== GET.ASSIGN) exit(0);
  const order = parse(input.utf8Slice(HEAD, end));
  if (order.env) {
    // Only what differs: when TZ is touched, V8 looks through all time zones of the system for its own.
    for (const key of Object.keys(env)) if (!has.call(order.env, key)) delete env[key];
    for (const key of Object.keys(order.env)) if (env[key] !== order.env[key]) env[key] = order.env[key];
    Module._initPaths(); // NODE_PATH may have changed.
  }
  if (gate !== undefined) pass(gate);
  if (order.make) return makeImage(order);
  install(order);
  if (order.debug) receiveLater = require('./debug.js')(order, IN, (address) => send(PUT.INSPECTOR, address));
  let release;
  try {
    release = order.image && existsSync(order.image) && require('./compiled.js').install(order.image);
  } catch {
    // An image that cannot be read is no reason not to start: modules are loaded in the normal way.
  }
  try {
    handlerFunction = await findHandler(order.root, order.handler);
  } catch (error) {
    logError('Uncaught Exception', error);
    send(PUT.INIT_ERROR, answerOf(error));
    exit(129);
  }
  if (release) release();
  if (order.hints) send(PUT.HINTS, stringify(require('./compiled.js').hints()));
  send(PUT.READY, '');
  immediately(next);
}

main();
