// A record, whatever it holds, is read within bounds, and judges a message with few questions.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/dmarc/author_domain.h"
#include "identity/dmarc/dmarc.h"
#include "one_text_resolver.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

boost::asio::awaitable<void> run(OneTextResolver& resolver, DmarcVerdict& verdict) {
  DmarcQuery query{.from_domain = "a.b.c.d.e.f.g.h.i.j.example.com",
                   .spf_domain = "example.com",
                   .dkim_domains = {"x.b.c.d.e.f.g.h.i.j.example.com", "example.org"}};
  verdict = co_await evaluate_dmarc(std::move(query), resolver);
}

}  // namespace
}  // namespace posthaste

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto record = posthaste::parse_dmarc_record(text);
  if (record.has_value() != posthaste::is_dmarc_record(text)) std::abort();
  if (record && (record->aggregate_reports.size() > 50 || record->problems.size() > 101)) {
    std::abort();
  }
  if (posthaste::find_author_domain(text).domain.size() > 255) std::abort();
  posthaste::OneTextResolver resolver(text);
  boost::asio::io_context loop;
  posthaste::TaskGroup group(loop.get_executor());
  posthaste::DmarcVerdict verdict;
  group.spawn(posthaste::run(resolver, verdict));
  loop.run();
  if (resolver.count() > 30) std::abort();
  return 0;
}
