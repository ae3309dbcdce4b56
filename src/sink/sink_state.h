#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "sink/id_counts.h"
#include "sink/message_folder.h"
#include "sink/persona.h"
#include "sink/persona_limits.h"
#include "sink/provider_model.h"
#include "sink/sink_counts.h"

namespace posthaste {

// A persona at work: with what it has granted so far and what it remembers.
struct PersonaInForce {
  explicit PersonaInForce(Persona persona_in)
      : persona(std::move(persona_in)), limits(persona), provider(ProviderModel(persona)) {}
  PersonaInForce(const PersonaInForce&) = delete;
  PersonaInForce& operator=(const PersonaInForce&) = delete;

  const Persona persona;
  PersonaLimits limits;  // guards itself
  Guarded<ProviderModel> provider;
};

// What all sessions of a sink share. Any thread.
class SinkState {
 public:
  SinkState(Clock& clock_in, std::uint64_t seed_in, Persona persona)
      : clock(clock_in),
        seed(seed_in),
        persona_(std::make_shared<PersonaInForce>(std::move(persona))) {}

  std::shared_ptr<PersonaInForce> persona() const {
    return persona_.with([](const auto& current) { return current; });
  }
  // For transactions that begin from now on; its limits start afresh.
  void set_persona(Persona persona) {
    auto next = std::make_shared<PersonaInForce>(std::move(persona));
    persona_.with([&](auto& current) { current.swap(next); });
  }

  Clock& clock;
  const std::uint64_t seed;
  bool has_tls = false;
  IdCounts ids;
  std::optional<MessageFolder> keep;
  std::atomic<std::uint64_t> connection_number = 0;

 private:
  Guarded<std::shared_ptr<PersonaInForce>> persona_;
};

}  // namespace posthaste
