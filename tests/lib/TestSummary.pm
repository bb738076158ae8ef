# How prove prints the run: a line a program, what failed in it, and `N passed, N failed` as the last line of all.
# Owns what counts as a failure: a failed test, and each program that died, left its plan or said nothing. A skipped test
# has not passed.
package TestSummary;

use strict;
use warnings;
use parent 'TAP::Formatter::File';
use TAP::Formatter::File::Session;

# cmocka says in a comment what it has said already.
package TestSummary::Session {
    use parent -norequire, 'TAP::Formatter::File::Session';

    sub result {
        my ($self, $result) = @_;
        return if $result->is_comment && $result->as_string =~ /^#\s*(?:not )?ok - /;
        return $self->SUPER::result($result);
    }
}

sub open_test {
    my ($self, @arguments) = @_;
    return bless $self->SUPER::open_test(@arguments), 'TestSummary::Session';
}

sub summary {
    my ($self, $aggregate, $interrupted) = @_;
    my ($passed, $failed, @notes) = (0, 0);

    for my $name ($aggregate->descriptions) {
        my ($parser) = $aggregate->parsers($name);
        my @skipped = $parser->skipped;
        my @failures = $parser->failed;

        $passed += $parser->passed - @skipped;
        $failed += @failures;
        for my $failure (@failures) {
            push @notes, "$name: test $failure failed";
        }
        if (@skipped || defined $parser->skip_all) {
            my $what = defined $parser->skip_all ? 'all' : scalar @skipped;
            push @notes, "$name: $what skipped";
        }
        next if @failures && !$parser->parse_errors && !$parser->wait;
        if ($parser->wait >> 8 == 124 || $parser->wait >> 8 == 137) {
            push @notes, "$name: did not end in time";
        } elsif (!@failures && $parser->wait) {
            push @notes, "$name: died, wait status " . $parser->wait;
        } elsif ($parser->parse_errors) {
            push @notes, "$name: " . join '; ', $parser->parse_errors;
        } else {
            next;
        }
        $failed++;
    }
    $failed++ if $interrupted;
    $self->_output("$_\n") for @notes;
    $self->_output("interrupted\n") if $interrupted;
    $self->_output("$passed passed, $failed failed\n");
}

1;
