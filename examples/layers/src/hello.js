const { readFileSync } = require('node:fs');
const { greet } = require('greeting'); // /opt/nodejs/node_modules

exports.handler = async () => ({
  greeting: greet('Node.js'),
  settings: JSON.parse(readFileSync('/opt/settings.json', 'utf8')),
});
