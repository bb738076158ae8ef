#!/usr/bin/perl
# Listens as systemd does for what a service says of itself: notified.pl SOCKET_PATH LOG_PATH
# Owns the socket and the log, in which each message is a line: milliseconds of the clock, then the message, its own lines
# with '|' in between.

use strict;
use warnings;
use IO::Handle;
use IO::Socket::UNIX;
use Time::HiRes qw(time);

my ($socket_path, $log_path) = @ARGV;
unlink $socket_path;
my $socket = IO::Socket::UNIX->new(Local => $socket_path, Type => SOCK_DGRAM) or die "$socket_path: $!\n";
open my $log, '>', $log_path or die "$log_path: $!\n";
$log->autoflush(1);
while (defined $socket->recv(my $message, 4096)) {
    $message =~ s/\n$//;
    $message =~ tr/\n/|/;
    print $log int(1000 * time), " $message\n";
}
