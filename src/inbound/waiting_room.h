#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace posthaste {

// Counts the mails that wait for a slow reader, and their octets, so that a flood is told to come
// again while memory still holds. Any thread.
//
//   const auto place = room.enter(mail->size());
//   if (!place) …                       // else it is held until the place goes
class WaitingRoom {
 public:
  struct Limits {
    std::size_t mails = 64;
    std::size_t octets = 64U << 20U;
  };
  explicit WaitingRoom(Limits limits) : limits_(limits) {}
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;
  // Requires: no place is held.
  ~WaitingRoom() = default;

  // Left also when the coroutine that holds it is unwound.
  class Place {
   public:
    Place(WaitingRoom& room, std::size_t octets) : room_(&room), octets_(octets) {}
    Place(Place&& other) noexcept
        : room_(std::exchange(other.room_, nullptr)), octets_(other.octets_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (room_ != nullptr) room_->leave(octets_);
    }

   private:
    WaitingRoom* room_;
    std::size_t octets_;
  };

  // One mail alone always finds a place: its own limit is what refuses it.
  std::optional<Place> enter(std::size_t octets) {
    const std::size_t mails = mails_.fetch_add(1) + 1;
    const std::size_t sum = octets_.fetch_add(octets) + octets;
    Place place(*this, octets);
    if (mails > 1 && (mails > limits_.mails || sum > limits_.octets)) return std::nullopt;
    return place;
  }

 private:
  void leave(std::size_t octets) {
    mails_.fetch_sub(1);
    octets_.fetch_sub(octets);
  }

  const Limits limits_;
  std::atomic<std::size_t> mails_ = 0;
  std::atomic<std::size_t> octets_ = 0;
};

}  // namespace posthaste
