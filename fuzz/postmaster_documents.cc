// Answers of Google Postmaster Tools, and credentials: no crash, whatever is written there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "reputation/oauth.h"
#include "reputation/postmaster_tools.h"
#include "reputation/reputation_subject.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<PostmasterDay> days;
  (void)parse_postmaster_stats(text, days);
  for (std::size_t i = 1; i < days.size(); ++i) {
    if (!(days[i - 1].day < days[i].day)) std::abort();
  }
  (void)parse_postmaster_domains(text);
  (void)parse_postmaster_rules(text);
  (void)OauthCredentials::parse(text, "scope");
  ReputationSubject subject;
  restore(subject, text);
  const auto score = score_of(subject).score;
  if (score && (*score < 0 || *score > 100)) std::abort();
  return 0;
}
