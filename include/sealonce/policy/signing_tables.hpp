#pragma once

#include <sealonce/crypto/private_key.hpp>
#include <sealonce/dkim/signer.hpp>
#include <sealonce/policy/key_selection.hpp>
#include <sealonce/policy/table_source.hpp>
#include <sealonce/result.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealonce::policy {

/// OpenDKIM's KeyTable and SigningTable, opendkim.conf(5). Immutable once loaded; everything may be
/// called from any thread. A lookup takes the same time however large the tables are: in a
/// "refile:" that holds for patterns with one "*" (others with the same beginning and end are tried
/// one after the other).
class signing_tables {
public:
  /// Where the tables are, and who is going to use their keys.
  struct sources {
    table_source keys;
    table_source signing;
    std::filesystem::path beside;             ///< where relative paths are looked for
    std::optional<crypto::key_account> later; ///< as private_key::load
    /// The tables in force, for a reload: a key file that cannot be read now stays as it was read
    /// for these, with a complaint. Null = none; not needed after load().
    const signing_tables* before = nullptr;
  };
  /// Tables, and what is wrong with single rows and keys: "PATH:LINE: sentence", at most
  /// limits::table_complaints of them and one that says how many more. Mail that such a row is for
  /// is deferred; all other mail is not touched by it.
  struct loaded {
    std::shared_ptr<const signing_tables> tables;
    std::vector<std::string> complaints;
  };

  /// Reads the tables and the key files; keys are parsed when they are first needed. Fails where a
  /// table cannot be read.
  [[nodiscard]] static result<loaded> load(const sources& from);

  ~signing_tables();
  signing_tables(const signing_tables&) = delete;
  signing_tables& operator=(const signing_tables&) = delete;

  /// Adds the key that the first matching row names, or those of all matching rows, to `out`.
  /// Whatever cannot sign makes out.key_trouble and out.detail. The address in any case, its domain
  /// in A-labels. Returns whether any row matched.
  bool select(std::string_view local_part, std::string_view domain, bool all, selection& out,
              selection_trace* trace) const;

  /// The key of the table with this d= and s=. Rows whose domain is "%" hold keys of no domain in
  /// particular, so they are not looked at.
  [[nodiscard]] std::shared_ptr<const dkim::signing_key> held(std::string_view domain,
                                                              std::string_view selector) const;
  /// Whether there is a row for it, whatever its key is like; parses nothing.
  [[nodiscard]] bool holds(std::string_view domain, std::string_view selector) const;

  /// Parses every key: "PATH:LINE: sentence" for each row whose mail would be deferred.
  [[nodiscard]] std::vector<std::string> unusable() const;

  [[nodiscard]] std::size_t key_rows() const;
  [[nodiscard]] std::size_t signing_rows() const;
  /// Memory for rows, texts and indexes, without the keys themselves.
  [[nodiscard]] std::size_t octets() const;

private:
  struct parts;
  explicit signing_tables(std::unique_ptr<const parts> p);
  std::unique_ptr<const parts> parts_;
};

} // namespace sealonce::policy
