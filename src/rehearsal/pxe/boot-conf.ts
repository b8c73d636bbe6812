/** What boot.conf(5) makes of a loader that knows nothing yet. */
export interface BootConf {
  /** True once the console is com0; until then the loader speaks to the screen. */
  readonly serial: boolean;
  /** The kernel as it is asked for by TFTP. */
  readonly image: string;
}

export const NO_BOOT_CONF: BootConf = { serial: false, image: '/bsd' };

/** boot(8) reads no more of a line. */
const LONGEST_LINE = 132;

/** `set tty`, `set image` and `boot`; the other commands change nothing that a simulation shows. */
export function parseBootConf(text: string): BootConf {
  let conf = NO_BOOT_CONF;
  for (const line of text.split('\n')) {
    const [command, name = '', value = ''] = line.slice(0, LONGEST_LINE).trim().split(/\s+/);
    if (command === 'set' && name === 'tty') conf = { ...conf, serial: value === 'com0' };
    if (command === 'set' && name === 'image' && value !== '') conf = { ...conf, image: fileOf(value) };
    if (command === 'boot' || command === 'b') return name === '' ? conf : { ...conf, image: fileOf(name) };
  }
  return conf;
}

/** `tftp:/bsd.rd` asks for `/bsd.rd`, `bsd.rd` for `bsd.rd`. */
const fileOf = (image: string): string => image.replace(/^tftp:/, '');
