// MTA-STS policies and records, TLS-RPT records: whatever others publish is read within bounds, and
// what is read can be read again. Where the text is a report's counts, they are restored.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "identity/transport/mta_sts.h"
#include "identity/transport/tls_report_book.h"
#include "identity/transport/tls_report_document.h"
#include "identity/transport/tls_report_sender.h"

using namespace posthaste;

namespace {

void read_policy(std::string_view text) {
  const auto policy = parse_mta_sts_policy(text);
  if (!policy) return;
  if (policy->mx.size() > 200) std::abort();
  std::string again;
  for (const std::string& line : policy->lines) again += line + "\n";
  const auto second = parse_mta_sts_policy(again);
  if (!second || second->mx != policy->mx || second->max_age != policy->max_age) std::abort();
  (void)permits(*policy, text.substr(0, 80));
}

void read_counts(std::string_view text) {
  ManualClock clock;
  TlsReportBook book(clock);
  book.restore({{std::string(TlsReportBook::key_prefix()) + "x", std::string(text)}});
  for (const TlsDay& day : book.days_before(std::chrono::sys_days(std::chrono::days(100'000)))) {
    const TlsReportAuthor author{"a", "b@c.test", "d.test"};
    (void)make_tls_report(day, author, clock.wall(), "1");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_policy(text);
  if (const auto id = parse_mta_sts_record(text); id && (id->empty() || id->size() > 32)) {
    std::abort();
  }
  if (const auto uris = parse_tls_rpt_record(text)) {
    if (uris->empty() || uris->size() > 8) std::abort();
    for (const std::string& uri : *uris) (void)mailto_address(uri);
  }
  read_counts(text);
  return 0;
}
