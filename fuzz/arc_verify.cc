// A whole message with ARC sets and a key record, both hostile: a verdict within bounds, and a set
// that can be added to it.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "first_line_keys.h"
#include "identity/arc/arc.h"
#include "identity/arc/arc_chain.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

const WallTime kNow{std::chrono::seconds(1'800'000'000)};

boost::asio::awaitable<void> verify(FirstLineKeys& keys, ArcVerdict& out) {
  out = co_await verify_arc(keys.message(), kNow, keys);
}

const ArcSealer& sealer() {
  static const ArcSealer one{*DkimPrivateKey::generate_ed25519(), "example.com", "s", {}};
  return one;
}

}  // namespace
}  // namespace posthaste

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  FirstLineKeys keys({reinterpret_cast<const char*>(data), size});
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  ArcVerdict verdict;
  group.spawn(verify(keys, verdict));
  loop.run();
  if (verdict.instances > kMaxArcInstances || keys.lookups() > 2 * kMaxArcInstances) std::abort();
  if ((verdict.result == ArcResult::fail) == verdict.problem.empty()) std::abort();
  const auto results = collect_authentication_results(*keys.message(), "example.com");
  const auto made = make_arc_set(*keys.message(), sealer(), verdict, results, kNow);
  if (!made || (verdict.has_ended && !made->empty())) std::abort();
  return 0;
}
