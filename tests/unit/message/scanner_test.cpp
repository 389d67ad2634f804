// The scanner gives the same facts however the message is cut, and they are the right ones.
#include "scanned.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

namespace {

using namespace sealonce;
using namespace sealonce::test;
using namespace std::string_literals;

std::string in_one_piece(const std::string& wire) {
  scanned s;
  for (const auto& r : unstuffed(wire)) {
    s.feed(r, 0, r.bytes.size());
  }
  return finish(s).facts();
}

std::string in_pieces_of(const std::string& wire, std::size_t size) {
  scanned s;
  for (const auto& r : unstuffed(wire)) {
    for (std::size_t i = 0; i < r.bytes.size(); i += size) {
      s.feed(r, i, std::min(i + size, r.bytes.size()));
    }
  }
  return finish(s).facts();
}

std::string split_at(const std::string& wire, std::size_t offset) {
  scanned s;
  for (const auto& r : unstuffed(wire)) {
    const auto cut = std::min<std::size_t>(offset > r.wire ? offset - r.wire : 0, r.bytes.size());
    s.feed(r, 0, cut);
    s.feed(r, cut, r.bytes.size());
  }
  return finish(s).facts();
}

struct example {
  const char* what;
  std::string wire;
  std::string facts;
};

const example examples[] = {
    {"plain", "From: a@b\r\nTo: c@d\r\n\r\nhello\r\n",
     "From| a@b\r\n|0-11 wire 0-11\nTo| c@d\r\n|11-20 wire 11-20\n"
     "body@22 insert@0 longest 0 size 29 text 20\nhello\r\n"},
    {"nothing at all", "", "open body@0 insert@0 longest 0 size 0 text 0\n"},
    {"no header", "\r\nbody\r\n", "body@2 insert@0 longest 0 size 8 text 0\nbody\r\n"},
    {"only the empty line", "\r\n", "body@2 insert@0 longest 0 size 2 text 0\n"},
    {"no body", "A: 1\r\n\r\n", "A| 1\r\n|0-6 wire 0-6\nbody@8 insert@0 longest 0 size 8 text 6\n"},
    {"no empty line", "A: 1\r\nB: 2\r\n",
     "A| 1\r\n|0-6 wire 0-6\nB| 2\r\n|6-12 wire 6-12\n"
     "open body@12 insert@0 longest 0 size 12 text 12\n"},
    {"ends within a line", "A: 1\r\nB: 2",
     "A| 1\r\n|0-6 wire 0-6\nB| 2\r\n|6-12 wire 6-10\n"
     "open body@10 insert@0 longest 0 size 10 text 12\n"},
    {"folded with blank and tab", "Subject: one\r\n two\r\n\tthree\r\nX: y\r\n\r\n",
     "Subject| one\r\n two\r\n\tthree\r\n|0-28 wire 0-28\nX| y\r\n|28-34 wire 28-34\n"
     "body@36 insert@0 longest 0 size 36 text 34\n"},
    {"a line of blanks continues the field", "A: 1\r\n \r\nB: 2\r\n\r\n",
     "A| 1\r\n \r\n|0-9 wire 0-9\nB| 2\r\n|9-15 wire 9-15\n"
     "body@17 insert@0 longest 0 size 17 text 15\n"},
    {"empty values", "A:\r\nB: \r\n\r\n",
     "A|\r\n|0-4 wire 0-4\nB| \r\n|4-9 wire 4-9\nbody@11 insert@0 longest 0 size 11 text 9\n"},
    {"odd case and blanks before the colon", "fRoM \t : a@b\r\n\r\n",
     "fRoM| a@b\r\n|0-14 wire 0-14\nbody@16 insert@0 longest 0 size 16 text 14\n"},
    {"colons in the value", "A:b:c\r\n\r\n",
     "A|b:c\r\n|0-7 wire 0-7\nbody@9 insert@0 longest 0 size 9 text 7\n"},
    {"eight bits in a value", "A: \xc3\xbc\r\n\r\n",
     "A| \xc3\xbc\r\n|0-7 wire 0-7\n8bit body@9 insert@0 longest 0 size 9 text 7\n"},
    {"eight bits in the body are no matter", "A: 1\r\n\r\n\xc3\xbc\r\n",
     "A| 1\r\n|0-6 wire 0-6\nbody@8 insert@0 longest 0 size 12 text 6\n\xc3\xbc\r\n"},
    {"eight bits in a name", "\xc3\xbc: 1\r\n\r\n",
     "8bit malformed body@9 insert@0 longest 0 size 9 text 7\n"},
    {"NUL in a value", "A: \0\r\n\r\n"s,
     "A| \0\r\n|0-6 wire 0-6\nnul body@8 insert@0 longest 0 size 8 text 6\n"s},
    {"NUL in a name", "A\0: 1\r\n\r\n"s, "nul malformed body@9 insert@0 longest 0 size 9 text 7\n"},
    {"a line without colon", "A: 1\r\nhello\r\n w\r\nB: 2\r\n\r\n",
     "A| 1\r\n|0-6 wire 0-6\nB| 2\r\n|17-23 wire 17-23\n"
     "malformed body@25 insert@0 longest 0 size 25 text 23\n"},
    {"no name", ": 1\r\n\r\n", "malformed body@7 insert@0 longest 0 size 7 text 5\n"},
    {"two words before the colon", "A b: 1\r\n\r\n",
     "malformed body@10 insert@0 longest 0 size 10 text 8\n"},
    {"begins with a continuation", " x\r\nA: 1\r\n\r\n",
     "A| 1\r\n|4-10 wire 4-10\nmalformed body@12 insert@0 longest 0 size 12 text 10\n"},
    {"mbox line", "From a@b Mon\r\nA: 1\r\n\r\n",
     "A| 1\r\n|14-20 wire 14-20\nmbox body@22 insert@14 longest 0 size 22 text 20\n"},
    {"quoted mbox lines", ">From a\r\n>>From b\r\nA: 1\r\n\r\n",
     "A| 1\r\n|19-25 wire 19-25\nmbox body@27 insert@19 longest 0 size 27 text 25\n"},
    {"a From field with a blank before its colon", "From : a@b\r\n\r\n",
     "From| a@b\r\n|0-12 wire 0-12\nbody@14 insert@0 longest 0 size 14 text 12\n"},
    {"such a line quoted", ">From : a@b\r\n\r\n",
     "mbox body@15 insert@13 longest 0 size 15 text 13\n"},
    {"mbox line without a name", "From \r\n\r\n", "mbox body@9 insert@7 longest 0 size 9 text 7\n"},
    {"mbox line that is not the first", "A: 1\r\nFrom a\r\n\r\n",
     "A| 1\r\n|0-6 wire 0-6\nmalformed body@16 insert@0 longest 0 size 16 text 14\n"},
    {"mbox line with a continuation", "From a\r\n b\r\nA: 1\r\n\r\n",
     "A| 1\r\n|12-18 wire 12-18\nmalformed mbox body@20 insert@8 longest 0 size 20 text 18\n"},
    {"mbox line alone", "From a\r\n\r\nx", "mbox body@10 insert@8 longest 0 size 11 text 8\nx"},
    {"stuffed field, continuation-like and body lines",
     "A: 1\r\n..b: 2\r\nC: 3\r\n 4\r\n\r\n..x\r\n...\r\n",
     "A| 1\r\n|0-6 wire 0-6\n.b| 2\r\n|6-13 wire 6-14\nC| 3\r\n 4\r\n|13-23 wire 14-24\n"
     "body@26 insert@0 longest 0 size 33 text 23\n.x\r\n..\r\n"},
    {"stuffed first line", "..a: 1\r\n\r\n",
     ".a| 1\r\n|0-7 wire 0-8\nbody@10 insert@0 longest 0 size 9 text 7\n"},
    {"stuffed first body line", "A: 1\r\n\r\n..\r\n",
     "A| 1\r\n|0-6 wire 0-6\nbody@8 insert@0 longest 0 size 11 text 6\n.\r\n"},
    {"body of empty lines", "A: 1\r\n\r\n\r\n\r\n",
     "A| 1\r\n|0-6 wire 0-6\nbody@8 insert@0 longest 0 size 12 text 6\n\r\n\r\n"},
};

BOOST_AUTO_TEST_SUITE(scanner_test)

BOOST_AUTO_TEST_CASE(facts_of_examples) {
  for (const auto& e : examples) {
    BOOST_TEST_CONTEXT(e.what) {
      BOOST_TEST(in_one_piece(e.wire) == e.facts);
    }
  }
}

BOOST_AUTO_TEST_CASE(cuts_change_nothing) {
  for (const auto& e : examples) {
    BOOST_TEST_CONTEXT(e.what) {
      BOOST_TEST(in_pieces_of(e.wire, 1) == e.facts);
      for (std::size_t i = 0; i <= e.wire.size(); ++i) {
        BOOST_TEST(split_at(e.wire, i) == e.facts);
        for (std::size_t n = 2; n < 6; ++n) {
          BOOST_TEST(in_pieces_of(e.wire, n) == e.facts);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(names_compare_without_ascii_case) {
  BOOST_TEST(message::same_name("From", "fROM"));
  BOOST_TEST(message::same_name("", ""));
  BOOST_TEST(!message::same_name("From", "Fro"));
  BOOST_TEST(!message::same_name("[", "{"));
  BOOST_TEST(!message::same_name("@", "`"));
  scanned s;
  feed_pieces(s, "To: 1\r\nTO: 2\r\nTop: 3\r\n\r\n", 100);
  BOOST_TEST(finish(s).scanner.head().count("to") == 2u);
}

// Octets drawn from those that matter to the scanner: every cut gives the same facts.
BOOST_AUTO_TEST_CASE(random_octets) {
  random_numbers random(7);
  const std::string words[] = {"\r\n", "\r\n",  "\r\n", "A",    ":",   " ",        "\t",   ".",
                               "..",   "From ", ">",    "\xff", "\0"s, "b: c\r\n", "\r\n "};
  for (int i = 0; i < 2000; ++i) {
    std::string wire;
    for (auto n = random(30); n > 0; --n) {
      wire += words[random(std::size(words))];
    }
    const auto whole = in_one_piece(wire);
    BOOST_TEST((in_pieces_of(wire, 1) == whole), wire);
    BOOST_TEST((split_at(wire, random(40)) == whole), wire);
  }
}

BOOST_AUTO_TEST_CASE(the_first_malformed_line_has_a_place) {
  const std::pair<std::string, std::uint32_t> headers[] = {
      {" x\r\nA: 1\r\n\r\n", 0},
      {"A: 1\r\nrubbish\r\nB: 2\r\nrubbish\r\n\r\n", 6},
      {"A: 1\r\n 2\r\nrubbish", 10},
      {"From x\r\nrubbish\r\n folded\r\n\r\n", 8},
  };
  for (const auto& [text, place] : headers) {
    for (const std::size_t size : {1u, 3u, 100u}) {
      scanned s;
      feed_pieces(s, text, size);
      finish(s);
      BOOST_TEST(s.scanner.head().oddities().malformed_line);
      BOOST_TEST(s.scanner.head().oddities().malformed_at == place);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
