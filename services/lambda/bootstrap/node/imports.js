// `import()` in modules of an image, where V8 forgets with code from a cache how such a call finds modules (Node.js 20).
// The calls get another name of the same length, under which the module finds a function that imports for it; nothing else
// of it moves. What is a call, V8 itself says: it reads the text with something else at that place.
'use strict';

const vm = require('vm');

const IMPORT = 'import';
const SAYS_IMPORT = /\bimport\s*(\(|\/[*/])/g;
const PLACES_MAX = 32;
// Not in the text already, and as long as what they stand for.
const NAMES = ['$mport', '_mport', 'im$ort', 'im_ort'];

// Whether a text is one that V8 understands, down to the functions that it does not compile yet.
function isUnderstood(text) {
  try {
    return new vm.Script(`(function () {${text}\n})`) !== undefined;
  } catch {
    return false;
  }
}

// A text that names its calls of `import()` otherwise, and that name: the text as it is and no name when there are none.
// Nothing when something else says so, such as a text for `eval`.
exports.renamed = (text) => {
  const places = Array.from(text.matchAll(SAYS_IMPORT), (match) => match.index);
  if (places.length > PLACES_MAX) return undefined;
  const withAt = (place, other) => text.slice(0, place) + other + text.slice(place + IMPORT.length);
  const stands = (place, other) => isUnderstood(withAt(place, other));
  const calls = [];
  for (const place of places) {
    // Whatever breaks code, texts and patterns breaks no comment.
    if (stands(place, '`\\u\n')) continue;
    const isCode = !stands(place, 'import)') && stands(place, 'import\n');
    // A property or a method may have that name, too.
    if (!isCode || !stands(place, 'void import')) return undefined;
    calls.push(place);
  }
  if (calls.length === 0) return { text };
  const name = NAMES.find((one) => !text.includes(one));
  if (name === undefined) return undefined;
  let other = text;
  for (const place of calls) other = other.slice(0, place) + name + other.slice(place + IMPORT.length);
  return isUnderstood(other) ? { text: other, name } : undefined;
};

const SOURCE = '(specifier, options) => (options === undefined ? import(specifier) : import(specifier, options))';

// What imports for a module.
exports.importer = (filename, loader) => {
  let imports;
  return (...given) => {
    imports = imports || new vm.Script(SOURCE, { filename, importModuleDynamically: loader }).runInThisContext();
    return imports(...given);
  };
};
