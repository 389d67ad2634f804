#pragma once

#include <sealonce/message/header.hpp>
#include <sealonce/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::dkim {

/// Which fields are signed and which are oversigned (named in h= once more than they occur, so that
/// nobody can add another). RFC 6376 §5.4, §5.4.1, §8.15. Immutable once made; the views that
/// select() gives live as long as the object that gave them.
///
/// An oversigned field that a message does not have is named once, so that nobody can add one at
/// all. Four fields are the exception, because honest hops add them and the signature must live:
/// - Date and Message-ID: Postfix's cleanup adds what is missing to mail that it takes for local
///   (local_header_rewrite_clients), which re-injected mail is where XFORWARD SOURCE is lost;
/// - List-Unsubscribe and List-Unsubscribe-Post: mailing lists add them. Nothing is lost: RFC 8058
///   §4 has receivers offer one-click only where h= covers both.
/// Where the message has them they are oversigned like the others.
class header_list {
public:
  /// The defaults: RFC 6376 §5.4.1 and the fields that came since; see etc/sealonce.toml.
  header_list();

  /// Lists of the configuration. A list of names replaces the default; "*" stands for the default
  /// in it; a list that begins with "+name" or "-name" changes the default. "*" in `oversign` means
  /// the default ones of those that `headers` leaves signed; a name that stands only in `oversign`
  /// is signed too. From is always signed. Fails on "-From", on what must never be signed (trace
  /// fields and what is changed or taken out on the way, RFC 6376 §5.4), on what is no field name,
  /// and on "-name" where the list has no such name.
  [[nodiscard]] static result<header_list> from_settings(const std::vector<std::string>& headers,
                                                         const std::vector<std::string>& oversign);

  /// The value of h= for this header: names in the list's order and spelling, as often as the
  /// fields occur (limits::signed_instances at most, counted from the bottom), once more where
  /// oversigned. From is in it even where the message has none.
  [[nodiscard]] std::vector<std::string_view> select(const message::header& h) const;

  [[nodiscard]] const std::vector<std::string>& signed_names() const { return signed_; }
  [[nodiscard]] const std::vector<std::string>& oversigned_names() const { return oversigned_; }

private:
  header_list(std::vector<std::string> names, std::vector<std::string> oversigned);
  [[nodiscard]] std::size_t place(std::string_view name) const;

  /// What select() does with a signed name.
  struct rule {
    bool required = false; ///< named whatever the message has
    bool oversigned = false;
    bool when_absent = false; ///< also named where the message has no such field
  };

  std::vector<std::string> signed_;
  std::vector<std::string> oversigned_;
  std::vector<rule> rules_;          ///< parallel to signed_
  std::vector<std::uint32_t> order_; ///< places in signed_, sorted by name
};

} // namespace sealonce::dkim
