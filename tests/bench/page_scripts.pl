#!/usr/bin/perl
# Makes scripts for pgbench of the last page in PostgreSQL's log: page_scripts.pl LOG FOLDER
# For each database FOLDER/DATABASE.sql with the page's statements in one pipeline, as they were executed, and
# FOLDER/DATABASE.values, the arguments with what their parameters stood for. Prints a line for each database, its name and the
# number of statements.

use strict;
use warnings;

my ($log, $folder) = @ARGV;
my %statements;  # of the page, by database: {name, sql, values}
my %page;        # the statement by process, until its DETAIL
open my $lines, '<', $log or die "$log: $!\n";
while (my $line = <$lines>) {
    my ($process, $database, $rest) = $line =~ /\[(\d+)\] proposals@(\w+) .*? ((?:LOG|DETAIL):  .*)/ or next;
    if (my ($name, $sql) = $rest =~ /^LOG:  duration: [\d.]+ ms  execute (\S+): (.*)/) {
        # A page starts with its rows; Miles Republic's statements come after them.
        %statements = () if $name =~ /^proposals_page/;
        $page{$process} = { sql => $sql, values => [] };
        push @{ $statements{$database} }, $page{$process};
    } elsif ($rest =~ /^LOG:/) {
        delete $page{$process};
    } elsif ($page{$process}) {
        while ($rest =~ /\$(\d+) = '((?:[^']|'')*)'/g) {
            $page{$process}{values}[$1 - 1] = $2 =~ s/''/'/gr;
        }
    }
}

for my $database (sort keys %statements) {
    my $number = 0;
    open my $script, '>', "$folder/$database.sql" or die "$folder: $!\n";
    open my $values, '>', "$folder/$database.values" or die "$folder: $!\n";
    print $script "\\startpipeline\n";
    for my $statement (@{ $statements{$database} }) {
        $number++;
        print $script $statement->{sql} =~ s/\$(\d+)/:s${number}_$1/gr, ";\n";
        my $parameter = 0;
        print $values "s${number}_", ++$parameter, "=$_\n" for @{ $statement->{values} };
    }
    print $script "\\endpipeline\n";
    print "$database $number\n";
}
