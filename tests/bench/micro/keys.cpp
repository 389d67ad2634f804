// NAME
//   keys - settings and keys for the measurements
#include "keys.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace sealonce;

namespace bench {
namespace {

constexpr int rsa_bits = 2048;
constexpr std::size_t customers = 1000;

config::settings made(crypto::key_type type) {
  config::settings s;
  const auto add = [&](const std::string& name, std::shared_ptr<const crypto::private_key> key) {
    auto& domain = s.domains[name];
    domain.name = name;
    domain.keys.push_back({name, "mail", std::move(key)});
  };
  const auto shared = new_key(crypto::key_type::ed25519);
  for (std::size_t i = 0; i < customers; ++i) {
    add("customer-" + std::to_string(i) + ".example", shared);
  }
  add("bench.example", new_key(type));
  return s;
}

} // namespace

std::shared_ptr<const crypto::private_key> new_key(crypto::key_type type) {
  auto key = crypto::private_key::generate(type, rsa_bits);
  if (!key) {
    std::fprintf(stderr, "%s\n", key.error().what.c_str());
    std::exit(1);
  }
  return key.value();
}

const config::settings& settings() {
  static const config::settings all = made(crypto::key_type::rsa);
  return all;
}

const config::settings& settings_without_rsa() {
  static const config::settings all = made(crypto::key_type::ed25519);
  return all;
}

} // namespace bench
