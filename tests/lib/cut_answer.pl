#!/usr/bin/perl
# A FastCGI worker that dies in the middle of each answer: cut_answer.pl SOCKET_PATH
# Owns nothing but that. It announces 20,000 bytes, sends half of them, and hangs up.

use strict;
use warnings;
use IO::Socket::UNIX;

my $path = shift;
unlink $path;
my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 16) or die "$path: $!\n";
while (my $connection = $listener->accept) {
    # The request has come when the empty record that ends its parameters and the one that ends its body have.
    my $request = '';
    while ($request !~ /\x01\x05\0\x01\0\0/) {
        sysread $connection, $request, 65536, length $request or last;
    }
    my $answer = "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n" . '"x", ' x 2000;
    syswrite $connection, pack('CCnnCC', 1, 6, 1, length $answer, 0, 0) . $answer;
    close $connection;
}
