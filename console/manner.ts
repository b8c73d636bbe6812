/** How a console wants to be typed at. */
export interface Manner {
  /** Bytes at a time, at least one: what a UART's buffer holds while nobody empties it. */
  readonly burst: number;
  /** Between two bursts. */
  readonly pauseSeconds: number;
  /** cu(1) stands before it, and takes `~` behind a RETURN for itself. */
  readonly cu: boolean;
}

/** By what stands behind the line. */
export const MANNERS = {
  // vmctl(8) runs cu(1); vmd(8) hands its guest one byte an interrupt, out of the pty's buffer.
  vmd: { burst: 16, pauseSeconds: 0.02, cu: true },
  // A real UART has 16 bytes; at 9600 baud they take 17 ms.
  cu: { burst: 8, pauseSeconds: 0.02, cu: true },
  qemu: { burst: 16, pauseSeconds: 0.02, cu: false },
  virsh: { burst: 16, pauseSeconds: 0.02, cu: false },
  // Console servers put many lines behind one slow processor.
  network: { burst: 8, pauseSeconds: 0.02, cu: false },
  other: { burst: 16, pauseSeconds: 0.02, cu: false },
} as const satisfies Record<string, Manner>;

export type ConsoleKind = keyof typeof MANNERS;

export const CONSOLE_KINDS = Object.keys(MANNERS) as readonly ConsoleKind[];

/** The kind of console that a command is, also behind ssh(1), doas(1) or a shell; `other` when it names none. */
export function kindOf(argv: readonly string[]): ConsoleKind {
  const words = argv.flatMap((word) => word.split(/\s+/));
  for (const word of words) {
    const command = word.slice(word.lastIndexOf('/') + 1);
    const kind = KINDS.find(([pattern]) => pattern.test(command))?.[1];
    if (kind !== undefined) return kind;
  }
  return 'other';
}

const KINDS: readonly (readonly [RegExp, ConsoleKind])[] = [
  [/^vmctl$/, 'vmd'],
  [/^cu$/, 'cu'],
  [/^qemu(?:-system-\w+)?$/, 'qemu'],
  [/^virsh$/, 'virsh'],
  [/^telnet$/, 'network'],
];
