// Loads the project's own JavaScript and TypeScript for the configuration reader, in the project's own Node.
// One JSON message a line in each direction. What the project prints goes to standard error, so that it cannot be
// taken for a message; our own lines begin with a mark that the project does not know.
'use strict';
const fs = require('fs');
const Module = require('module');
const path = require('path');
const { pathToFileURL } = require('url');

const mark = process.argv[1];
process.argv.length = 1;
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
const send = (message) => write(`${mark}${JSON.stringify(message)}\n`);

let nextQuestion = 0;
const questions = new Map();
const ask = (task, question) =>
  new Promise((resolve, reject) => {
    const id = ++nextQuestion;
    questions.set(id, { resolve, reject });
    send({ task, ask: id, ...question });
  });

const describe = (error) => (error && error.stack ? error.stack : String(error));

let typescriptReady = false;
function readyForTypeScript(file) {
  if (typescriptReady) return true;
  const need = Module.createRequire(file);
  const find = (name, from = need) => {
    try {
      return from(name);
    } catch (error) {
      if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return null;
      throw error;
    }
  };
  const beside = (host, name) => {
    try {
      return find(name, Module.createRequire(need.resolve(`${host}/package.json`)));
    } catch {
      return null;
    }
  };
  const esbuild = find('esbuild') || beside('tsx', 'esbuild');
  const typescript = esbuild ? null : find('typescript') || beside('ts-node', 'typescript');
  let compile;
  if (esbuild) {
    compile = (text, name) =>
      esbuild.transformSync(text, { loader: 'ts', format: 'cjs', target: 'node16', sourcefile: name }).code;
  } else if (typescript) {
    const { ModuleKind, ScriptTarget } = typescript;
    compile = (text, fileName) =>
      typescript.transpileModule(text, {
        fileName,
        compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2020, esModuleInterop: true },
      }).outputText;
  } else {
    return false;
  }
  const paths = find('tsconfig-paths');
  if (paths) {
    const found = paths.loadConfig(path.dirname(file));
    if (found.resultType === 'success') {
      paths.register({ baseUrl: found.absoluteBaseUrl, paths: found.paths });
    }
  }
  for (const extension of ['.ts', '.cts']) {
    Module._extensions[extension] = (module, name) => module._compile(compile(fs.readFileSync(name, 'utf8'), name), name);
  }
  typescriptReady = true;
  return true;
}

// A module's exports; a module namespace counts as its default export unless the wanted name is exported beside it.
async function load(file, wanted) {
  const asModule = async () => {
    const namespace = await import(pathToFileURL(file).href);
    if (wanted !== undefined && wanted in namespace) return namespace;
    return 'default' in namespace ? namespace.default : namespace;
  };
  const extension = path.extname(file);
  if (extension === '.mjs' || extension === '.mts') return asModule();
  if (extension === '.ts' || extension === '.cts') {
    if (!readyForTypeScript(file)) {
      if (process.features.typescript) return asModule();
      const error = new Error('it needs a TypeScript compiler: add "typescript", "esbuild" or "tsx" to the project');
      error.stack = error.message;
      throw error;
    }
  }
  try {
    const exported = Module.createRequire(file)(file);
    return exported && exported.__esModule && 'default' in exported && !(wanted !== undefined && wanted in exported)
      ? exported.default
      : exported;
  } catch (error) {
    if (error && error.code === 'ERR_REQUIRE_ESM') return asModule();
    throw error;
  }
}

class Failure extends Error {}

async function config({ file }) {
  try {
    return await load(file);
  } catch (error) {
    throw new Failure(`Cannot load "${path.basename(file)}": Initialization error: ${describe(error)}`);
  }
}

async function variable({ id, file, name, address, options }) {
  const base = path.basename(file);
  const keys = address === undefined || address === null ? [] : address.split('.');
  let called = false;
  const call = async (value, message) => {
    if (typeof value !== 'function' || called) return value;
    called = true;
    try {
      return await value({
        options,
        resolveConfigurationProperty: (property) => ask(id, { property }),
        resolveVariable: (text) => ask(id, { text: `\${${text}}` }),
      });
    } catch (error) {
      if (error && error.passed) throw error;
      throw new Failure(`${message}: ${describe(error)}`);
    }
  };
  let value;
  try {
    value = await load(file, keys[0]);
  } catch (error) {
    throw new Failure(`Cannot load "${name}": Initialization error: ${describe(error)}`);
  }
  value = await call(value, `Cannot resolve "${base}": Returned JS function errored with`);
  for (const key of keys) {
    if (value === null || value === undefined) return null;
    value = await call(await value[key], `Cannot resolve "${address}" out of "${base}": Received rejection`);
  }
  return value;
}

const tasks = {
  config,
  variable,
  // The project's own files that were loaded so far, packages left out.
  modules: async ({ directory }) =>
    Object.keys(Module._cache)
      .map((file) => path.relative(directory, file))
      .filter((file) => !file.startsWith('..') && !file.split(path.sep).includes('node_modules')),
  environment: async ({ values }) => {
    Object.assign(process.env, values);
    return null;
  },
};

async function perform(message) {
  let reply;
  try {
    const value = await tasks[message.do](message);
    const text = JSON.stringify(value === undefined ? null : value);
    if (text === undefined) throw new Failure(`Source returned not supported result: "${String(value)}"`);
    reply = { task: message.id, value: JSON.parse(text) };
  } catch (error) {
    if (error && error.passed) reply = { task: message.id, passed: true };
    else reply = { task: message.id, error: error instanceof Failure ? error.message : describe(error) };
  }
  send(reply);
}

let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const message = JSON.parse(line);
    if (message.answer === undefined) {
      perform(message);
      continue;
    }
    const question = questions.get(message.answer);
    questions.delete(message.answer);
    if ('value' in message) question.resolve(message.value);
    else question.reject(Object.assign(new Error(message.error), { passed: true }));
  }
});
process.stdin.on('end', () => process.exit(0));
