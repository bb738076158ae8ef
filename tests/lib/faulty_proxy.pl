#!/usr/bin/perl
# A bad network between the workers and PostgreSQL, on command: faulty_proxy.pl SERVER_PATH PORTS_PATH
# Owns two ports of 127.0.0.1, written to PORTS_PATH: one that is PostgreSQL's as the workers see it, and one for commands,
# a line each, answered by a line once done. Changes no byte that passes; what it does with the connections:
#
#     pass                  all is well (and whatever was held back goes on)
#     delay MS              answers arrive so much later
#     freeze                nothing passes; who connects gets no answer
#     vanish                the same, and not even connecting succeeds: the kernel drops the packets
#     refuse                nobody listens
#     slam                  whoever connects is cut off
#     fatal SQLSTATE TEXT   whoever connects gets this error
#     cut                   the connections that there are are reset
#     cut_next N [BYTES]    the next N questions that arrive have their connection reset, after BYTES of the answer
#     forget                the counts begin anew
#     counts                attempts N, connections N (open now), questions N, named N (statements), gaps MS... (between attempts)

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY);
use Time::HiRes qw(time);

my ($server_path, $ports_path) = @ARGV;
my $mode = 'pass';
my $delay = 0;
my @fatal;
my ($to_cut, $cut_after) = (0, 0);
my (@attempts, @fillers);
my ($questions, $named) = (0, 0);
my %links;     # by either socket: the link, a hash of worker, server, held (of answers), unparsed, is_started, cut_after
my $listener;
my $port = 0;
my $all = IO::Select->new;
my %commanders;

sub open_listener {
    $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128, ReuseAddr => 1) or die "no port: $!\n";
    $port = $listener->sockport;
    $all->add($listener);
}

sub close_listener {
    return unless $listener;
    $all->remove($listener);
    close $listener;
    undef $listener;
}

sub reset_connection {
    my $socket = shift;
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    close $socket;
}

sub drop {
    my ($link, $with_reset) = @_;
    for my $socket ($link->{worker}, $link->{server}) {
        $all->remove($socket);
        delete $links{$socket};
    }
    $with_reset ? reset_connection($link->{worker}) : close $link->{worker};
    close $link->{server};
}

sub all_links {
    my %seen;
    return grep { !$seen{$_}++ } values %links;
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

# Counts a question for each Sync and Query, and statements that are given a name. Returns the number of questions.
sub read_messages {
    my ($link, $bytes) = @_;
    my $count = 0;
    $link->{unparsed} .= $bytes;
    for (;;) {
        my $type_size = $link->{is_started} ? 1 : 0;
        last if length $link->{unparsed} < $type_size + 4;
        my $size = $type_size + unpack 'N', substr $link->{unparsed}, $type_size, 4;
        last if length $link->{unparsed} < $size;
        my $message = substr $link->{unparsed}, 0, $size, '';
        if (!$link->{is_started}) {
            $link->{is_started} = 1 if unpack('x4 N', $message) >> 16 == 3;
            next;
        }
        my $type = substr $message, 0, 1;
        $count++ if $type eq 'S' || $type eq 'Q';
        $named++ if $type eq 'P' && substr($message, 5, 1) ne "\0";
    }
    $questions += $count;
    return $count;
}

sub accept_worker {
    my $worker = $listener->accept or return;
    push @attempts, time;
    return reset_connection($worker) if $mode eq 'slam';
    # PostgreSQL does so too. Without it, an answer in two pieces may wait for an acknowledgement in between: some 40 ms.
    setsockopt $worker, IPPROTO_TCP, TCP_NODELAY, 1;
    my $server = IO::Socket::UNIX->new(Peer => $server_path) or return close $worker;
    my $link = { worker => $worker, server => $server, held => [], unparsed => '', is_started => 0 };
    @links{ $worker, $server } = ($link, $link);
    $all->add($worker, $server);
}

# As PostgreSQL refuses: no encryption, then an error to the start-up message.
sub answer_fatal {
    my ($link, $bytes) = @_;
    if (length $bytes == 8) {
        write_all($link->{worker}, 'N');
        return;
    }
    my $fields = "SFATAL\0VFATAL\0C$fatal[0]\0M$fatal[1]\0\0";
    write_all($link->{worker}, 'E' . pack('N', 4 + length $fields) . $fields);
    drop($link, 0);
}

sub from_worker {
    my ($link, $bytes) = @_;
    return answer_fatal($link, $bytes) if $mode eq 'fatal' && !$link->{is_started};
    if (read_messages($link, $bytes) && $to_cut > 0) {
        $to_cut--;
        return drop($link, 1) if $cut_after == 0;
        $link->{cut_after} = $cut_after;
    }
    drop($link, 0) unless write_all($link->{server}, $bytes);
}

sub from_server {
    my ($link, $bytes) = @_;
    if (defined $link->{cut_after}) {
        my $is_last = length $bytes >= $link->{cut_after};
        $bytes = substr $bytes, 0, $link->{cut_after} if $is_last;
        $link->{cut_after} -= length $bytes;
        write_all($link->{worker}, $bytes);
        # What was sent must have been read: a reset takes back what has not.
        select undef, undef, undef, 0.02;
        return $is_last ? drop($link, 1) : undef;
    }
    push @{ $link->{held} }, [ time + $delay, $bytes ];
}

# Lets go what is due; returns the seconds until something else is.
sub release {
    my $next = 1;
    for my $link (all_links()) {
        while (@{ $link->{held} }) {
            my ($due, $bytes) = @{ $link->{held}[0] };
            if ($due > time) {
                $next = $due - time if $due - time < $next;
                last;
            }
            shift @{ $link->{held} };
            if (!write_all($link->{worker}, $bytes)) {
                drop($link, 0);
                last;
            }
        }
    }
    return $next < 0 ? 0 : $next;
}

# A queue of one, full: the kernel answers nobody else.
sub vanish {
    listen $listener, 0;
    push @fillers, map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Blocking => 0) } 1 .. 3;
}

