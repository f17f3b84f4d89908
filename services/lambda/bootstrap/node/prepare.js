// Loads the built-in modules that SDKs and web frameworks load, while the process waits for its function.
'use strict';

const MODULES =
  'assert async_hooks buffer child_process crypto diagnostics_channel dns events fs fs/promises http http2 https net os path perf_hooks querystring stream stream/promises stream/web string_decoder timers timers/promises tls tty url util v8 vm worker_threads zlib';

module.exports = async () => {
  const { builtinModules } = require('module');
  for (const name of MODULES.split(' ')) if (builtinModules.includes(name)) require(name);
  // Made on first use: file and web streams, web crypto, Blob and File.
  void [require('fs').ReadStream, globalThis.ReadableStream, globalThis.crypto, globalThis.Blob, globalThis.File];
  // The loader of ES modules, which `require` also asks for `exports` of packages.
  await import('node:path');
};
