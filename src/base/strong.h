#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace posthaste {

// A type of its own around a plain value, so that two ids cannot be mistaken for each other.
// No conversion is implicit.
//
//   using TenantId = Strong<struct TenantIdTag, std::string>;
template <class Tag, class Rep>
class Strong {
 public:
  using rep = Rep;

  Strong() = default;
  explicit Strong(Rep value) : value_(std::move(value)) {}

  const Rep& value() const { return value_; }

  auto operator<=>(const Strong&) const = default;

 private:
  Rep value_{};
};

}  // namespace posthaste

template <class Tag, class Rep>
struct std::hash<posthaste::Strong<Tag, Rep>> {
  std::size_t operator()(const posthaste::Strong<Tag, Rep>& id) const {
    return std::hash<Rep>{}(id.value());
  }
};
