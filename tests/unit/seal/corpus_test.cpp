// tests/corpus/messages: NN-name.eml is what the author sent (CRLF, without stuffing dots),
// NN-name.expect the action and the reason with the settings of sealing.hpp, NN-name.why the story.
#include "sealing.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace sealonce;
using namespace sealonce::test;

std::string octets_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  BOOST_TEST_REQUIRE(in.good(), file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string name_of(policy::action a) {
  const char* names[] = {"sign", "already_signed", "replace", "pass_unsigned", "refuse", "defer"};
  return names[static_cast<int>(a)];
}

std::vector<std::filesystem::path> messages() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(SEALONCE_TEST_DATA "/messages")) {
    if (entry.path().extension() == ".eml") {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

BOOST_AUTO_TEST_SUITE(corpus_test)

BOOST_AUTO_TEST_CASE(each_message_gets_what_it_should) {
  const auto all = messages();
  BOOST_TEST(all.size() >= 32u);
  for (auto file : all) {
    BOOST_TEST_CONTEXT(file.filename().string()) {
      const auto message = octets_of(file);
      const auto expected = octets_of(file.replace_extension(".expect"));
      BOOST_TEST(!octets_of(file.replace_extension(".why")).empty());
      const auto whole = seal_whole(message).outcome;
      BOOST_TEST(name_of(whole.what) + ' ' + std::string(whole.reason) + '\n' == expected);
      for (const std::size_t size : {1u, 3u, 64u}) {
        const auto r = seal_pieces(message, size).outcome;
        BOOST_TEST((r.what == whole.what));
        BOOST_TEST(r.reason == whole.reason);
        BOOST_TEST(r.new_fields == whole.new_fields);
      }
      for (const auto& field : fields_of(whole.new_fields)) {
        const auto& domain = sealing_settings().domains.at(tags_of(field)["d"]);
        const auto signs = [&](const dkim::signing_key& k) {
          return k.selector == tags_of(field)["s"] && verifies(field, message, *k.key);
        };
        BOOST_TEST(std::any_of(domain.keys.begin(), domain.keys.end(), signs), field);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
