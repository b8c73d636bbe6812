import { type Rig, withRig } from './rig.ts';
import { openSshd, type TestSshd } from './sshd.ts';

/** A whole puffboot whose only host is behind a real sshd. */
export async function withSshHost(
  pace: number,
  body: (rig: Rig, sshd: TestSshd) => Promise<void>,
): Promise<void> {
  let sshd: TestSshd | null = null;
  const reach = async (root: string): Promise<string> => {
    sshd = await openSshd(root);
    const { address, port, identity, knownHosts } = sshd.target;
    return [
      'access = "ssh"',
      `address = "${address}"`,
      `sshPort = ${port}`,
      `sshIdentity = "${identity}"`,
      `sshKnownHosts = "${knownHosts}"`,
    ].join('\n');
  };
  try {
    await withRig(
      pace,
      async (rig) => {
        if (sshd !== null) await body(rig, sshd);
      },
      // Of a release whose key nobody has: the sets of a rehearsal are not signed with OpenBSD's.
      { reach, release: '9.7' },
    );
  } finally {
    await (sshd as TestSshd | null)?.close();
  }
}
