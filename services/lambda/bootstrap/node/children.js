// Programs and worker threads that a function starts reach the names of AWS as the function itself does: Node.js and
// Python programs are told to load what leads there (`child.js`, `python/sitecustomize.py`), in variables of their own
// environment. The function's own environment does not change.
'use strict';

const path = require('path');

const PRELOAD = path.join(__dirname, 'child.js');
const PYTHON = path.join(__dirname, 'python');
// Who gets nothing of the function's environment gets nothing of this either.
const OF_FUNCTIONS = 'AWS_LAMBDA_FUNCTION_NAME';

const isOptions = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

// What is added to a variable, behind what the application has set.
const ADDED = {
  NODE_OPTIONS: (own) => `${own === undefined ? '' : `${own} `}--require ${JSON.stringify(PRELOAD)}`,
  PYTHONPATH: (own) => (own ? `${own}${path.delimiter}${PYTHON}` : PYTHON),
};

function withNames(env) {
  if (env[OF_FUNCTIONS] === undefined || String(env.NODE_OPTIONS).includes(PRELOAD)) return env;
  const all = {};
  // Also what stands on the prototype: Node.js gives that to programs, too.
  for (const key in env) all[key] = env[key];
  for (const [key, add] of Object.entries(ADDED)) all[key] = add(all[key]);
  return all;
}

// Calls whose options stand behind others that may be left out, at `last` at most.
function withOptions(original, last) {
  return function (...args) {
    let place = args.findIndex((value, index) => index > 0 && isOptions(value));
    if (place < 0) place = Math.min(args.length, last);
    const options = isOptions(args[place]) ? args[place] : {};
    args[place] = { ...options, env: withNames(options.env || process.env) };
    return original.apply(this, args);
  };
}

let hasProcesses = false;
exports.processes = (childProcess) => {
  if (hasProcesses) return;
  hasProcesses = true;
  // Whatever does not wait for its program comes here.
  const { prototype } = childProcess.ChildProcess;
  const { spawn } = prototype;
  prototype.spawn = function (options) {
    if (isOptions(options) && Array.isArray(options.envPairs)) {
      const pairs = options.envPairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
      options.envPairs = Object.entries(withNames(Object.fromEntries(pairs))).map(([key, value]) => `${key}=${value}`);
    }
    return spawn.call(this, options);
  };
  for (const [name, last] of [['spawnSync', 2], ['execFileSync', 2], ['execSync', 1]]) {
    const patched = withOptions(childProcess[name], last);
    Object.defineProperty(patched, 'name', { value: name });
    childProcess[name] = patched;
  }
};

let hasWorkers = false;
exports.workers = (workerThreads) => {
  if (hasWorkers) return;
  hasWorkers = true;
  const Original = workerThreads.Worker;
  workerThreads.Worker = class Worker extends Original {
    constructor(file, options, ...rest) {
      const { execArgv = process.execArgv } = options || {};
      const own = Array.isArray(execArgv) ? [...execArgv, '--require', PRELOAD] : execArgv;
      super(file, { ...options, execArgv: own }, ...rest);
    }
  };
};
