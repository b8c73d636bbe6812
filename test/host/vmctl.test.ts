import { describe, expect, it } from 'vitest';
import { parseStatus } from '../../src/host/vmctl.ts';

const HEADER = '   ID   PID VCPUS  MAXMEM  CURMEM     TTY        OWNER    STATE NAME';

describe('vmctl status', () => {
  it.each([
    ['only the header', HEADER, []],
    ['nothing at all', '', []],
    [
      'a running VM',
      `${HEADER}\n    1 45678     1    1.0G    210M   ttyp3       puffy  running web1\n`,
      [{ id: 1, name: 'web1', state: 'running', pid: 45678, tty: 'ttyp3' }],
    ],
    [
      'a stopped VM',
      `${HEADER}\n    2     -     1    1.0G       -       -  :_puffboot  stopped web2\n`,
      [{ id: 2, name: 'web2', state: 'stopped', pid: null, tty: null }],
    ],
    [
      'an owner that overflows its column',
      `${HEADER}\n   12 45678     1    512M    210M   ttyp9 averylonglogin:  running a.b-c_d\n`,
      [{ id: 12, name: 'a.b-c_d', state: 'running', pid: 45678, tty: 'ttyp9' }],
    ],
    [
      'a state that is not known',
      `${HEADER}\n    3     -     1    1.0G       -       -        root  dreaming web3\n`,
      [{ id: 3, name: 'web3', state: 'unknown', pid: null, tty: null }],
    ],
    ['garbage', 'vmctl: connect: /var/run/vmd.sock: No such file or directory\n', []],
  ])('reads %s', (_, text, expected) => {
    expect(parseStatus(text)).toEqual(expected);
  });
});
