import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../common/error.ts';
import { shellWords } from '../root/shell-words.ts';
import { runOnHost } from './root/run.ts';

/**
 * What sshd(8) runs in place of a login shell on the simulated host: `node shell.js ROOT USER`, with the
 * command in SSH_ORIGINAL_COMMAND; or `node shell.js ROOT USER WORD...`, without any sshd.
 */
const [root = '.', user = 'nobody', ...given] = process.argv.slice(2);

function wordsOf(line: string): readonly string[] | null {
  const parsed = shellWords(line);
  if ('words' in parsed && parsed.words.length > 0) return parsed.words;
  process.stderr.write(`${'error' in parsed ? parsed.error : 'sh: this account takes commands only'}\n`);
  return null;
}

async function main(): Promise<number> {
  const argv = given.length > 0 ? given : wordsOf(process.env.SSH_ORIGINAL_COMMAND ?? '');
  if (argv === null) return 2;
  const home = join(root, 'var/puffboot');
  return runOnHost(
    {
      root,
      input: readInput,
      stream: () => process.stdin,
      out: (data) => void process.stdout.write(data),
      err: (text) => void process.stderr.write(text),
      drop,
      async vmctl(words) {
        process.argv = [process.argv[0] ?? '', 'vmctl', root, ...words];
        process.chdir(home);
        process.exitCode = 0;
        await import('./vmctl.ts');
        return Number(process.exitCode);
      },
    },
    user,
    argv,
  );
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Kills the sshd of this connection, as a network that breaks would. */
async function drop(): Promise<never> {
  for (let pid = process.ppid; pid > 1; ) {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=,comm=', '-p', String(pid)]);
    const [, parent, name] = /^\s*(\d+)\s+(\S+)/.exec(stdout) ?? [];
    if (name?.startsWith('sshd') === true) process.kill(pid, 'SIGKILL');
    pid = name?.startsWith('sshd') === true ? 0 : Number(parent);
  }
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

/** Behind sshd(8) the output is a socket, and what was written to it may still wait here. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));

let status = 126;
try {
  status = await main();
} catch (error) {
  process.stderr.write(`sh: ${messageOf(error)}\n`);
}
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(status);
