#pragma once
// The one result type: a value, or a sentence that says what failed. [[nodiscard]] by type, and
// BOOST_OUTCOME_TRY works with it in functions and coroutines.

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/policy/all_narrow.hpp>
#include <boost/outcome/success_failure.hpp>
#include <boost/outcome/try.hpp>

#include <string>
#include <utility>

namespace sealonce {

/// Why something could not be done, as a sentence for an administrator: it names the thing and,
/// where there is one, the remedy. No trailing full stop and no newline.
struct failure {
  explicit failure(std::string sentence) : what(std::move(sentence)) {}
  std::string what;
};

template <class T>
using result = boost::outcome_v2::basic_result<T, failure, boost::outcome_v2::policy::all_narrow>;

using boost::outcome_v2::success;

} // namespace sealonce
