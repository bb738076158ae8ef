#!/usr/bin/perl
# A stand-in for the API that this project replaces: old_api.pl FOLDER
# Owns FOLDER: `port`, where it listens on 127.0.0.1; `requests`, a line of JSON for each request as it came; `N.body`, the
# body of the Nth. It answers one request a connection, and all of them alike, but for what the address asks:
#
#     status=NNN   that status        big=N   a body of N bytes        hang-up   no answer at all

use strict;
use warnings;
use IO::Socket::INET;
use JSON::PP;

my ($folder) = @ARGV;
my $json = JSON::PP->new->canonical->latin1;
my $number = 0;

sub write_file {
    my ($name, $bytes) = @_;
    open my $file, '>', "$folder/$name.new" or die "$folder/$name: $!\n";
    print $file $bytes;
    close $file;
    rename "$folder/$name.new", "$folder/$name" or die "$folder/$name: $!\n";
}

# The lines of the head up to the empty one; none where the peer hung up before.
sub read_head {
    my $client = shift;
    my @lines;
    while (defined(my $line = <$client>)) {
        $line =~ s/\r?\n\z//;
        return @lines if $line eq '';
        push @lines, $line;
    }
    return;
}

sub read_body {
    my ($client, $length) = @_;
    my $body = '';
    while (length $body < $length) {
        read $client, $body, $length - length $body, length $body or last;
    }
    return $body;
}

sub answer {
    my ($client, $request) = @_;
    my ($status) = $request->{target} =~ /[?&]status=(\d{3})/;
    my ($size) = $request->{target} =~ /[?&]big=(\d+)/;
    my $body = $size ? 'x' x $size : $json->encode({old => JSON::PP::true, number => $request->{number}});
    $status //= 200;
    $body = '' if $status == 204 || $status == 304;
    print $client "HTTP/1.1 $status Whatever\r\n",
        "Content-Type: application/vnd.old+json\r\n",
        $status == 204 || $status == 304 ? () : 'Content-Length: ' . length($body) . "\r\n",
        "Connection: close\r\nX-Powered-By: Express\r\nETag: W/\"old\"\r\nLocation: /api/elsewhere?a=b%20c\r\n",
        "Set-Cookie: one=1; HttpOnly\r\nSet-Cookie: two=2; Path=/api\r\nRetry-After: 77\r\nCache-Control: private\r\n",
        "X-Request-Id: that-of-the-old-api\r\nX-Frame-Options: SAMEORIGIN\r\nX-Content-Type-Options: nosniff\r\n",
        "Content-Security-Policy: default-src *\r\nReferrer-Policy: no-referrer\r\nPermissions-Policy: camera=*\r\n",
        "Cross-Origin-Opener-Policy: unsafe-none\r\nCross-Origin-Resource-Policy: cross-origin\r\n\r\n",
        $request->{method} eq 'HEAD' ? '' : $body;
}

$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 64) or die "no socket: $!\n";
open my $requests, '>>', "$folder/requests" or die "$folder/requests: $!\n";
$requests->autoflush(1);
write_file('port', $listener->sockport);

while (my $client = $listener->accept) {
    my ($line, @fields) = read_head($client);
    next unless defined $line;
    my ($method, $target) = split / /, $line;
    my %headers;
    for my $field (@fields) {
        my ($name, $value) = split /:\s*/, $field, 2;
        push @{$headers{lc $name}}, $value;
    }
    my $body = read_body($client, $headers{'content-length'}[0] // 0);
    my $request = {number => ++$number, method => $method, target => $target, headers => \%headers, line => $line};
    write_file("$number.body", $body);
    print $requests $json->encode($request), "\n";
    answer($client, $request) unless $target =~ /hang-up/;
    close $client;
}
