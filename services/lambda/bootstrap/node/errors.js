// Errors: the runtime's own, and how the errors of a function look to its callers and in its log.
'use strict';

const util = require('util');

const { stringify } = JSON;

class RuntimeError extends Error {}
function runtimeError(kind, reason) {
  class Named extends RuntimeError {}
  // On the prototype before the stack is taken, so that the first line of the stack carries the name.
  Named.prototype.name = `Runtime.${kind}`;
  const error = new Named(reason);
  if (reason instanceof Error && kind === 'UserCodeSyntaxError') error.stack = `${Named.prototype.name}: ${reason.stack}`;
  return error;
}

const isError = (value) =>
  util.types.isNativeError(value) || (value && value.name && value.message && value.stack && true);

// What the caller of the function sees.
function answerOf(error) {
  try {
    if (isError(error)) {
      return stringify({ errorType: error.name, errorMessage: error.message, trace: error.stack.split('\n') });
    }
    return stringify({ errorType: typeof error, errorMessage: String(error), trace: [] });
  } catch {
    return stringify({
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    });
  }
}

// What the log shows: the same with every own property of the error.
function loggable(error) {
  try {
    return '\t' + stringify(error, (_key, value) => {
      if (!(value instanceof Error)) return value;
      const shown = { errorType: value.name, errorMessage: value.message };
      if (value.code !== undefined) shown.code = value.code;
      Object.assign(shown, value);
      shown.stack = typeof value.stack === 'string' ? value.stack.split('\n') : value.stack;
      return shown;
    });
  } catch {
    return '\t' + answerOf(error);
  }
}

module.exports = { answerOf, isError, loggable, runtimeError };
