// Serverless Framework v3 calls AWS through version 2 of the SDK, which does not read AWS_ENDPOINT_URL: this
// preload (NODE_OPTIONS=--require) sets the endpoint once for all services.
const Module = require('node:module');

const load = Module._load;
Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (request === 'aws-sdk' && !loaded.config.endpoint) {
    loaded.config.update({ endpoint: process.env.AWS_ENDPOINT_URL, s3ForcePathStyle: true });
  }
  return loaded;
};
