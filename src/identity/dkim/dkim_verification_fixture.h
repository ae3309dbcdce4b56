#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "identity/dkim/dkim_verifier.h"
#include "platform/io/task_group.h"

namespace posthaste {

// Key records from a table: what is not in it does not exist.
class TableOfKeys final : public DkimKeySource {
 public:
  void add(const std::string& name, std::string record) {
    DkimKeyAnswer& answer = answers_[name];
    answer.status = DkimKeyAnswer::Status::found;
    answer.records.push_back(std::move(record));
  }
  void add_unavailable(const std::string& name) {
    answers_[name].status = DkimKeyAnswer::Status::unavailable;
  }
  boost::asio::awaitable<DkimKeyAnswer> look_up(std::string name) override {
    const auto found = answers_.find(name);
    co_return found == answers_.end() ? DkimKeyAnswer{} : found->second;
  }

 private:
  std::map<std::string, DkimKeyAnswer> answers_;
};

// Verifies on a loop of its own, for tests.
class DkimVerification {
 public:
  static std::vector<DkimVerdict> verdicts(std::string message, WallTime now, DkimKeySource& keys) {
    boost::asio::io_context loop;
    TaskGroup group(loop.get_executor());
    std::vector<DkimVerdict> out;
    group.spawn(collect(std::make_shared<const std::string>(std::move(message)), now, keys, out));
    loop.run();
    return out;
  }

 private:
  static boost::asio::awaitable<void> collect(SharedBody message, WallTime now, DkimKeySource& keys,
                                              std::vector<DkimVerdict>& out) {
    out = co_await verify_dkim(std::move(message), now, keys);
  }
};

}  // namespace posthaste
