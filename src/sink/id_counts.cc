#include "sink/id_counts.h"

#include <cstring>
#include <functional>

namespace posthaste {
namespace {

constexpr std::size_t kBlock = 1 << 18;

}  // namespace

std::uint32_t IdCounts::add(std::string_view id) {
  id = id.substr(0, kMaxId);
  const std::uint64_t hash = std::hash<std::string_view>{}(id);
  // The shard is chosen by the bits that the table does not use.
  return shards_[hash >> 60].with(
      [&](Shard& shard) { return shard.add(id, static_cast<std::uint32_t>(hash)); });
}

std::uint32_t IdCounts::Shard::add(std::string_view id, std::uint32_t hash) {
  if (entries.size() * 2 >= slots.size()) grow();
  const std::size_t mask = slots.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots[slot] != 0; slot = (slot + 1) & mask) {
    Entry& entry = entries[slots[slot] - 1];
    if (entry.hash != hash || std::string_view(entry.text, entry.length) != id) continue;
    ++duplicates;
    return entry.count++;
  }
  entries.push_back({keep(id), 1, hash, static_cast<std::uint16_t>(id.size())});
  slots[slot] = static_cast<std::uint32_t>(entries.size());
  return 0;
}

const char* IdCounts::Shard::keep(std::string_view id) {
  if (blocks.empty() || block_used + id.size() > kBlock) {
    blocks.push_back(std::make_unique<char[]>(kBlock));
    block_used = 0;
  }
  char* const text = blocks.back().get() + block_used;
  std::memcpy(text, id.data(), id.size());
  block_used += id.size();
  return text;
}

void IdCounts::Shard::grow() {
  slots.assign(slots.empty() ? 1024 : slots.size() * 2, 0);
  const std::size_t mask = slots.size() - 1;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::size_t slot = entries[i].hash & mask;
    while (slots[slot] != 0) slot = (slot + 1) & mask;
    slots[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

std::uint64_t IdCounts::distinct() const {
  std::uint64_t sum = 0;
  for (const auto& guarded : shards_) {
    sum += guarded.with([](const Shard& shard) { return shard.entries.size(); });
  }
  return sum;
}

std::uint64_t IdCounts::duplicates() const {
  std::uint64_t sum = 0;
  for (const auto& guarded : shards_) {
    sum += guarded.with([](const Shard& shard) { return shard.duplicates; });
  }
  return sum;
}

void IdCounts::for_each(
    const std::function<void(std::string_view id, std::uint32_t count)>& use) const {
  for (const auto& guarded : shards_) {
    guarded.with([&](const Shard& shard) {
      for (const Entry& entry : shard.entries) use({entry.text, entry.length}, entry.count);
    });
  }
}

void IdCounts::clear() {
  for (auto& guarded : shards_) guarded.with([](Shard& shard) { shard = Shard(); });
}

}  // namespace posthaste
