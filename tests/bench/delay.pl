#!/usr/bin/perl
# A PostgreSQL that is far away: delay.pl LISTEN_PATH SERVER_PATH MILLISECONDS
# Passes every byte on after half of MILLISECONDS, in each direction; so the round trip takes that much longer, and
# nothing else changes.

use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes 'time';

my ($listen_path, $server_path, $milliseconds) = @ARGV;
my $delay = $milliseconds / 2000;
my %peers;     # the other end, by socket
my @underway;  # [when it arrives, where, bytes; undef: the end], in order

$SIG{PIPE} = 'IGNORE';
unlink $listen_path;
my $listener = IO::Socket::UNIX->new(Local => $listen_path, Listen => 128) or die "$listen_path: $!\n";
my $all = IO::Select->new($listener);

sub deliver {
    my ($to, $bytes) = @_;
    if (!defined $bytes) {
        shutdown $to, 1;
        return;
    }
    while (length $bytes) {
        my $written = syswrite $to, $bytes or return;
        substr $bytes, 0, $written, '';
    }
}

while (1) {
    my $now = time;
    while (@underway && $underway[0][0] <= $now) {
        my $first = shift @underway;
        deliver(@$first[1, 2]);
    }
    for my $socket ($all->can_read(@underway ? $underway[0][0] - $now : undef)) {
        if ($socket == $listener) {
            my $worker = $listener->accept or next;
            my $server = IO::Socket::UNIX->new(Peer => $server_path) or next;
            @peers{$worker, $server} = ($server, $worker);
            $all->add($worker, $server);
            next;
        }
        my $length = sysread $socket, my $bytes, 65536;
        push @underway, [time + $delay, $peers{$socket}, $length ? $bytes : undef];
        $all->remove($socket) if !$length;
    }
}
