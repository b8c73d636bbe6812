import { checkDhcpdConf } from '../../root/conf-checks.ts';
import { type Call, complain, type HostProgram } from './call.ts';
import { readNote, writeNote } from './notes.ts';

export const RC_PROGRAMS: Readonly<Record<string, HostProgram>> = { rcctl };

/** `on` is enabled and running; each state is two words. */
const SERVICES: Readonly<Record<string, string>> = {
  dhcpd: 'off stopped',
  httpd: 'off stopped',
  ntpd: 'on running',
  sensorsd: 'off stopped',
  sndiod: 'on running',
  sshd: 'on running',
  tftpd: 'off stopped',
  vmd: 'on running',
};
const FLAGS_OFF = 'NO';

interface Service {
  readonly enabled: boolean;
  readonly running: boolean;
}

function stateOf(call: Call): Readonly<Record<string, Service>> {
  const rows = Object.entries({ ...SERVICES, ...readNote(call, 'services') });
  return Object.fromEntries(
    rows.map(([name, words]) => [
      name,
      { enabled: words.startsWith('on'), running: words.endsWith('running') },
    ]),
  );
}

function setState(call: Call, name: string, { enabled, running }: Service): void {
  const words = `${enabled ? 'on' : 'off'} ${running ? 'running' : 'stopped'}`;
  writeNote(call, 'services', { ...readNote(call, 'services'), [name]: words });
}

const LISTS: Readonly<Record<string, (service: Service) => boolean>> = {
  all: () => true,
  on: ({ enabled }) => enabled,
  off: ({ enabled }) => !enabled,
  started: ({ running }) => running,
  stopped: ({ running }) => !running,
  failed: ({ enabled, running }) => enabled && !running,
};

/** rcctl(8): ls, get, enable, disable, and the actions of rc.d(8). */
function rcctl(call: Call): number {
  const [action = '', name = ''] = call.words;
  const services = stateOf(call);
  if (action === 'ls') {
    const shown = LISTS[name];
    if (shown === undefined) return complain(call, 'usage: rcctl ls all|failed|off|on|rogue|started|stopped');
    for (const [each, service] of Object.entries(services)) if (shown(service)) call.out(`${each}\n`);
    return 0;
  }
  const service = services[name];
  if (service === undefined) return complain(call, `service ${name} does not exist`, 2);
  if (action === 'check') return tell(call, name, service.running);
  if (action === 'get') return get(call, name, service);
  if (call.files.user !== 'root')
    return complain({ ...call, name: `rcctl ${action}` }, 'need root privileges');
  return act(call, action, name, service);
}

function get(call: Call, name: string, { enabled }: Service): number {
  if (call.words[2] === 'flags') call.out(`${enabled ? '' : FLAGS_OFF}\n`);
  else if (call.words[2] !== 'status') call.out(`${name}_flags=${enabled ? '' : FLAGS_OFF}\n`);
  return enabled ? 0 : 1;
}

function act(call: Call, action: string, name: string, service: Service): number {
  switch (action) {
    case 'enable':
    case 'disable':
      setState(call, name, { ...service, enabled: action === 'enable' });
      return 0;
    case 'stop':
      setState(call, name, { ...service, running: false });
      return tell(call, name, true);
    case 'reload':
      if (name === 'dhcpd') return complain(call, `/etc/rc.d/dhcpd: reload is not supported`);
      return tell(call, name, service.running);
    case 'start':
    case 'restart': {
      const running = starts(call, name);
      if (action === 'restart' && service.running) tell(call, name, true);
      setState(call, name, { ...service, running });
      return tell(call, name, running);
    }
    default:
      return complain(call, 'usage: rcctl get|getdef|set service | daemon [variable [arguments]]');
  }
}

/** A daemon whose file is bad does not come up. */
function starts(call: Call, name: string): boolean {
  if (name !== 'dhcpd') return true;
  const files = call.files.as('root');
  return checkDhcpdConf(files.read('/etc/dhcpd.conf').toString('utf8'), '/etc/dhcpd.conf') === null;
}

function tell(call: Call, name: string, ok: boolean): number {
  call.out(`${name}(${ok ? 'ok' : 'failed'})\n`);
  return ok ? 0 : 1;
}
