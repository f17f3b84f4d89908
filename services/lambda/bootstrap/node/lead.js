// Names of AWS lead to this cloud: redirect.js takes care of the function itself, children.js of what it starts. Both are
// loaded with the first module that connects, or starts something.
'use strict';

const Module = require('module');
const path = require('path');
const { readFileSync } = require('fs');
const { pathToFileURL } = require('url');

const { parse } = JSON;

let led = false;

function leadNames(alsoTls) {
  led = led || alsoTls;
  require('./redirect.js').lead(() => parse(readFileSync(path.join(__dirname, 'names.json'), 'utf8')), alsoTls);
}

const leadProcesses = () => require('./children.js').processes(require('child_process'));
const leadWorkers = () => require('./children.js').workers(require('worker_threads'));

// For `import { Worker } from 'worker_threads'`, too.
function leadAll() {
  leadNames(true);
  leadProcesses();
  leadWorkers();
  Module.syncBuiltinESMExports();
}
exports.leadAll = leadAll;

// What is done when a module has been loaded.
const STEPS = new Map([
  ['net', () => leadNames(false)],
  ['http', () => leadNames(false)],
  ['tls', () => leadNames(true)],
  ['https', () => leadNames(true)],
  ['http2', () => leadNames(true)],
  ['child_process', leadProcesses],
  ['cluster', leadProcesses],
  ['worker_threads', leadWorkers],
]);

exports.waitForModules = () => {
  const loading = Module._load;
  Module._load = function (request) {
    const loaded = loading.apply(this, arguments);
    if (STEPS.size > 0 && typeof request === 'string') {
      const name = request.startsWith('node:') ? request.slice(5) : request;
      const step = STEPS.get(name);
      if (step !== undefined) {
        STEPS.delete(name); // First, as the step loads modules itself.
        step();
      }
    }
    return loaded;
  };
};

// `fetch` and its kin load what they need without asking the loader of modules.
exports.waitForGlobals = () => {
  if (typeof fetch === 'function') {
    const original = fetch;
    globalThis.fetch = function fetch(_input, _init = undefined) {
      if (!led) leadNames(true);
      return original.apply(this, arguments);
    };
  }
  const found = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  if (!found || !found.get) return;
  const get = () => {
    if (!led) leadNames(true);
    Object.defineProperty(globalThis, 'WebSocket', found);
    return globalThis.WebSocket;
  };
  Object.defineProperty(globalThis, 'WebSocket', { ...found, get });
};

// Nobody hears what an ES module imports, so one that imports anything has no time to wait.
exports.importFile = (file) => {
  if (!led && /\bimport\b/.test(readFileSync(file, 'latin1'))) leadAll();
  return import(pathToFileURL(file).href);
};
