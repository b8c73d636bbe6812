import type { Command } from 'commander';

interface CommandRow {
  readonly name: string;
  load(): Promise<() => Command>;
}

/** Every command, in the order of `puffboot --help`. */
const COMMANDS: readonly CommandRow[] = [
  { name: 'rehearse', load: async () => (await import('./rehearse.ts')).rehearseCommand },
  { name: 'serve', load: async () => (await import('./serve.ts')).serveCommand },
  { name: 'check', load: async () => (await import('./check.ts')).checkCommand },
  { name: 'netboot', load: async () => (await import('./netboot.ts')).netbootCommand },
  { name: 'leases', load: async () => (await import('./leases.ts')).leasesCommand },
  { name: 'vm', load: async () => (await import('./vm.ts')).vmCommand },
  { name: 'render', load: async () => (await import('./render.ts')).renderCommand },
  { name: 'net', load: async () => (await import('./net.ts')).netCommand },
  { name: 'host', load: async () => (await import('./host.ts')).hostCommand },
  { name: 'plan', load: async () => (await import('./plan.ts')).planCommand },
  { name: 'apply', load: async () => (await import('./apply.ts')).applyCommand },
  { name: 'doctor', load: async () => (await import('./doctor.ts')).doctorCommand },
  { name: 'sets', load: async () => (await import('./sets.ts')).setsCommand },
  { name: 'site', load: async () => (await import('./site.ts')).siteCommand },
  { name: 'install', load: async () => (await import('./install.ts')).installCommand },
  { name: 'upgrade', load: async () => (await import('./install.ts')).upgradeCommand },
  { name: 'retry', load: async () => (await import('./install.ts')).retryCommand },
  { name: 'cancel', load: async () => (await import('./install.ts')).cancelCommand },
  { name: 'start', load: async () => (await import('./power.ts')).startCommand },
  { name: 'stop', load: async () => (await import('./power.ts')).stopCommand },
  { name: 'kill', load: async () => (await import('./power.ts')).killCommand },
  { name: 'console', load: async () => (await import('./console.ts')).consoleCommand },
  { name: 'watch', load: async () => (await import('./console.ts')).watchCommand },
  { name: 'keep', load: async () => (await import('./console.ts')).keepCommand },
  { name: 'release', load: async () => (await import('./console.ts')).releaseCommand },
  { name: 'login', load: async () => (await import('./console.ts')).loginCommand },
  { name: 'drive', load: async () => (await import('./drive.ts')).driveCommand },
  { name: 'replay', load: async () => (await import('./replay.ts')).replayCommand },
  { name: 'prompts', load: async () => (await import('./prompts.ts')).promptsCommand },
  { name: 'transcript', load: async () => (await import('./transcript.ts')).transcriptCommand },
  { name: 'lint', load: async () => (await import('./lint.ts')).lintCommand },
];

/**
 * The command that a word names, loaded alone, because most of what a short command costs is its start; all of them
 * where it names none, for help and for what was mistyped.
 */
export async function loadCommands(word?: string): Promise<readonly Command[]> {
  const named = COMMANDS.filter(({ name }) => name === word);
  const makers = await Promise.all((named.length > 0 ? named : COMMANDS).map(({ load }) => load()));
  return makers.map((make) => make());
}
