// For developers: the event loop of a process that is looked into, and stack traces with the lines of the sources.
'use strict';

const fs = require('fs');
const path = require('path');

const { read, existsSync, openSync, readSync, closeSync, fstatSync } = fs;
const TAIL = 4096; // A file names its map in its last line; an inline one is longer than that, and told by its length.

// Reads frames without standing still, so that the inspector is heard between invocations.
const reader = (fd) => (then) => {
  let frame = Buffer.alloc(4);
  let filled = 0;
  const more = () =>
    read(fd, frame, filled, frame.length - filled, null, (error, got) => {
      if (error || got === 0) process.exit(0); // The host has closed the pipe.
      filled += got;
      if (filled < frame.length) return more();
      if (filled > 4) return then(frame);
      frame = Buffer.concat([frame, Buffer.alloc(frame.readUInt32LE(0))]);
      more();
    });
  more();
};

// Whether the file of a handler comes with a source map.
const hasMap = (base) => {
  const file = ['.js', '.mjs', '.cjs'].map((end) => base + end).find((name) => existsSync(name));
  if (file === undefined) return false;
  if (existsSync(`${file}.map`)) return true;
  const opened = openSync(file, 'r');
  try {
    const { size } = fstatSync(opened);
    const tail = Buffer.alloc(Math.min(TAIL, size));
    readSync(opened, tail, 0, tail.length, size - tail.length);
    const text = tail.toString('latin1');
    const last = text.slice(text.trimEnd().lastIndexOf('\n') + 1);
    return /^\/\/[#@] ?sourceMappingURL=/.test(last) || (last.length === TAIL && /^[\w+/=\s]+$/.test(last));
  } finally {
    closeSync(opened);
  }
};

// What an order asks for; gives what to read with, if not in the usual way.
module.exports = (order, fd, tell) => {
  const { inspect, maps } = order.debug;
  const base = path.basename(order.handler);
  const file = path.join(order.root, path.dirname(order.handler), base.slice(0, base.indexOf('.')));
  if (maps && process.setSourceMapsEnabled && hasMap(file)) process.setSourceMapsEnabled(true);
  if (!inspect) return undefined;
  tell(require('inspector').url());
  return reader(fd);
};