sub counts {
    my @gaps = map { int(1000 * ($attempts[$_] - $attempts[ $_ - 1 ])) } 1 .. $#attempts;
    return sprintf 'attempts %d connections %d questions %d named %d gaps %s', scalar @attempts, scalar all_links(), $questions, $named, "@gaps";
}

sub command {
    my ($name, @arguments) = split ' ', shift;
    if ($name eq 'counts') {
        return counts();
    } elsif ($name eq 'forget') {
        @attempts = ();
        ($questions, $named) = (0, 0);
    } elsif ($name eq 'cut') {
        drop($_, 1) for all_links();
    } elsif ($name eq 'cut_next') {
        ($to_cut, $cut_after) = ($arguments[0], $arguments[1] || 0);
    } else {
        $mode = $name;
        $delay = $name eq 'delay' ? $arguments[0] / 1000 : 0;
        @fatal = (shift @arguments, "@arguments") if $name eq 'fatal';
        if (@fillers || $name eq 'refuse') {
            close $_ for @fillers;
            @fillers = ();
            close_listener();
        }
        open_listener() if !$listener && $name ne 'refuse';
        vanish() if $name eq 'vanish';
    }
    return 'done';
}

$SIG{PIPE} = 'IGNORE';
open_listener();
my $control = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 8) or die "no port: $!\n";
$all->add($control);
open my $file, '>', "$ports_path.new" or die "$ports_path: $!\n";
printf $file "%d %d\n", $port, $control->sockport;
close $file;
rename "$ports_path.new", $ports_path or die "$ports_path: $!\n";

for (;;) {
    my $is_still = $mode eq 'freeze' || $mode eq 'vanish';
    my $wait = $is_still ? 1 : release();
    my @readable = ($is_still ? IO::Select->new($control, values %commanders) : $all)->can_read($wait);
    for my $socket (@readable) {
        if ($socket == $control) {
            my $commander = $control->accept or next;
            $commanders{$commander} = $commander;
            $all->add($commander);
        } elsif ($commanders{$socket}) {
            my $line = <$socket>;
            if (defined $line) {
                syswrite $socket, command($line) . "\n";
            } else {
                $all->remove($socket);
                delete $commanders{$socket};
                close $socket;
            }
            last; # what is readable may be gone
        } elsif ($listener && $socket == $listener) {
            accept_worker();
        } elsif (my $link = $links{$socket}) {
            my $length = sysread $socket, my $bytes, 65536;
            if (!$length) {
                # What the server said last still goes out.
                write_all($link->{worker}, $_->[1]) for $socket == $link->{server} ? @{ $link->{held} } : ();
                drop($link, 0);
            } elsif ($socket == $link->{worker}) {
                from_worker($link, $bytes);
            } else {
                from_server($link, $bytes);
            }
        }
    }
}
