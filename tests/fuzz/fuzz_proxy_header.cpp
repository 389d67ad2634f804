// NAME
//   fuzz_proxy_header - anything in front of a session
//
// DESCRIPTION
//   The first octet seeds the cutting. The result does not depend on it, and no octet behind the
//   header is asked for.

#include "fuzzing.hpp"
#include <sealonce/smtp/proxy_header.hpp>

using namespace sealonce;
using fuzz::require;
using status = smtp::proxy_header_parser::status;

namespace {

struct outcome {
  status what = status::need_more;
  std::size_t taken = 0;
  smtp::proxied_client client;
};

outcome parse(std::string_view in, std::size_t seed) {
  outcome o;
  smtp::proxy_header_parser parser;
  fuzz::cutter cut(seed);
  while (o.what == status::need_more && o.taken < in.size()) {
    require(parser.wanted() != 0);
    const auto most = std::min(parser.wanted(), in.size() - o.taken);
    const auto length = seed == 0 ? most : cut.piece(most);
    o.what = parser.feed(in.substr(o.taken, length));
    o.taken += length;
    require(parser.begun());
  }
  require((o.what == status::need_more) == (parser.wanted() != 0));
  o.client = parser.client();
  return o;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t seed = in.below(256) + 1;
  const std::string_view octets = in.all();
  const outcome whole = parse(octets, 0);
  const outcome cut = parse(octets, seed);
  require(whole.what == cut.what || whole.what == status::malformed ||
          cut.what == status::malformed);
  if (whole.what == status::complete) {
    require(cut.what == status::complete && whole.taken == cut.taken);
    require(whole.client.own == cut.client.own && whole.client.address == cut.client.address &&
            whole.client.port == cut.client.port);
  }
  return 0;
}
