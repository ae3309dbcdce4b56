// A whole message with DKIM signatures and a key record, both hostile: verdicts within bounds.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "first_line_keys.h"
#include "platform/io/task_group.h"

namespace posthaste {
namespace {

boost::asio::awaitable<void> verify(FirstLineKeys& keys, std::vector<DkimVerdict>& out) {
  const WallTime now{std::chrono::seconds(1'800'000'000)};
  out = co_await verify_dkim(keys.message(), now, keys);
}

}  // namespace
}  // namespace posthaste

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  FirstLineKeys keys({reinterpret_cast<const char*>(data), size});
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  std::vector<DkimVerdict> verdicts;
  group.spawn(verify(keys, verdicts));
  loop.run();
  if (keys.lookups() > static_cast<int>(kMaxJudgedSignatures)) std::abort();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (i >= kMaxJudgedSignatures && verdicts[i].result == DkimResult::pass) std::abort();
  }
  return 0;
}
