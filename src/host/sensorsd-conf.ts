import { refuse } from './refusal.ts';

const FORMAT = 'sensorsd.conf(5)';

/** Whether a path can stand in sensorsd.conf(5), whose shell command it becomes a word of. */
export const isScript = (path: string): boolean => /^\/[A-Za-z0-9_./+-]{1,200}$/.test(path);

/**
 * sensorsd.conf(5): every drive that a driver tells of calls the script when its state changes. The format is that of
 * cgetent(3), in which a colon ends a value.
 *
 * @param script absolute path
 * @throws OperatorError FILE_REFUSED for a path that the format or the shell would read differently
 */
export function renderSensorsdConf(script: string): string {
  if (!isScript(script)) {
    throw refuse(FORMAT, 'a script is an absolute path of letters, digits and _ . / + -', script);
  }
  // The value comes last, because it may be several words.
  return `drive:command=/bin/sh ${script} %x %t%n %s %2\n`;
}

/**
 * The script that sensorsd(8) calls: device, sensor, status and value as arguments. It tells syslogd(8) and sends a mail,
 * and one of the two failing does not keep the other from being told.
 *
 * @param host its name, for the subject
 * @param mailTo an address or a local user
 * @throws OperatorError FILE_REFUSED for an address that mail(1) could take for something else
 */
export function renderSensorsScript(host: string, mailTo: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*(@[A-Za-z0-9.-]+)?$/.test(mailTo)) {
    throw refuse('a shell script', 'mail goes to a user or an address', mailTo);
  }
  if (!/^[A-Za-z0-9.-]{1,63}$/.test(host)) throw refuse('a shell script', 'it is no host name', host);
  return [
    '# Called by sensorsd(8) when a drive changes its state: DEVICE SENSOR STATUS VALUE...',
    'device=$1 sensor=$2 status=$3',
    '[ $# -gt 3 ] && shift 3 || shift $#',
    `text="drive $device $sensor of ${host}: $status"`,
    '[ $# -gt 0 ] && text="$text, $*"',
    'case $status in OK) level=notice ;; *) level=crit ;; esac',
    'logger -t puffboot -p "daemon.$level" -- "$text"',
    `printf '%s\\n\\n' "$text" "See bioctl $device and dmesg on ${host}." | mail -s "$text" '${mailTo}'`,
    '',
  ].join('\n');
}
