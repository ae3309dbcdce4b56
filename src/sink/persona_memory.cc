#include "sink/persona_memory.h"

namespace posthaste {

PersonaMemory::PersonaMemory(const Persona& persona) : persona_(persona) {
  if (persona.reputation) {
    reputation_.with([&](auto& reputation) { reputation.emplace(persona.reputation->config); });
  }
  if (persona.greylist) {
    greylist_.with([&](auto& greylist) { greylist.emplace(persona.greylist->config); });
  }
}

PersonaMemory::Refusal PersonaMemory::on_mail(std::string_view client, Clock::time_point now) {
  if (!persona_.reputation) return {};
  using Answer = SenderReputation::Answer;
  const Answer answer =
      reputation_.with([&](auto& reputation) { return reputation->ask(client, now); });
  if (answer == Answer::defer) return {&persona_.reputation->deferral, "reputation_deferral"};
  if (answer == Answer::block) return {&persona_.reputation->block, "reputation_block"};
  return {};
}

PersonaMemory::Refusal PersonaMemory::on_rcpt(std::string_view client, std::string_view sender,
                                              std::string_view recipient, Clock::time_point now) {
  if (!persona_.greylist) return {};
  const bool is_known = greylist_.with(
      [&](auto& greylist) { return greylist->accepts(client, sender, recipient, now); });
  if (is_known) return {};
  return {&persona_.greylist->reply, "greylist"};
}

void PersonaMemory::count_recipient(std::string_view client, bool is_unknown,
                                    Clock::time_point now) {
  if (!persona_.reputation) return;
  reputation_.with([&](auto& reputation) { reputation->count_recipient(client, is_unknown, now); });
}

void PersonaMemory::count_accepted(std::string_view client, Clock::time_point now) {
  if (!persona_.reputation) return;
  reputation_.with([&](auto& reputation) { reputation->count_accepted(client, now); });
}

std::vector<SenderReputation::View> PersonaMemory::views(Clock::time_point now, std::size_t max) {
  if (!persona_.reputation) return {};
  return reputation_.with([&](auto& reputation) { return reputation->views(now, max); });
}

}  // namespace posthaste
