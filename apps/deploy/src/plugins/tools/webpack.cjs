// Bundles functions with the project's own webpack and its configuration.
'use strict';
const { createRequire, builtinModules } = require('module');
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const need = createRequire(path.join(input.directory, 'package.json'));

const fail = (message) => {
  console.error(message);
  process.exit(1);
};

(async () => {
  // A configuration learns from `require('serverless-webpack').lib` what there is to bundle.
  let lib = {};
  try {
    lib = need('serverless-webpack').lib;
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
  Object.assign(lib, {
    entries: Object.fromEntries(input.entries.map((entry) => [entry.replace(/\.[^./]+$/, ''), `./${entry}`])),
    options: input.options,
    serverless: { service: input.service, config: { serviceDir: input.directory, servicePath: input.directory } },
    webpack: { isLocal: false },
  });
  const file = path.join(input.directory, input.config);
  let config;
  try {
    config = need(file);
  } catch (error) {
    if (error.code !== 'ERR_REQUIRE_ESM') throw error;
    config = await import(pathToFileURL(file).href);
  }
  config = await (config && config.default ? config.default : config);
  if (typeof config === 'function') config = await config();
  if (Array.isArray(config)) return fail('a list of webpack configurations is not supported');
  config = { context: input.directory, ...config, watch: false };
  if (!config.entry) config.entry = lib.entries;
  config.output = { libraryTarget: 'commonjs', filename: '[name].js', ...config.output, path: input.folder };
  const stats = await new Promise((resolve, reject) => {
    need('webpack')(config, (error, result) => (error ? reject(error) : resolve(result)));
  });
  if (stats.hasErrors()) {
    return fail(stats.toString({ all: false, errors: true, errorDetails: false, colors: false }));
  }
  const externals = new Set();
  for (const module of stats.compilation.modules) {
    if (module.constructor.name !== 'ExternalModule') continue;
    const request = String(module.userRequest || module.request);
    const name = request.startsWith('@') ? request.split('/').slice(0, 2).join('/') : request.split('/')[0];
    if (!builtinModules.includes(name) && !name.startsWith('node:') && !name.startsWith('.')) externals.add(name);
  }
  const { entrypoints } = stats.toJson({ all: false, entrypoints: true });
  const name = (asset) => (typeof asset === 'string' ? asset : asset.name);
  const entries = Object.entries(entrypoints).map(([entry, { assets: files }]) => ({ entry, files: files.map(name) }));
  const below = (folder, prefix) =>
    fs.readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
      const file = prefix + one.name;
      return one.isDirectory() ? below(path.join(folder, one.name), `${file}/`) : [file];
    });
  const outputs = below(input.folder, '');
  fs.writeFileSync(input.result, JSON.stringify({ outputs, entries, externals: [...externals] }));
})().catch((error) => fail(error.stack || String(error)));
