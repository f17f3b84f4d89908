// Where `require` finds the modules of an image. Node.js would look for each in many folders, and read the package.json of
// every package on the way. What it has found in files that never change it finds again, as long as nobody changes how it
// looks.
'use strict';

const Module = require('module');
const { dirname } = require('path');

const WAYS = ['_findPath', '_nodeModulePaths', '_resolveLookupPaths'];
const originals = WAYS.map((name) => Module[name]);
const RELATIVE = /^\.\.?(\/|$)/;
const ABSOLUTE_OR_OWN = /^[/#]/;

const isUntouched = () => WAYS.every((name, index) => Module[name] === originals[index]);

// Where a module of a folder looks for packages, before it looks where all do.
const known = new Map();
function foldersOf(folder) {
  let folders = known.get(folder);
  if (folders === undefined) known.set(folder, (folders = Module._nodeModulePaths(folder)));
  return folders;
}

// Whether a module looks as modules of its folder do: it may have folders of its own.
function looksAsOthers(parent, folder) {
  const folders = foldersOf(folder);
  const { paths } = parent;
  return Array.isArray(paths) && paths.length === folders.length && folders.every((one, index) => one === paths[index]);
}

const isAsked = (request, parent, options) =>
  typeof request === 'string' && !options && parent && typeof parent.filename === 'string';

// Notes what is found from now on. Gives a function that tells it.
exports.note = (isOurs) => {
  const places = new Map();
  const find = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    const file = find.apply(this, arguments);
    if (isAsked(request, parent, options) && isOurs(parent.filename) && isOurs(file) && !ABSOLUTE_OR_OWN.test(request)) {
      const folder = dirname(parent.filename);
      // What is found where all look may be found elsewhere with other variables.
      const isNear = looksAsOthers(parent, folder) && foldersOf(folder).some((one) => file.startsWith(`${one}/`));
      if (RELATIVE.test(request) || isNear) places.set(`${folder}\0${request}`, file);
    }
    return file;
  };
  return () => (isUntouched() ? Array.from(places) : []);
};

// Finds modules at places that were noted.
exports.use = (noted) => {
  const places = new Map(noted);
  const find = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    if (isAsked(request, parent, options)) {
      const folder = dirname(parent.filename);
      const file = places.get(`${folder}\0${request}`);
      if (file !== undefined && isUntouched() && (RELATIVE.test(request) || looksAsOthers(parent, folder))) return file;
    }
    return find.apply(this, arguments);
  };
};
