// A cloud of its own for a test file, and clients for it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const binary = process.env.CLOUDLET ?? fileURLToPath(new URL('../../../target/debug/cloudlet', import.meta.url));

export async function startCloud() {
  const child = spawn(binary, ['up', '--memory', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  const url = /ready at (http:\/\/\S+)/.exec(String(first[0]))?.[1];
  if (!url) throw new Error(`the cloud did not start: ${first[0]}`);
  return {
    url,
    // Nothing but an endpoint, a region and credentials: what a user sets.
    config: {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    },
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

// How long anything is waited for: on the slowest machine nothing but a hang takes as long.
export const PATIENCE_SECONDS = 900;

export const uniqueName = () => `t-${randomBytes(6).toString('hex')}`;

// What `assert.rejects` compares an error of the SDK with.
export const failsWith = (name, status) => (error) =>
  error.name === name && (status === undefined || error.$metadata.httpStatusCode === status);
