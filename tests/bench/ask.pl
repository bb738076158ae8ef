#!/usr/bin/perl
# One client that asks for pages in turn, one at a time: ask.pl TIMES SECONDS PORT/PATH...
# Prints a line for each: median time in ms, statuses other than 200, bytes of the body. What takes long is asked fewer
# times, for SECONDS in all.

use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes 'time';

my ($times, $seconds, @addresses) = @ARGV;
my %connections;    # by port

sub ask {
    my ($port, $path) = $_[0] =~ m{^(\d+)(/.*)} or die "ask.pl: no address: $_[0]\n";
    my $connection = $connections{$port} //= IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
        // die "ask.pl: no connection to port $port\n";
    my $answer = '';
    syswrite $connection, "GET $path HTTP/1.1\r\nHost: localhost\r\n\r\n";
    while ($answer !~ /\r\n\r\n/) {
        sysread $connection, $answer, 65536, length $answer or die "ask.pl: $path: the connection was closed\n";
    }
    my ($length) = $answer =~ /^Content-Length: (\d+)/mi or die "ask.pl: $path: no length\n";
    my $missing = index($answer, "\r\n\r\n") + 4 + $length - length $answer;
    while ($missing > 0) {
        my $read = sysread $connection, my $rest, 65536 or die "ask.pl: $path: the answer was cut\n";
        $missing -= $read;
    }
    return ($answer =~ m{^HTTP/1.1 (\d+)}, $length);
}

my (@durations, @errors, @bytes);
for my $address (@addresses) {
    ask($address) for 1 .. 2;    # prepares the statements, and counts
}
my $end = time + $seconds;
for (my $round = 0; $round < $times && (time < $end || $round < 5); $round++) {
    for my $i (0 .. $#addresses) {
        my $start = time;
        (my $status, $bytes[$i]) = ask($addresses[$i]);
        push @{ $durations[$i] }, 1000 * (time - $start);
        $errors[$i] += $status != 200;
    }
}
for my $i (0 .. $#addresses) {
    my @sorted = sort { $a <=> $b } @{ $durations[$i] };
    printf "%.3f %d %d\n", $sorted[ @sorted / 2 ], $errors[$i], $bytes[$i];
}
