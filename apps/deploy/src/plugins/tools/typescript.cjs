// Compiles a project with its own TypeScript, as serverless-plugin-typescript does.
'use strict';
const { createRequire } = require('module');
const fs = require('fs');
const path = require('path');

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const ts = createRequire(path.join(input.directory, 'package.json'))('typescript');

const text = (diagnostic) => {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  if (!diagnostic.file) return message;
  const { line, character } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start);
  return `${path.relative(input.directory, diagnostic.file.fileName)}:${line + 1}:${character + 1}: ${message}`;
};
const stop = (diagnostics) => {
  console.error(diagnostics.map(text).join('\n'));
  process.exit(1);
};

const file = path.join(input.directory, input.tsconfig);
let options = {
  preserveConstEnums: true,
  strictNullChecks: true,
  sourceMap: true,
  allowJs: true,
  target: ts.ScriptTarget.ES2019,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10 || ts.ModuleResolutionKind.NodeJs,
  esModuleInterop: true,
};
let names = [];
if (fs.existsSync(file)) {
  const read = ts.readConfigFile(file, ts.sys.readFile);
  if (read.error) stop([read.error]);
  const parsed = ts.parseJsonConfigFileContent(read.config, ts.sys, path.dirname(file));
  // 18003 says that no file matches: the handlers are named anyway.
  const errors = parsed.errors.filter((error) => error.code !== 18003);
  if (errors.length) stop(errors);
  options = parsed.options;
  names = parsed.fileNames;
}
const handlers = input.entries.map((entry) => path.join(input.directory, entry));
const outside = (name) => path.relative(input.directory, name).startsWith('..');
names = [...new Set([...handlers, ...names])].filter((name) => !outside(name) && !name.endsWith('serverless.ts'));
const program = ts.createProgram(names, {
  ...options,
  rootDir: input.directory,
  outDir: input.folder,
  noEmit: false,
  emitDeclarationOnly: false,
  incremental: false,
  composite: false,
  tsBuildInfoFile: undefined,
  listEmittedFiles: true,
});
const emitted = program.emit();
const diagnostics = ts.getPreEmitDiagnostics(program).concat(emitted.diagnostics);
if (emitted.emitSkipped) stop(diagnostics);
const outputs = (emitted.emittedFiles || []).map((name) => path.relative(input.folder, path.resolve(name)));
fs.writeFileSync(input.result, JSON.stringify({ outputs, notes: diagnostics.map(text) }));
