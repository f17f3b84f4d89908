// Prints what one access to memory takes when nothing is near: nanoseconds for 1, 16 and 64 MB, as JSON. Each address is
// found in the one before, so accesses cannot run ahead of each other.
'use strict';

const ACCESSES = 2_000_000;

function nanoseconds(megabytes) {
  const lines = (megabytes << 20) / 64;
  const order = Uint32Array.from({ length: lines }, (_, index) => index);
  for (let last = lines - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * last);
    [order[last], order[other]] = [order[other], order[last]];
  }
  const next = new Uint32Array(lines * 16); // One of 16 words in each line of 64 bytes.
  for (let index = 0; index < lines; index++) next[order[index] * 16] = order[(index + 1) % lines] * 16;
  let at = 0;
  for (let count = 0; count < lines; count++) at = next[at];
  const started = process.hrtime.bigint();
  for (let count = 0; count < ACCESSES; count++) at = next[at];
  const elapsed = Number(process.hrtime.bigint() - started) / ACCESSES;
  return at === -1 ? NaN : elapsed;
}

console.log(JSON.stringify([1, 16, 64].map(nanoseconds)));
