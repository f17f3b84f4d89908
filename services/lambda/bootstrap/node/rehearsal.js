// The function that processes start and invoke while they wait: see `rehearse` in index.js.
'use strict';

exports.handler = async (event) => {
  console.log('%s', 'rehearsal', event);
  return event;
};
