#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/guarded.h"

namespace posthaste {

// Counts the connections of one listener over all loops, in all and by client address. Any
// thread; outlives its leases.
class ConnectionCounter {
 public:
  struct Limits {
    std::uint32_t in_all = 0;
    std::uint32_t of_address = 0;
  };

  // One counted connection; stops counting when it goes.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : counter_(std::exchange(other.counter_, nullptr)), address_(std::move(other.address_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (counter_ != nullptr) counter_->release(address_);
    }

   private:
    friend class ConnectionCounter;
    Lease(ConnectionCounter& counter, std::string address)
        : counter_(&counter), address_(std::move(address)) {}

    ConnectionCounter* counter_;
    std::string address_;
  };

  // Nothing when a limit is reached.
  std::optional<Lease> admit(const std::string& address, Limits limits) {
    const bool has_room = counts_.with([&](Counts& counts) {
      if (counts.in_all >= limits.in_all) return false;
      std::uint32_t& of_address = counts.by_address[address];
      if (of_address >= limits.of_address) {
        if (of_address == 0) counts.by_address.erase(address);
        return false;
      }
      ++of_address;
      ++counts.in_all;
      return true;
    });
    if (!has_room) return std::nullopt;
    return Lease(*this, address);
  }

  std::uint32_t in_all() const {
    return counts_.with([](const Counts& counts) { return counts.in_all; });
  }

 private:
  struct Counts {
    std::uint32_t in_all = 0;
    std::unordered_map<std::string, std::uint32_t> by_address;
  };

  void release(const std::string& address) {
    counts_.with([&](Counts& counts) {
      --counts.in_all;
      const auto found = counts.by_address.find(address);
      if (--found->second == 0) counts.by_address.erase(found);
    });
  }

  Guarded<Counts> counts_;
};

}  // namespace posthaste
