// What Node.js programs and worker threads of functions load first: see children.js.
'use strict';

const { readFileSync } = require('fs');
const path = require('path');

// A program may import what connects as an ES module, which nobody hears of; so this does not wait.
require('./redirect.js').lead(() => JSON.parse(readFileSync(path.join(__dirname, 'names.json'), 'utf8')), true);
