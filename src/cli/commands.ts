import type { Command } from 'commander';
import { applyCommand } from './apply.ts';
import { checkCommand } from './check.ts';
import { consoleCommand, keepCommand, loginCommand, releaseCommand, watchCommand } from './console.ts';
import { doctorCommand } from './doctor.ts';
import { driveCommand } from './drive.ts';
import { hostCommand } from './host.ts';
import { cancelCommand, installCommand, retryCommand, upgradeCommand } from './install.ts';
import { leasesCommand } from './leases.ts';
import { lintCommand } from './lint.ts';
import { netCommand } from './net.ts';
import { netbootCommand } from './netboot.ts';
import { planCommand } from './plan.ts';
import { killCommand, startCommand, stopCommand } from './power.ts';
import { promptsCommand } from './prompts.ts';
import { rehearseCommand } from './rehearse.ts';
import { renderCommand } from './render.ts';
import { replayCommand } from './replay.ts';
import { serveCommand } from './serve.ts';
import { setsCommand } from './sets.ts';
import { siteCommand } from './site.ts';
import { transcriptCommand } from './transcript.ts';
import { vmCommand } from './vm.ts';

/** Every command, in the order of `puffboot --help`. */
export const COMMANDS: readonly (() => Command)[] = [
  rehearseCommand,
  serveCommand,
  checkCommand,
  netbootCommand,
  leasesCommand,
  vmCommand,
  renderCommand,
  netCommand,
  hostCommand,
  planCommand,
  applyCommand,
  doctorCommand,
  setsCommand,
  siteCommand,
  installCommand,
  upgradeCommand,
  retryCommand,
  cancelCommand,
  startCommand,
  stopCommand,
  killCommand,
  consoleCommand,
  watchCommand,
  keepCommand,
  releaseCommand,
  loginCommand,
  driveCommand,
  replayCommand,
  promptsCommand,
  transcriptCommand,
  lintCommand,
];
