/** What vmctl(8) says when it cannot start or stop a VM, and what that means. */

export interface VmctlFailure {
  /** `there`: what was wanted is so already. `retry`: it may pass by itself. `refused`: it will not. */
  readonly kind: 'there' | 'retry' | 'refused';
  /** For the operator: what is wrong and where to look. */
  readonly meaning: string;
}

type Row = readonly [says: RegExp, kind: VmctlFailure['kind'], meaning: string];

/** vmd cannot be spoken to at all: whatever was asked. */
const UNREACHABLE: readonly Row[] = [
  [
    /vmd\.sock: (No such file|Connection refused)/,
    'refused',
    'vmd(8) does not run there: `rcctl start vmd`, see /var/log/daemon',
  ],
  [/vmd\.sock: Permission denied/, 'refused', "puffboot's user may not use vmd(8): see `puffboot doctor`"],
];

/**
 * A VM that was just stopped is for a moment neither running nor startable: vmd(8) still has its disks open
 * (O_EXLOCK) or its entry in the table. So these two pass by themselves.
 */
const START: readonly Row[] = [
  ...UNREACHABLE,
  [/Operation already in progress/, 'retry', 'vmd(8) still has it, running or about to end'],
  [
    /could not open (specified )?disk image/,
    'retry',
    'a disk image is missing, not readable for vmd(8), or still open in another VM',
  ],
  [/disk image\(s\) are not regular files/, 'refused', 'a disk is no regular file'],
  [/bios firmware file not found/, 'refused', 'the host has no firmware for VMs: run `fw_update vmm` there'],
  [/could not find specified iso image/, 'refused', 'the image of its CD-ROM is missing'],
  [/iso image is not a regular file/, 'refused', 'the image of its CD-ROM is no regular file'],
  [/invalid template/, 'refused', 'the template that its configuration names does not exist'],
  [
    /start vm command failed: Operation not permitted/,
    'refused',
    'vmd(8) refuses it: it belongs to somebody else, or it restarted three times within seconds and is given up',
  ],
  [
    /start vm command failed: Cannot allocate memory/,
    'refused',
    "the host's memory or vmd's datasize is used up",
  ],
  [
    /start vm command failed: Device not configured/,
    'refused',
    'the host has no free tty or tap(4) device left',
  ],
  [
    /start vm command failed: No such file/,
    'refused',
    'vmd(8) does not know it, or the kernel it boots is missing',
  ],
];

const STOP: readonly Row[] = [
  ...UNREACHABLE,
  [/cannot stop vm that is not running/, 'there', 'it does not run'],
  [/vm not found/, 'there', 'vmd(8) does not know it'],
  [/Operation not permitted|permission denied/i, 'refused', 'vmd(8) refuses it: it belongs to somebody else'],
];

const TABLES = { start: START, stop: STOP } as const;

/** @param said what vmctl printed on stderr and stdout before it exited with a status other than 0 */
export function explainVmctl(what: keyof typeof TABLES, said: string): VmctlFailure {
  const row = TABLES[what].find(([says]) => says.test(said));
  const text = said.trim().split('\n').at(-1) ?? '';
  if (row === undefined) return { kind: 'refused', meaning: text === '' ? 'vmctl(8) says nothing' : text };
  return { kind: row[1], meaning: `${row[2]} (${text})` };
}
