import { ask } from './socket.ts';

/**
 * The simulated host's pkill(1): `node pkill.js ROOT -9 -xf 'vmd: NAME'`, the one use that puffboot makes of it.
 * Status 1 where no such process runs.
 */
const [root = '.', signal, flags, pattern = ''] = process.argv.slice(2);
process.chdir(root);
const [, name] = /^vmd: (.+)$/.exec(pattern) ?? [];

if (signal !== '-9' || flags !== '-xf' || name === undefined) {
  process.stderr.write('pkill: not part of the simulated host\n');
  process.exitCode = 2;
} else {
  const reply = await ask({ kind: 'pkill', name: name.replaceAll('\\.', '.') });
  process.exitCode = reply.kind === 'done' ? 0 : 1;
}
