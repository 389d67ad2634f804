#pragma once
// A scanner with a sink that collects what it is given, and ways to cut a message into pieces.

#include <sealonce/message/scanner.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sealonce::test {

// The same numbers on every machine and in every run.
class random_numbers {
public:
  explicit random_numbers(std::uint32_t seed) : state_(seed) {}
  std::uint32_t operator()(std::uint32_t below) {
    state_ = state_ * 1664525 + 1013904223;
    return (state_ >> 8) % below;
  }

private:
  std::uint32_t state_;
};

struct collected final : message::body_sink {
  void header_complete(const message::header& h) override {
    ++completions;
    fields_at_completion = h.fields().size();
    text_at_completion = h.text();
  }
  void body(std::span<const char> piece) override {
    BOOST_TEST(completions == 1);
    content.append(piece.data(), piece.size());
  }
  int completions = 0;
  std::size_t fields_at_completion = 0;
  std::string text_at_completion;
  std::string content;
};

struct run {
  std::string bytes;
  std::uint64_t wire = 0;
};

// Takes the stuffing dots out of a wire form, as the data scanner does.
inline std::vector<run> unstuffed(const std::string& wire) {
  std::vector<run> runs;
  bool line_begins = true;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (line_begins && wire[i] == '.') {
      ++i;
      runs.push_back({"", i});
    }
    if (runs.empty()) {
      runs.push_back({"", i});
    }
    if (i < wire.size()) {
      runs.back().bytes += wire[i];
      line_begins = wire[i] == '\n';
    }
  }
  if (!runs.empty() && runs.back().bytes.empty()) {
    runs.pop_back(); // a dot that stuffs nothing
  }
  return runs;
}

struct scanned {
  collected sink;
  message::scanner scanner{sink};

  void feed(const run& r, std::size_t from, std::size_t to) {
    scanner.content(std::span(r.bytes).subspan(from, to - from), r.wire + from);
  }

  // Every fact in one text, so that two scans compare with ==.
  std::string facts() const {
    const auto& h = scanner.head();
    const auto& o = h.oddities();
    std::string out;
    for (const auto& f : h.fields()) {
      out += std::string(h.name(f)) + '|' + std::string(h.value(f)) + '|' +
             std::to_string(f.begin) + '-' + std::to_string(f.end) + " wire " +
             std::to_string(f.wire_begin) + '-' + std::to_string(f.wire_end) + '\n';
    }
    const std::pair<bool, const char*> odd[] = {
        {o.nul, "nul "},         {o.eight_bit, "8bit "},      {o.malformed_line, "malformed "},
        {o.over_limit, "over "}, {o.mbox_from_line, "mbox "}, {o.no_empty_line, "open "},
        {o.long_line, "long "}};
    for (const auto& [is, name] : odd) {
      out += is ? name : "";
    }
    out += "body@" + std::to_string(scanner.wire_body_offset()) + " insert@" +
           std::to_string(scanner.wire_insert_offset()) + " longest " +
           std::to_string(scanner.longest_body_line()) + " size " + std::to_string(scanner.size()) +
           " text " + std::to_string(h.text().size()) + '\n';
    return out + sink.content;
  }
};

inline void feed_pieces(scanned& s, const std::string& wire, std::size_t size) {
  for (std::size_t i = 0; i < wire.size(); i += size) {
    s.scanner.content(std::span(wire).subspan(i, std::min(size, wire.size() - i)), i);
  }
}

inline scanned& finish(scanned& s) {
  s.scanner.finish();
  BOOST_TEST(s.sink.completions == 1);
  BOOST_TEST(s.sink.fields_at_completion == s.scanner.head().fields().size());
  BOOST_TEST(s.sink.text_at_completion == s.scanner.head().text());
  return s;
}

} // namespace sealonce::test
