import { type PublicKey, parsePublicKey } from './signify.ts';

/**
 * The base keys of signify(1) with which OpenBSD signed its releases, as /etc/signify/openbsd-XX-base.pub of the
 * project's own source has them. A key says who signed; that it is the right one nobody but this table, the
 * operator's own /etc/signify or the base set of the release before can say.
 */
const BASE_KEYS: Readonly<Record<string, string>> = {
  '5.8': 'RWQNNZXtC/MqP3Eiu+6FBz/qrxiWQwDhd+9Yljzp62UP4KzFmmvzVk60',
  '5.9': 'RWQJVNompF3pwfIqbg+5sxfpxmZMa3tTBaW4qbUhWje/H/M7glrA6oVn',
  '6.0': 'RWSho3oKSqgLQy+NpIhFXZJDtkE65tzlmtC24mStf8DoJd2OPMgna4u8',
  '6.1': 'RWQEQa33SgQSEsMwwVV1+GjzdcQfRNV2Bgo48Ztd2KiZ9bAodz9c+Maa',
  '6.2': 'RWRVWzAMgtyg7g27STK1h1xA6RIwtjex6Vr5Y9q5SC5q5+b0GN4lLhfu',
  '6.3': 'RWRxzbLwAd76ZZxHU7wuIFUOVGwl6SjNNzanKWTql8w+hui7WLE/72mW',
  '6.4': 'RWQq6XmS4eDAcQW4KsT5Ka0KwTQp2JMOP9V/DR4HTVOL5Bc0D7LeuPwA',
  '6.5': 'RWSZaRmt1LEQT9CtPygf9CvONu8kYPTlVEJdysNoUR62/NkeWgdkc3zY',
  '6.6': 'RWSvK/c+cFe24BIalifKnqoqdvLlXfeZ9MIj3MINndNeKgyYw5PpcWGn',
  '6.7': 'RWRmkIA877Io3oCILSZoJGhAswifJbFK4r18ICoia+3c0PfwANueolNj',
  '6.8': 'RWQZj25CSG5R2oLo5735Hh6C48kkjFsj5rJDjW+fGZwyY+BkD5/zps8f',
  '6.9': 'RWQQsAemppS46LT4dNnAtVUZt51ResyNU35n4OH9yl/r7JcR3B75fO4V',
  '7.0': 'RWR3KL+gSr4QZ5mOvKhcOOgGe61ogHp5PyBOj2RrmyCpqchk9A7NVPzh',
  '7.1': 'RWR2eHwZTOEiTWog354iy3StRj18VbZl87O9uZpa1M2jGLXEkco6vDT5',
  '7.2': 'RWQTKNnK3CZZ8Lid7/kWPO1WxjEsTeuxiXbJSSg6RDir9OJmV+t7GrOo',
  '7.3': 'RWQS90bYzZ4XFms5z9OodrFABHMQnW6htU+4Tmp88NuQiTEezMm2cQ3K',
  '7.4': 'RWRoyQmAD08ajTqgzK3UcWaVlwaJMckH9/CshU8Md5pN1GoIrcBdTF+c',
  '7.5': 'RWRGj1pRpprAfgeF/rgld4ubduChLvTkigA1Zj7WLDsVA4qfYSWOEI8q',
  '7.6': 'RWTkuwn4mbq8ouJbfO4VfNH8+FdiZUosz2qIR0V0C9bm6CnVEt7CGkV0',
  '7.7': 'RWSbCCUoGpcxVRmNb/XFYBbthxWMK7G6fNbJhb993Ohuh29WFaT9vhe2',
  '7.8': 'RWS3/nvFmk4SWSmt/5QIk9yB4+uoAGoiYvFhVlDQBG3rWENeeIys0LWB',
  '7.9': 'RWTSdNN9A3yvWNn7mUjXwv9DOCOUnyfuV+mq1iGPIfD+NhN8EYnEQ1at',
  '8.0': 'RWSMSt0erHTctUxq2JDAgQRo64ztikp8JvQeiSPte3NZ0Geou0TkTEiE',
};

/** Releases whose key is built in, oldest first. */
export const PINNED_RELEASES: readonly string[] = Object.keys(BASE_KEYS).sort(
  (a, b) => Number(a) - Number(b),
);

/** The key that is built in for a release, or null. */
export function pinnedKey(release: string): PublicKey | null {
  const blob = BASE_KEYS[release];
  if (blob === undefined) return null;
  return parsePublicKey(
    new TextEncoder().encode(`untrusted comment: openbsd ${release} base public key\n${blob}\n`),
  );
}

/** `openbsd-76-base.pub`, as release 7.6 is signed with. */
export const keyName = (version: string): string => `openbsd-${version}-base.pub`;

/** The release after this one: OpenBSD counts 7.9, 8.0, without a gap. */
export function nextRelease(release: string): string {
  const tenths = Number(release.replace('.', '')) + 1;
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}
