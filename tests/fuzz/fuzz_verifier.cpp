// NAME
//   fuzz_verifier - hostile messages and key records through the verifier and into its field
//
// DESCRIPTION
//   The first line of the input is what DNS says, the rest is the message. Nothing may crash, and
//   whatever comes out must be one field of printable ASCII that no octet has broken.

#include <sealonce/dkim/authentication_results.hpp>
#include <sealonce/dkim/verifier.hpp>
#include <sealonce/message/scanner.hpp>

#include <cstdlib>
#include <optional>

using namespace sealonce;

namespace {

constexpr std::int64_t now = 1700000000;

class sink final : public message::body_sink {
public:
  void header_complete(const message::header& head) override { verifier.emplace(head, now); }
  void body(std::span<const char> piece) override { verifier->body(piece); }
  std::optional<dkim::verifier> verifier;
};

void require(bool what) {
  if (!what)
    std::abort();
}

/// Printable ASCII in lines that each begin with a blank and something behind it.
void check_field(std::string_view field) {
  require(field.ends_with("\r\n"));
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\r') {
      require(field[i + 1] == '\n');
      require(i + 2 == field.size() || (field[i + 2] == ' ' && field[i + 3] > ' '));
      ++i;
    } else {
      require(field[i] >= ' ' && field[i] <= '~');
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view record = input.substr(0, input.find('\n'));
  sink to;
  message::scanner scanner(to);
  scanner.content(input.substr(std::min(record.size() + 1, size)), 0);
  scanner.finish();
  to.verifier->end_of_body();
  const dns::txt_answer answer{dns::answer_status::found,
                               false,
                               {std::string(record), std::string(record.substr(record.size() / 2))},
                               {}};
  const std::vector<dns::txt_answer> answers(to.verifier->key_names().size(), answer);
  const auto verdicts = to.verifier->verdicts(answers);
  const auto results = dkim::method_results(verdicts);
  require(results.size() == std::max<std::size_t>(verdicts.size(), 1));
  check_field(dkim::authentication_results("mx.example.org", results));
  return 0;
}
