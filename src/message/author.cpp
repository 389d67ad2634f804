// NAME
//   author - who a message says it is from
//
// DESCRIPTION
//   Our own lexer decides (mailbox_list), libidn2 gives the domain one spelling (domain_name), and
//   mimetic is asked whether it reads the same address (mimetic_check). Whatever is not one clear
//   mailbox has a status of its own and no domain.

#include "mailbox_list_detail.hpp"
#include "mimetic_check_detail.hpp"
#include <sealonce/limits.hpp>
#include <sealonce/message/author.hpp>
#include <sealonce/message/domain_name.hpp>

namespace sealonce::message {

namespace {

author without_author(author_status status, std::string_view why) {
  author a;
  a.status = status;
  a.why = why;
  return a;
}

author from_mailbox(mailbox box) {
  if (box.domain.starts_with('[')) {
    return without_author(author_status::domain_literal,
                          "the From address has a domain literal, which no key belongs to");
  }
  auto domain = to_a_labels(box.domain);
  if (!domain) {
    return without_author(author_status::malformed,
                          "the domain of the From address is no domain name");
  }
  if (!mimetic_agrees(box)) {
    return without_author(author_status::disputed,
                          "the From field is quoted so that readers may see different addresses");
  }
  author a;
  a.status = author_status::found;
  a.local_part = std::move(box.name);
  a.domain = std::move(*domain);
  return a;
}

} // namespace

author parse_author(std::string_view from_value) {
  if (from_value.size() > limits::from_value) {
    return without_author(author_status::malformed, "the From field is too long");
  }
  auto list = parse_mailbox_list(from_value);
  if (!list.error.empty()) {
    return without_author(author_status::malformed,
                          "the From field is malformed: " + std::string(list.error));
  }
  if (list.mailboxes > 1) {
    return without_author(author_status::several_mailboxes,
                          "the From field names several mailboxes");
  }
  if (list.mailboxes == 1) {
    return from_mailbox(std::move(list.first));
  }
  if (list.groups > 0) {
    return without_author(author_status::empty_group, "the From field names an empty group only");
  }
  return without_author(author_status::malformed, "the From field is empty");
}

author find_author(const header& h) {
  const field* from = nullptr;
  for (const auto& f : h.fields()) {
    if (!same_name(h.name(f), "From")) {
      continue;
    }
    if (from != nullptr) {
      return without_author(author_status::several_from, "there is more than one From field");
    }
    from = &f;
  }
  return from != nullptr ? parse_author(h.value(*from))
                         : without_author(author_status::no_from, "there is no From field");
}

} // namespace sealonce::message
