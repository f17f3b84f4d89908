// The function image: the sources of a function's CommonJS modules, V8's code for them, and where `require` found them,
// in one file. It is made by a process of its own that never sees an event (`make`); a function's own process only tells
// which modules it has loaded (`hints`), and later loads them from the image (`install`). Everything that is not in the
// image, or not as it was, goes Node's own way.
//
// The file: its length in bytes of the index (u32, little endian), the index as JSON, then sources and code.
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');

const { openSync, readSync, closeSync, readFileSync } = fs;
const { dirname } = path;
const apply = Reflect.apply;
const FORMAT = 3;
const MODULES_MAX = 4000;
const FOUND_MAX = 8000;
const IMAGE_BYTES_MAX = 32 << 20;
const REHEARSAL_MILLIS = 5000;
const ROOTS = ['/var/task/', '/opt/', '/node_modules/', '/var/runtime/node_modules/'];

const originalWrap = Module.wrap;
const [before, after] = [Module.wrapper[0], Module.wrapper[1]];
// Modules that say `import()`, be it in a text for `eval`, have to be told how it finds modules: as it does elsewhere.
const IMPORTS = /\bimport\s*(\(|\/[*/])/;
const LOADER = vm.constants && vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER; // Since Node.js 20.12.

const REHEARSAL = path.join(__dirname, 'rehearsal.js');
const isOurs = (file) => (file === REHEARSAL || ROOTS.some((root) => file.startsWith(root))) && !file.includes('\0');

// How a module imports: not at all, as modules do elsewhere, or by another name (imports.js).
const NEVER = 0;
const ITSELF = 1;
const BY_NAME = 2;

// A module's script as an image has it. The wrapper stands before the first line; columns are counted from where the
// module's own text begins, at `start`.
function compile(source, start, filename, cachedData, imports) {
  const options = { filename, columnOffset: -start, cachedData };
  if (imports === ITSELF) {
    withoutWarning();
    options.importModuleDynamically = LOADER;
  }
  return new vm.Script(source, options);
}

// Node.js would say in the log of the function that the loader is an experiment, which the function itself does not use.
let isQuiet = false;
function withoutWarning() {
  if (isQuiet) return;
  isQuiet = true;
  const { emitWarning } = process;
  process.emitWarning = function (warning) {
    const isOurs = typeof warning === 'string' && warning.startsWith('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER ');
    return isOurs ? undefined : emitWarning.apply(this, arguments);
  };
}

// What every module is given, as Node.js does it.
function runModule(script, imports, module, filename) {
  let run = script.runInThisContext();
  if (imports === BY_NAME) {
    withoutWarning();
    run = run(require('./imports.js').importer(filename, LOADER));
  }
  const own = module.exports;
  return apply(run, own, [own, requireOf(module), module, filename, dirname(filename)]);
}

// --- in the function's process ---

function requireOf(module) {
  const require = function require(id) {
    return module.require(id);
  };
  require.resolve = function resolve(request, options) {
    // Node's own words for a request that is no text.
    if (typeof request !== 'string') return Module.createRequire(module.filename).resolve(request, options);
    return Module._resolveFilename(request, module, false, options);
  };
  require.resolve.paths = function paths(request) {
    if (typeof request !== 'string') return Module.createRequire(module.filename).resolve.paths(request);
    return Module._resolveLookupPaths(request, module);
  };
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

exports.install = (file) => use(readFileSync(file), file);

function use(data, file) {
  const base = 4 + data.readUInt32LE(0);
  const index = JSON.parse(data.utf8Slice(4, base));
  const whole = data.length === base + index.length;
  if (!whole || index.format !== FORMAT || index.node !== process.version) return () => {};
  const files = new Map(Object.entries(index.files));
  const part = (start, length) => {
    if (data !== null) return data.subarray(base + start, base + start + length);
    const bytes = Buffer.allocUnsafeSlow(length);
    const open = openSync(file, 'r');
    try {
      if (readSync(open, bytes, 0, length, base + start) !== length) throw new Error('the image is cut off');
    } finally {
      closeSync(open);
    }
    return bytes;
  };
  const found = Module._pathCache;
  for (const [key, filename] of index.found) found[key] = filename;
  if (index.places.length > 0) require('./places.js').use(index.places);

  const originalCompile = Module.prototype._compile;
  const normally = Module._extensions['.js'];
  const changed = (module) =>
    module._compile !== originalCompile ||
    Module.wrap !== originalWrap ||
    Module.wrapper[0] !== before ||
    process.sourceMapsEnabled === true;
  Module._extensions['.js'] = function (module, filename) {
    const entry = files.get(filename);
    if (entry === undefined || changed(module)) return normally(module, filename);
    const [latin1, start, sourceStart, sourceLength, codeStart, codeLength, imports] = entry;
    let script;
    try {
      const text = part(sourceStart, sourceLength);
      const source = latin1 ? text.latin1Slice() : text.ucs2Slice();
      script = compile(source, start, filename, part(codeStart, codeLength), imports);
    } catch {
      files.delete(filename);
      return normally(module, filename);
    }
    return runModule(script, imports, module, filename);
  };
  // Modules that are loaded later are read from the file, so that it need not stay in memory.
  return () => {
    data = null;
  };
}

// What the function has loaded, for the process that makes the image.
exports.hints = () => {
  const modules = Object.keys(Module._cache).filter((file) => isOurs(file) && /\.c?js$/.test(file));
  const found = Object.entries(Module._pathCache).filter(([, file]) => isOurs(file));
  return { modules: modules.slice(0, MODULES_MAX), found: found.slice(0, FOUND_MAX) };
};

// --- in the process that makes the image ---

function isCommonJs(file) {
  if (file.endsWith('.cjs')) return true;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (path.basename(folder) === 'node_modules') return true;
    try {
      return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).type !== 'module';
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') return false;
    }
    if (folder === dirname(folder)) return true;
  }
}

