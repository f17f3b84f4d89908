// What the measurements with signed requests share: servers, connections, and load that is signed before the clock runs.
'use strict';

const { execFileSync, spawn } = require('node:child_process');
const { createHash, createHmac } = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const CLOUDLET = process.env.CLOUDLET ?? path.join(__dirname, '../target/release/cloudlet');
const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'cloudlet/bench');
const PEERS = { dynalite: '4.0.0', ministack: '1.5.33' };
const STORE = process.env.BENCH_STORE;
const TICKS = 100;

// Servers

async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => probe.once('listening', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

class Server {
  constructor(name, command, { env = {} }, port, folder) {
    Object.assign(this, { name, port, folder, said: '' });
    const stdio = ['ignore', 'ignore', 'pipe'];
    this.child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio });
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.said = (this.said + text).slice(-2000)));
    this.ended = new Promise((done) => this.child.once('close', done));
  }

  /** Waits until it answers `asked`; gives how long that took. */
  async ready(asked) {
    const started = performance.now();
    for (;;) {
      try {
        await call(this.port, asked);
        return performance.now() - started;
      } catch {
        const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
        if (hasEnded) await this.ended;
        if (hasEnded || performance.now() - started > 60000) {
          throw new Error(`${this.name} ${hasEnded ? 'has ended' : 'does not answer'}\n${this.said}`);
        }
        await new Promise((done) => setTimeout(done, 5));
      }
    }
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    await this.ended;
  }

  processes() {
    const all = [this.child.pid];
    for (const pid of all) {
      try {
        for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
          const children = fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8');
          all.push(...children.split(' ').filter(Boolean).map(Number));
        }
      } catch {
        // It has ended.
      }
    }
    return all;
  }

  /** CPU of the server and of what it has started, such as functions; of itself alone with `own`. */
  cpuSeconds(own = false) {
    let ticks = 0;
    for (const pid of own ? [this.child.pid] : this.processes()) {
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    return ticks / TICKS;
  }

  memoryMegabytes() {
    return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]) / 1024;
  }
}

async function ours(folder = temporary(), under = []) {
  const port = await freePort();
  const store = STORE ? ['--store', STORE] : ['--data', folder];
  const command = [...under, CLOUDLET, 'up', ...store, '--listen', `127.0.0.1:${port}`];
  return new Server(STORE ? 'cloudlet (store)' : 'cloudlet', command, {}, port, folder);
}

async function dynalite() {
  const home = path.join(CACHE, `dynalite-${PEERS.dynalite}`);
  const program = path.join(home, 'node_modules/dynalite/cli.js');
  if (!fs.existsSync(program)) {
    fs.mkdirSync(home, { recursive: true });
    run('npm', ['install', '--prefix', home, '--no-audit', '--no-fund', `dynalite@${PEERS.dynalite}`]);
  }
  const [port, folder] = [await freePort(), temporary()];
  const options = ['--host', '127.0.0.1', '--port', port, '--path', folder, '--createTableMs', 0];
  return new Server('dynalite', ['node', program, ...options.map(String)], {}, port, folder);
}

async function ministack() {
  const home = path.join(CACHE, `ministack-${PEERS.ministack}`);
  const program = path.join(home, 'bin/ministack');
  if (!fs.existsSync(program)) {
    run('python3', ['-m', 'venv', home]);
    run(path.join(home, 'bin/pip'), ['install', '--quiet', `ministack==${PEERS.ministack}`]);
  }
  const port = await freePort();
  return new Server('ministack', [program], { env: { GATEWAY_PORT: String(port), LOG_LEVEL: 'ERROR' } }, port);
}

