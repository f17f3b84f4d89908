// The stream of a streamed answer: what a handler writes goes to `begin`, once with the content type, and to `put`.
'use strict';

const { Writable } = require('stream');

module.exports = (highWaterMark, { begin, put, tooLate }) => {
  let type = 'application/octet-stream';
  let begun = false;
  const start = () => {
    if (begun) return;
    begun = true;
    begin(type);
  };
  const take = (chunk) => {
    start();
    put(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  };
  const stream = new Writable({
    highWaterMark,
    write(chunk, _encoding, callback) {
      take(chunk);
      callback();
    },
    final(callback) {
      start();
      callback();
    },
  });
  let written = false;
  const write = stream.write;
  stream.write = (chunk, encoding, callback) => {
    if (!written) {
      written = true;
      if (typeof stream._onBeforeFirstWrite === 'function') stream._onBeforeFirstWrite(take);
    }
    const plain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return write.call(stream, plain ? chunk : JSON.stringify(chunk), encoding, callback);
  };
  stream.setContentType = (value) => {
    if (written || begun) throw tooLate();
    type = value;
  };
  return stream;
};
