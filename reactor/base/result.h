// Errors as values: eight bytes, no allocation, must be looked at.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "reactor/base/check.h"
#include "reactor/base/errc.h"

namespace tidegate::base {

struct Error {
  Errc code = Errc::ok;
  int os_errno = 0;

  static Error from_errno(int os_errno) { return {errc_from_errno(os_errno), os_errno}; }

  /// "refused", or for `Errc::os` the kernel's own words, e.g. "Invalid argument (errno 22)".
  [[nodiscard]] std::string describe() const;

  friend bool operator==(const Error&, const Error&) = default;
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(error) {}  // NOLINT(google-explicit-constructor): `return error;`

  [[nodiscard]] bool ok() const { return error_.code == Errc::ok; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] Error error() const { return error_; }

 private:
  Error error_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // NOLINTBEGIN(google-explicit-constructor): `return value;` and `return error;` read best
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, error) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires: ok().
  T& value() {
    TG_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    TG_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// `Errc::ok` when there is a value.
  [[nodiscard]] Error error() const {
    const Error* error = std::get_if<1>(&state_);
    return error != nullptr ? *error : Error{};
  }

 private:
  std::variant<T, Error> state_;
};

}  // namespace tidegate::base