// Whether `import()` works in code that comes from a cache. Older versions of V8 forget with the code who loads modules.
async function keepsImports() {
  if (LOADER === undefined) return false;
  try {
    const source = "() => import('node:path')";
    const cachedData = compile(source, 0, '/made', undefined, ITSELF).createCachedData();
    // Under another name: V8 remembers what it has just compiled.
    await compile(source, 0, '/kept', cachedData, ITSELF).runInThisContext()();
    return true;
  } catch {
    return false;
  }
}

// A module as an image can hold it: its source, where its own text starts in it, how it imports, and its script. None for
// all others.
function scriptOf(file, keeps) {
  try {
    if (!isOurs(file) || fs.realpathSync(file) !== file || !isCommonJs(file)) return undefined;
    const text = readFileSync(file, 'utf8');
    if (text.startsWith('#!')) return undefined;
    const made = { source: before + text + after, start: before.length, imports: NEVER };
    if (IMPORTS.test(text) && keeps) {
      made.imports = ITSELF;
    } else if (IMPORTS.test(text)) {
      const other = LOADER === undefined ? undefined : require('./imports.js').renamed(text);
      if (other === undefined) return undefined;
      if (other.name !== undefined) {
        const head = `(function (${other.name}) { return ${before}`;
        Object.assign(made, { source: `${head}${other.text}${after.replace(/;$/, '')}})`, start: head.length, imports: BY_NAME });
      }
    }
    return { ...made, script: compile(made.source, made.start, file, undefined, made.imports) };
  } catch {
    return undefined; // Not readable, or no CommonJS: the function loads it in the normal way and says so itself.
  }
}

// Loads the function as its own process does, so that V8 compiles what is called meanwhile; everything else in a module
// it leaves uncompiled. (It could be told otherwise, --no-lazy, but then functions lose the names that stack traces show,
// such as `exports.handler`.) Gives what was loaded, by name, and where it was found.
async function rehearse(load, keeps) {
  const scripts = new Map();
  const places = require('./places.js').note(isOurs);
  const normally = Module._extensions['.js'];
  Module._extensions['.js'] = function (module, filename) {
    const made = scriptOf(filename, keeps);
    if (made === undefined) return normally(module, filename);
    scripts.set(filename, made);
    return runModule(made.script, made.imports, module, filename);
  };
  let timer;
  const enough = new Promise((resolve) => (timer = setTimeout(resolve, REHEARSAL_MILLIS)));
  // It may lack here what it needs; what it has compiled until then is as good.
  await Promise.race([load().catch(() => {}), enough]);
  clearTimeout(timer);
  return { scripts, places: places().slice(0, FOUND_MAX) };
}

// Compiles what is loaded by name. Hints that do not hold are left out: a module is what the file says, and a place is
// where Node finds it. `load` loads the function; without it nothing of it is run.
exports.make = async (hints, load) => make(hints, load, await keepsImports());

async function make(hints, load, keeps) {
  const { createCachedData } = vm.Script.prototype;
  const rehearsed = load === undefined ? { scripts: new Map(), places: [] } : await rehearse(load, keeps);
  const scripts = [];
  for (const file of hints.modules) {
    const made = rehearsed.scripts.get(file) || scriptOf(file, keeps);
    if (made !== undefined) scripts.push([file, made]);
  }
  const parts = [];
  let length = 0;
  const put = (bytes) => {
    parts.push(bytes);
    length += bytes.length;
    return [length - bytes.length, bytes.length];
  };
  const files = {};
  for (const [file, { source, start, script, imports }] of scripts) {
    const code = apply(createCachedData, script, []);
    const latin1 = !/[^\0-\xff]/.test(source);
    const text = Buffer.from(source, latin1 ? 'latin1' : 'utf16le');
    if (length + text.length + code.length > IMAGE_BYTES_MAX) break;
    files[file] = [latin1, start, ...put(text), ...put(code), imports];
  }
  const { places } = rehearsed;
  const placed = new Set(places.map(([key]) => key));
  const found = [];
  for (const [key, file] of hints.found) {
    const [request, ...paths] = key.split('\0');
    if (placed.has(`${(paths[0] || '').replace(/\/node_modules$/, '')}\0${request}`)) continue;
    if (isOurs(file) && Module._findPath(request, paths, false) === file) found.push([key, file]);
  }
  const index = Buffer.from(JSON.stringify({ format: FORMAT, node: process.version, length, files, found, places }));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(index.length);
  return Buffer.concat([head, index, ...parts]);
}

// For a process that waits: gives a function that loads a module of ours from an image, which gives one that forgets it.
exports.rehearsal = async () => {
  for (const file of ['./imports.js', './places.js']) require(file);
  const image = await make({ modules: [REHEARSAL], found: [] }, undefined, false);
  return () => {
    const normally = Module._extensions['.js'];
    forget();
    const release = use(image, REHEARSAL);
    return () => {
      release();
      exports.hints();
      Module._extensions['.js'] = normally;
      forget();
    };
  };
};

function forget() {
  delete Module._cache[REHEARSAL];
  for (const [key, file] of Object.entries(Module._pathCache)) if (file === REHEARSAL) delete Module._pathCache[key];
  const { children } = process.mainModule;
  process.mainModule.children = children.filter((child) => child.filename !== REHEARSAL);
}
