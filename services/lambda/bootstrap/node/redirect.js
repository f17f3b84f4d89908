// Leads connections to those names of AWS that this cloud serves to the cloud, with TLS that trusts the cloud's own
// authority: older SDKs and plain HTTPS clients know no other address than https://<service>.<region>.amazonaws.com.
// Everything else goes its normal way.
//
// What is needed is loaded late: this file with the first module that connects, and the place of the cloud with the first
// such name.
'use strict';

const AWS = /(^|\.)(amazonaws\.com|amazonaws\.com\.cn|api\.aws|on\.aws)\.?$/i;
const WEB_PORTS = [80, 443];

let read; // Gives {host, port, names, authority}.
let place;

// The cloud, when it serves what is asked under a name.
function serving(name) {
  if (typeof name !== 'string' || !AWS.test(name)) return undefined;
  if (place === undefined) {
    try {
      place = read();
      place.names = new Set(place.names);
    } catch {
      place = null; // Without it there is nothing to lead to, and the name is looked up as ever.
    }
  }
  if (place === null) return undefined;
  // S3 has older names with its region in the same label.
  const isOurs = (label) => place.names.has(label.startsWith('s3-') ? 's3' : label);
  return name.toLowerCase().split('.').some(isOurs) ? place : undefined;
}

const leading = (host, port) => (WEB_PORTS.includes(Number(port)) ? serving(host) : undefined);
const isOptions = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

// Sockets that lead to the cloud.
const led = new WeakSet();

function patchNet(net) {
  const { prototype } = net.Socket;
  const { connect } = prototype;
  const other = (options) => {
    // With a path it is a Unix socket.
    const found = isOptions(options) && !options.path && leading(options.host, options.port);
    return found ? { ...options, host: found.host, port: found.port, lookup: undefined } : undefined;
  };
  prototype.connect = function (...args) {
    const [first, second] = args;
    let options;
    if (Array.isArray(first)) {
      // net.connect has put its arguments in order before: one array, which it has marked.
      options = other(first[0]);
      if (options) first[0] = options;
    } else if (isOptions(first)) {
      options = other(first);
      if (options) args[0] = options;
    } else {
      options = typeof second === 'string' ? other({ port: first, host: second }) : undefined;
      if (options) args.splice(0, 2, options.port, options.host);
    }
    if (options) led.add(this);
    return connect.apply(this, args);
  };
}

function patchTls(tls) {
  const { connect } = tls;
  tls.connect = function (...args) {
    const at = args.findIndex(isOptions);
    const options = at < 0 ? {} : args[at];
    const port = isOptions(args[0]) ? options.port : args[0];
    const host = typeof args[1] === 'string' ? args[1] : options.host;
    // A socket that is connected already may lead elsewhere, through a proxy for example.
    const name = options.servername || host;
    const found = options.socket ? led.has(options.socket) && serving(name) : !options.path && leading(host, port);
    if (!found) return connect.apply(this, args);
    const trusting = { ...options, servername: name, ca: found.authority, secureContext: undefined };
    if (at >= 0) args[at] = trusting;
    else args.splice(typeof args[1] === 'string' ? 2 : 1, 0, trusting);
    return connect.apply(this, args);
  };
}

let hasNet = false;
let hasTls = false;

// Takes over `net`, and `tls` when it is loaded in any case. `reader` tells where the cloud is.
exports.lead = (reader, alsoTls) => {
  read = reader;
  // The flags come first: to load these modules leads here again.
  const isFirst = !hasNet;
  hasNet = true;
  if (isFirst) patchNet(require('net'));
  if (!alsoTls || hasTls) return;
  hasTls = true;
  patchTls(require('tls'));
  // For `import { connect } from 'tls'`.
  require('module').syncBuiltinESMExports();
};
