#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"

namespace posthaste {

// How many times each id was seen, exactly, for millions of them: about 35 octets each beside the
// id itself. Any thread; ids are spread over shards, each with its own lock.
class IdCounts {
 public:
  static constexpr std::size_t kMaxId = 998;  // what is longer is cut

  // Counts the id once more. Returns how often it had been seen before.
  std::uint32_t add(std::string_view id);

  std::uint64_t distinct() const;
  // Sightings beyond each id's first.
  std::uint64_t duplicates() const;
  // Each id with its count, in no order.
  void for_each(const std::function<void(std::string_view id, std::uint32_t count)>& use) const;
  void clear();

 private:
  struct Entry {
    const char* text;
    std::uint32_t count;
    std::uint32_t hash;
    std::uint16_t length;
  };
  // Texts lie in blocks that never move; `slots` is an open hash table of places in `entries`,
  // plus one; 0 is a free slot.
  struct Shard {
    std::vector<std::unique_ptr<char[]>> blocks;
    std::size_t block_used = 0;
    std::vector<Entry> entries;
    std::vector<std::uint32_t> slots;
    std::uint64_t duplicates = 0;

    std::uint32_t add(std::string_view id, std::uint32_t hash);
    const char* keep(std::string_view id);
    void grow();
  };

  std::array<Guarded<Shard>, 16> shards_;
};

}  // namespace posthaste
