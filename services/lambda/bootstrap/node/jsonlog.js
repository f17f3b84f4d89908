// One line of a log in the JSON format. A single value keeps its form.
'use strict';

const { format } = require('util');
const { stringify } = JSON;

function described(error) {
  const stackTrace = typeof error.stack === 'string' ? error.stack.split('\n') : [];
  const { constructor } = error;
  return { errorType: (constructor && constructor.name) || 'UnknownError', errorMessage: error.message, stackTrace };
}

module.exports = (level, requestId, values) => {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  if (values.length < 2) {
    line.message = values[0];
    try {
      return stringify(line, (_key, value) => (value instanceof Error ? described(value) : value)) + '\n';
    } catch {
      line.message = format(values[0]); // It holds itself, or a BigInt.
      return stringify(line) + '\n';
    }
  }
  line.message = format(...values);
  const error = values.slice(1).find((value) => value instanceof Error);
  return stringify(error ? Object.assign(line, described(error)) : line) + '\n';
};
