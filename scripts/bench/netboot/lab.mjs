// Network namespaces, programs in them, and what those cost. No packet leaves the namespaces.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export const SERVER = '10.77.0.1';
export const BITS = 16;

/** @returns the program's path, or null; npm's own folders, which it puts before all others, hold no peer */
export function which(name) {
  const own = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith('node_modules/.bin'));
  const folders = [...own, '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** A bridge in the server's namespace and a namespace for each client. @param addresses a list for each of them */
export function openLab(addresses) {
  const prefix = `puffboot-bench-${process.pid}`;
  const server = `${prefix}-server`;
  const namespaces = [];
  const add = (name) => {
    ip('netns', 'add', name);
    namespaces.push(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  };
  const close = () => {
    for (const name of namespaces.splice(0)) {
      pidsIn(name).forEach(kill);
      ip('netns', 'del', name);
    }
  };
  try {
    add(server);
    ip('-n', server, 'link', 'add', 'lan', 'type', 'bridge');
    ip('-n', server, 'link', 'set', 'lan', 'up');
    ip('-n', server, 'address', 'add', `${SERVER}/${BITS}`, 'dev', 'lan');
    const clients = addresses.map((own, index) => {
      const name = `${prefix}-${index}`;
      add(name);
      ip('-n', server, 'link', 'add', `p${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      ip('-n', server, 'link', 'set', `p${index}`, 'master', 'lan', 'up');
      for (const address of own) ip('-n', name, 'address', 'add', `${address}/${BITS}`, 'dev', 'eth0');
      ip('-n', name, 'link', 'set', 'eth0', 'up');
      return name;
    });
    return { server, clients, close };
  } catch (error) {
    close();
    throw error;
  }
}

function ip(...argv) {
  return execFileSync('ip', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs a program to its end. @returns its exit status, output and seconds; status null when it was too slow */
export function run(namespace, argv, { seconds = 30, cwd = '/' } = {}) {
  const began = process.hrtime.bigint();
  const child = spawn('ip', ['netns', 'exec', namespace, ...argv], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, output, seconds: Number(process.hrtime.bigint() - began) / 1e9 });
    });
  });
}

/** Starts a server and waits until it listens. @param listens `['udp', 67]` and the like, all of them */
export async function start(namespace, argv, listens) {
  const log = openLog();
  const child = spawn('ip', ['netns', 'exec', namespace, ...argv], { stdio: ['ignore', 'ignore', log.fd] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (let tries = 0; !listens.every(([protocol, port]) => isBound(child.pid, protocol, port)); tries += 1) {
    if (tries > 200 || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`${argv[0]} does not start: ${log.close()}`);
    }
    await new Promise((again) => setTimeout(again, 25));
  }
  return {
    /** Seconds of processor time until now, of all its processes, of those that have ended too. */
    cpu: () => sumOver(namespace, cpuOf),
    /** Resident memory of all its processes in MB; what they share counts once. */
    memory: () => sumOver(namespace, memoryOf),
    async stop() {
      child.kill('SIGKILL');
      await ended;
      log.close();
      for (let left = pidsIn(namespace); left.length > 0; left = pidsIn(namespace)) {
        for (const pid of left) kill(pid);
        await new Promise((again) => setTimeout(again, 10));
      }
    },
  };
}

/** A file without a name, so that nobody has to read along while a server is measured. @returns at its end what was said last */
function openLog() {
  const path = join(tmpdir(), `puffboot-bench-${process.pid}.log`);
  const fd = openSync(path, 'w+');
  unlinkSync(path);
  return {
    fd,
    close() {
      const said = Buffer.alloc(2000);
      const length = readSync(fd, said, 0, said.length, Math.max(0, fstatSync(fd).size - said.length));
      closeSync(fd);
      return said.toString('utf8', 0, length).trim();
    },
  };
}

function isBound(pid, protocol, port) {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const tables = ['', '6'].map((family) => `/proc/${pid}/net/${protocol}${family}`).filter(existsSync);
  return tables.some((table) => readFileSync(table, 'utf8').includes(hex));
}

const pidsIn = (namespace) => ip('netns', 'pids', namespace).split('\n').filter(Boolean).map(Number);

/** It may have ended by itself. */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {}
}

/** Over all processes; one that has just ended counts nothing. */
function sumOver(namespace, measure) {
  const measured = pidsIn(namespace).map((pid) => {
    try {
      return measure(pid);
    } catch {
      return 0;
    }
  });
  return measured.reduce((total, number) => total + number, 0);
}

function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / 100;
}

const memoryOf = (pid) =>
  Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024;
