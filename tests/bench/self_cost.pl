#!/usr/bin/perl
# Prints where instructions are executed, by function without what it calls, of one of callgrind's files:
# self_cost.pl FILE. (callgrind_annotate takes the functions that were running when the file was begun for their callees.)

use strict;
use warnings;

my (%functions, %objects, %cost);
my ($function, $object, $total, $is_call) = ('', '', 0, 0);
while (<>) {
    if (/^(c?)fn=\((\d+)\)(?: (.*))?/) {
        $functions{$2} = $3 if defined $3;
        $function = $functions{$2} if !$1;
    } elsif (m{^(c?)ob=\((\d+)\)(?: (?:.*/)?(.*))?}) {
        $objects{$2} = $3 if defined $3;
        $object = $objects{$2} if !$1;
    } elsif (/^calls=/) {
        $is_call = 1;
    } elsif (/^[-+*\d].* (\d+)$/) {
        $cost{"$function ($object)"} += $1 if !$is_call;
        $total += $1 if !$is_call;
        $is_call = 0;
    }
}
printf "%9d  100%%\n", $total;
for my $name (sort { $cost{$b} <=> $cost{$a} || $a cmp $b } keys %cost) {
    last if $cost{$name} * 500 < $total;
    printf "%9d %4.1f%%  %s\n", $cost{$name}, 100 * $cost{$name} / $total, $name;
}
