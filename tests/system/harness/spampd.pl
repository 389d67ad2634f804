#!/usr/bin/perl -T
# spampd.pl OPTION... - Debian's spampd where there is no syslog, with directories of the caller's
#
# SpamAssassin refuses a home directory from the command line, by Perl's taint check, and spampd
# ends where nobody takes its log: here standard error does.
use strict;
use warnings;

BEGIN {
    require Sys::Syslog;
    no warnings qw(redefine prototype);
    *Sys::Syslog::setlogsock = sub { 1 };
    *Sys::Syslog::openlog = sub { 1 };
    *Sys::Syslog::syslog = sub { my ($level, $format, @values) = @_; warn sprintf "$format\n", @values };
}

@ARGV = map { /^(.*)$/ } @ARGV;
do '/usr/sbin/spampd';
die $@ if $@;
