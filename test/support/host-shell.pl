# A login shell in a few milliseconds of processor time: hands the command that sshd(8) was asked for to the test's own
# process, which runs it on the simulated host (shell-server.ts), and carries bytes. What wants a terminal, and
# everything where there is no such process, goes to the words behind the socket's path instead.
use strict;
use warnings;
use Socket;

my ($path, @instead) = @ARGV;
my $command = $ENV{SSH_ORIGINAL_COMMAND} // '';
exec @instead if -t STDIN;
socket(my $server, PF_UNIX, SOCK_STREAM, 0) or exec @instead;
connect($server, pack_sockaddr_un($path)) or exec @instead;

sub put {
    my ($to, $bytes) = @_;
    while (length $bytes) {
        my $written = syswrite $to, $bytes;
        exit 255 unless $written;
        substr($bytes, 0, $written, '');
    }
}

put($server, pack('N', length $command) . $command);
my ($stdin, $got) = (1, '');
while (1) {
    my $ready = '';
    vec($ready, fileno $server, 1) = 1;
    vec($ready, 0, 1) = 1 if $stdin;
    next if select($ready, undef, undef, undef) < 0;
    if ($stdin && vec($ready, 0, 1)) {
        if (sysread STDIN, my $bytes, 65536) { put($server, $bytes) }
        else { $stdin = 0; shutdown $server, 1 }
    }
    next unless vec($ready, fileno $server, 1);
    exit 255 unless sysread $server, $got, 65536, length $got;
    # | kind (1) | length (4) | bytes |
    while (length $got >= 5) {
        my ($kind, $length) = unpack 'CN', $got;
        last if length $got < 5 + $length;
        my $bytes = substr $got, 5, $length;
        substr($got, 0, 5 + $length, '');
        if ($kind == 1) { put(\*STDOUT, $bytes) }
        elsif ($kind == 2) { put(\*STDERR, $bytes) }
        elsif ($kind == 3) { exit $bytes }
        else {
            # The sshd of this connection, as a network that breaks would end it.
            kill 'KILL', getppid;
            kill 'KILL', $$;
        }
    }
}
