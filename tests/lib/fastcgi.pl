#!/usr/bin/perl
# One connection to the workers, and what a web server would never send on it: fastcgi.pl SOCKET_PATH STEP...
# Owns nothing but that connection. The steps, in their order:
#
#     request:TARGET   a whole request      half:TARGET   a request without its end, cut within a record
#     bytes:HEX        these bytes          random:N      N bytes, the same each time
#     values:N         a query for N values of the protocol's management
#     drip:N           N bytes of a request, one a second
#     pause:SECONDS
#     read:SECONDS     reads to the end, or so long; prints `closed` or `open`, the milliseconds, the bytes, their first line
#     read-slowly:N    reads N bytes of the answer, 1,000 at a time, ten times a second
#
# It hangs up after the last, and after 30 seconds at the latest.

use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(sleep time);

sub record {
    my ($type, $content) = @_;
    return pack('CCnnCC', 1, $type, 1, length $content, 0, 0) . $content;
}

sub pairs {
    my @pairs = @_;
    my $bytes = '';
    while (my ($name, $value) = splice @pairs, 0, 2) {
        $bytes .= join '', map { length $_ < 128 ? chr length $_ : pack 'N', length($_) | 0x80000000 } $name, $value;
        $bytes .= $name . $value;
    }
    return $bytes;
}

sub request {
    my $parameters = pairs(REQUEST_METHOD => 'GET', REQUEST_URI => shift, REQUEST_ID => 'fastcgi-pl', CONTENT_LENGTH => '');
    return record(1, pack 'nCx5', 1, 0) . record(4, $parameters) . record(4, '') . record(5, '');
}

$SIG{PIPE} = 'IGNORE';
$| = 1;
alarm 30;
my $path = shift;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";

sub send_bytes {
    my $bytes = shift;
    while (length $bytes) {
        my $written = syswrite $socket, $bytes;
        return unless defined $written;
        substr $bytes, 0, $written, '';
    }
}

sub read_to_end {
    my $started = time;
    my $until = $started + shift;
    my $answer = '';
    my $state = 'open';
    while ($state eq 'open' && time < $until) {
        next unless IO::Select->new($socket)->can_read($until - time);
        $state = 'closed' unless sysread $socket, $answer, 65536, length $answer;
    }
    my $milliseconds = int 1000 * (time - $started);
    my ($line) = $answer =~ /(Status: [^\r]*)/;
    print "$state $milliseconds ", length $answer, ' ', $line // '', "\n";
}

my %steps = (
    request => sub { send_bytes(request(shift)) },
    half    => sub { my $bytes = request(shift); send_bytes(substr $bytes, 0, 40) },
    bytes   => sub { send_bytes(pack 'H*', shift) },
    random  => sub { srand 7; send_bytes(join '', map { chr int rand 256 } 1 .. shift) },
    values  => sub {
        my $names = join '', map { pairs("FCGI_MAX_CONNS", '') } 1 .. shift;
        send_bytes(pack('CCnnCC', 1, 9, 0, length $names, 0, 0) . $names);
    },
    drip  => sub { my $bytes = request('/'); for my $i (0 .. $_[0] - 1) { send_bytes(substr $bytes, $i, 1); sleep 1 } },
    pause => sub { sleep shift },
    read  => sub { read_to_end(shift) },
    'read-slowly' => sub {
        my $left = shift;
        while ($left > 0) { my $length = sysread $socket, my $bytes, 1000 or last; $left -= $length; sleep 0.1 }
    },
);

for my $step (@ARGV) {
    my ($name, $argument) = split /:/, $step, 2;
    my $do = $steps{$name} or die "there is no step $name\n";
    $do->($argument);
}