function run(program, options) {
  execFileSync(program, options, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function temporary() {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
}

// Requests

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const keys = new Map();

/** The key of a day and a service. */
function signingKey(day, service) {
  const name = `${day}/${service}`;
  if (!keys.has(name)) keys.set(name, [day, 'us-east-1', service, 'aws4_request'].reduce(hmac, 'AWS4test'));
  return keys.get(name);
}

/** The bytes of a request, signed with version 4. */
function signed(port, { service, method = 'POST', place = '/', headers: more, body }) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const headers = Object.fromEntries(Object.entries({ ...more, host: `127.0.0.1:${port}`, 'x-amz-date': time }).sort());
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const scope = `${day}/us-east-1/${service}/aws4_request`;
  const canonical = `${method}\n${place}\n\n${lines.join('')}\n${names}\n${sha256(body)}`;
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
  const signature = hmac(signingKey(day, service), text).toString('hex');
  const credential = `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const head = `${method} ${place} HTTP/1.1\r\n${lines.join('').replaceAll('\n', '\r\n')}authorization: ${credential}\r\n`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** A request of a JSON protocol. */
function json(service, target, parameters, version = '1.0') {
  const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target };
  return { service, headers, body: JSON.stringify(parameters) };
}

/** One connection with one request at a time. */
class Connection {
  constructor(port) {
    this.port = port;
    this.open();
  }

  open() {
    this.parts = [];
    const socket = net.connect(this.port, '127.0.0.1').setNoDelay(true);
    socket.on('data', (part) => this.take(part));
    socket.on('error', (error) => this.lost(socket, error));
    socket.on('close', () => this.lost(socket, new Error('the connection was closed')));
    this.socket = socket;
  }

  /** The answer to a request that is signed, or is signed now. */
  ask(request) {
    const bytes = Buffer.isBuffer(request) ? request : signed(this.port, request);
    return new Promise((done, fail) => {
      Object.assign(this, { request: bytes, done, fail, again: true });
      if (this.socket.destroyed) this.open();
      this.socket.write(bytes);
    });
  }

  /** Some servers close a connection after so many requests: then the request goes over another one. */
  lost(socket, error) {
    if (socket !== this.socket || !this.fail) return;
    if (!this.again || error.code === 'ECONNREFUSED') return this.fail(error);
    this.again = false;
    this.open();
    this.socket.write(this.request);
  }

  take(part) {
    const bytes = this.parts.length ? Buffer.concat([...this.parts, part]) : part;
    this.parts = [bytes];
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = bytes.latin1Slice(0, end);
    const length = /content-length: *(\d+)/i.exec(head);
    const whole = length
      ? bytes.length >= end + 4 + Number(length[1])
      : bytes.latin1Slice(bytes.length - 5) === '0\r\n\r\n';
    if (!whole) return;
    this.parts = [];
    const { done } = this;
    this.done = this.fail = undefined;
    done({ status: Number(head.slice(9, 12)), body: () => bytes.utf8Slice(end + 4) });
  }

  close() {
    this.fail = undefined;
    this.socket.destroy();
  }
}

/** The text that a request is answered with; an error when it is refused. */
async function text(connection, request) {
  const { status, body } = await connection.ask(request);
  if (status >= 300) throw new Error(`${status} ${body()}`);
  return body();
}

/** One request over a connection of its own; the answer as JSON. */
async function call(port, request) {
  const connection = new Connection(port);
  try {
    return JSON.parse((await text(connection, request)) || '{}');
  } finally {
    connection.close();
  }
}

/**
 * Runs `work(connection)` again and again over so many connections, until `until(calls, millis)` says so or it gives
 * `false`; how often a second, how long each took, and the CPU of the server for each.
 */
async function load(server, clients, work, until) {
  const times = [];
  const before = server.cpuSeconds();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const connection = new Connection(server.port);
      for (let now = performance.now(); !until(times.length, now - started); ) {
        if ((await work(connection)) === false) break;
        const then = now;
        now = performance.now();
        times.push(now - then);
      }
      connection.close();
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  const cpu = ((server.cpuSeconds() - before) / times.length) * 1e6;
  return { rate: times.length / elapsed, p50: at(0.5), p99: at(0.99), cpu, calls: times.length };
}

/** For so many seconds. */
const seconds = (count) => (_, millis) => millis > count * 1000;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

module.exports = { Connection, STORE, call, dynalite, json, load, median, ministack, ours, seconds, signed, temporary, text };
