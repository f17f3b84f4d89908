// Bundles functions with the project's own esbuild.
'use strict';
const { createRequire } = require('module');
const fs = require('fs');
const path = require('path');

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const need = createRequire(path.join(input.directory, 'package.json'));

// Settings of the plugin itself, which esbuild does not know.
const OWN = [
  'concurrency', 'zipConcurrency', 'exclude', 'nativeZip', 'packager', 'packagePath', 'watch', 'keepOutputDirectory',
  'packagerOptions', 'installExtraArgs', 'outputFileExtension', 'outputBuildFolder', 'outputWorkFolder', 'nodeExternals',
  'skipBuild', 'skipRebuild', 'skipBuildExcludeFns', 'stripEntryResolveExtensions', 'disposeContext', 'config',
];

const list = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const plain = (module) => (module && module.__esModule ? module.default : module);

(async () => {
  const serverless = { service: input.service, config: { serviceDir: input.directory, servicePath: input.directory } };
  let settings = input.settings;
  if (typeof settings.config === 'string') {
    settings = plain(need(path.join(input.directory, settings.config)))(serverless);
  }
  let plugins = settings.plugins;
  if (typeof plugins === 'string') {
    plugins = plain(need(path.join(input.directory, plugins)));
    if (typeof plugins === 'function') plugins = plugins(serverless);
  }
  const exclude = list(settings.exclude === undefined ? ['aws-sdk'] : settings.exclude);
  const options = { bundle: true, platform: 'node', target: input.target, ...settings, plugins: plugins || [] };
  for (const name of OWN) delete options[name];
  const extension = settings.outputFileExtension || '.js';
  if (extension !== '.js') options.outExtension = { '.js': extension };
  const result = await need('esbuild').build({
    ...options,
    external: [...list(settings.external), ...exclude.filter((name) => name !== '*')],
    entryPoints: input.entries,
    outdir: input.folder,
    outbase: input.directory,
    absWorkingDir: input.directory,
    metafile: true,
    write: true,
    logLevel: 'silent',
  });
  const outputs = Object.entries(result.metafile.outputs).map(([file, output]) => ({
    file: path.relative(input.folder, path.resolve(input.directory, file)),
    externals: output.imports.filter((one) => one.external).map((one) => one.path),
  }));
  const packed = list(settings.external).filter((name) => !exclude.includes(name) && !exclude.includes('*'));
  fs.writeFileSync(input.result, JSON.stringify({ outputs, packed, extension }));
})().catch((error) => {
  const lines = (error.errors || []).map((one) => {
    const place = one.location ? `${one.location.file}:${one.location.line}:${one.location.column}: ` : '';
    return `${place}${one.text}`;
  });
  console.error(lines.length ? lines.join('\n') : error.stack || String(error));
  process.exit(1);
});
