#!/usr/bin/perl
# Stands between the workers and PostgreSQL: proxy.pl LISTEN_PATH SERVER_PATH COUNTS_PATH
# Owns the count of what the workers send, by the messages of the protocol, written to COUNTS_PATH before the server gets
# them: `sync` and `query` are round trips, `execute` and `query` statements, `parse` statements prepared. Changes nothing
# that passes. Killed, it is a server that is down; stopped, one that is frozen.

use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;

my ($listen_path, $server_path, $counts_path) = @ARGV;
my %names = (P => 'parse', B => 'bind', E => 'execute', S => 'sync', Q => 'query', H => 'flush');
my %counts = map { $_ => 0 } 'connections', values %names;
my %peers;     # the other end, by socket
my %unparsed;  # what of a message has come from a worker
my %started;   # workers past the start-up message, the only one without a type

sub write_counts {
    open my $file, '>', "$counts_path.new" or die "$counts_path: $!\n";
    print $file "$_ $counts{$_}\n" for sort keys %counts;
    close $file;
    rename "$counts_path.new", $counts_path or die "$counts_path: $!\n";
}

sub count_messages {
    my ($worker, $bytes) = @_;
    my $buffer = $unparsed{$worker} . $bytes;
    while (1) {
        my $type_size = $started{$worker} ? 1 : 0;
        last if length $buffer < $type_size + 4;
        my $size = $type_size + unpack 'N', substr $buffer, $type_size, 4;
        last if length $buffer < $size;
        my $message = substr $buffer, 0, $size, '';
        if ($started{$worker}) {
            my $name = $names{ substr $message, 0, 1 };
            $counts{$name}++ if $name;
        } else {
            # Requests for encryption are answered with a byte, and the start-up message follows.
            my $code = unpack 'x4 N', $message;
            $started{$worker} = 1 if $code >> 16 == 3;
        }
    }
    $unparsed{$worker} = $buffer;
    write_counts();
}

sub write_all {
    my ($to, $bytes) = @_;
    while (length $bytes) {
        my $written = syswrite $to, $bytes;
        return 0 unless defined $written;
        substr $bytes, 0, $written, '';
    }
    return 1;
}

$SIG{PIPE} = 'IGNORE';
write_counts();
unlink $listen_path;
my $listener = IO::Socket::UNIX->new(Local => $listen_path, Listen => 128) or die "$listen_path: $!\n";
my $all = IO::Select->new($listener);

while (my @readable = $all->can_read) {
    for my $socket (@readable) {
        if ($socket == $listener) {
            my $worker = $listener->accept or next;
            my $server = IO::Socket::UNIX->new(Peer => $server_path);
            if (!$server) {
                close $worker;
                next;
            }
            $counts{connections}++;
            @peers{$worker, $server} = ($server, $worker);
            $unparsed{$worker} = '';
            $all->add($worker, $server);
            write_counts();
            next;
        }
        my $peer = $peers{$socket} or next;
        my $length = sysread $socket, my $bytes, 65536;
        count_messages($socket, $bytes) if $length && defined $unparsed{$socket};
        next if $length && write_all($peer, $bytes);
        delete @peers{$socket, $peer};
        delete @started{$socket, $peer};
        delete @unparsed{$socket, $peer};
        $all->remove($socket, $peer);
        close $socket;
        close $peer;
    }
}
