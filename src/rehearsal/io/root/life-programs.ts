import { execFile } from 'node:child_process';
import { HOST } from '../../host-path.ts';
import { type Call, complain, type HostProgram, onFile, withOptions } from './call.ts';

/** What starting, stopping and removing VMs, and looking at them, asks of the base system. */
export const LIFE_PROGRAMS: Readonly<Record<string, HostProgram>> = {
  ps,
  last: withOptions('n:', last),
  dd,
};

/** The VMs are processes of this machine, and so is everything else that a host shows. */
function ps({ words, out, err }: Call): Promise<number> {
  return new Promise((resolve) => {
    execFile('ps', [...words], (error, stdout, stderr) => {
      out(stdout);
      err(stderr);
      resolve(error === null ? 0 : 1);
    });
  });
}

/** A host whose last shutdown was in order, unless its file says otherwise. */
function last({ files, out }: Call): number {
  const path = `/${HOST.boots}`;
  const orderly = `reboot    ~                         Mon Jan  1 00:02
shutdown  ~                         Mon Jan  1 00:01
`;
  out(files.find(path) === null ? orderly : files.read(path));
  return 0;
}

/** Of its uses only this: a file overwritten with zeroes, in place. */
function dd(call: Call): number {
  const given = new Map(call.words.map((word) => word.split('=', 2) as [string, string]));
  const [path, bytes] = [given.get('of'), Number(given.get('bs')) * Number(given.get('count'))];
  const known = given.get('if') === '/dev/zero' && given.get('conv') === 'notrunc';
  if (path === undefined || !known || !Number.isSafeInteger(bytes))
    return complain(call, 'not part of the simulated host');
  return onFile(call, path, () => {
    const length = Math.max(bytes, call.files.read(path).length);
    call.files.write(path, Buffer.alloc(length));
  });
}
