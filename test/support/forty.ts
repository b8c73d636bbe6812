import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY, type Rig } from './rig.ts';

/** A host's worth of VMs. */
export const VMS = Array.from({ length: 40 }, (_, index) => `vm${String(index + 1).padStart(2, '0')}`);

/** One text file for each VM, as operators keep them, each with an owner of its own. */
export async function textFiles(directory: string): Promise<readonly string[]> {
  await mkdir(directory);
  return Promise.all(
    VMS.map(async (name) => {
      const file = join(directory, `${name}.txt`);
      const lines = [
        `hostname="${name}"`,
        `username="owner-${name}"`,
        `name="Owner of ${name}"`,
        `sshkey="${KEY}"`,
        'memory="512M"',
        'disk1="10G"',
      ];
      await writeFile(file, `${lines.join('\n')}\n`);
      return file;
    }),
  );
}

/** Has a rig's host install eight VMs at a time. */
export async function eightAtOnce({ stage, kill, restart }: Rig): Promise<void> {
  await kill();
  const config = await readFile(stage.configFile, 'utf8');
  await writeFile(stage.configFile, config.replace(/^capacity = 40$/m, '$&\ninstallsAtOnce = 8'));
  await restart();
}
