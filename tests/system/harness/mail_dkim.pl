#!/usr/bin/perl
# mail_dkim.pl PORT FILE... - what Mail::DKIM says to each message, keys from 127.0.0.1:PORT
#
# Prints for each signature one line: FILE TAB domain TAB selector TAB algorithm TAB result detail
use strict;
use warnings;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS::Resolver;

my $port = shift @ARGV;
my $resolver = Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], port => $port, recurse => 0);
$resolver->udppacketsize(1232);
Mail::DKIM::DNS::resolver($resolver);

for my $file (@ARGV) {
    open my $message, '<:raw', $file or die "$file: $!";
    my $verifier = Mail::DKIM::Verifier->new();
    local $/ = undef;
    $verifier->PRINT(scalar <$message>);
    $verifier->CLOSE;
    for my $signature ($verifier->signatures) {
        my @columns = ($signature->domain, $signature->selector, $signature->algorithm,
            $signature->result_detail);
        s/\s+/ /g for grep { defined } @columns;
        print join("\t", $file, map { $_ // '' } @columns), "\n";
    }
}
