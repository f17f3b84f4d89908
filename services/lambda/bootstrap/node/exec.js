// What `cloudlet exec` preloads into Node.js programs: see redirect.js.
'use strict';

// A program may import what connects as an ES module, which nobody hears of; so this does not wait.
require('./redirect.js').lead(() => JSON.parse(process.env.CLOUDLET_NAMES), true);
