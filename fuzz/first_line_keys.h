#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "identity/dkim/dkim_verifier.h"

namespace posthaste {

// A fuzz input for verifiers: its first line is the key record of every name, the rest the message.
class FirstLineKeys final : public DkimKeySource {
 public:
  explicit FirstLineKeys(std::string_view input)
      : record_(input.substr(0, input.find('\n'))),
        message_(std::make_shared<const std::string>(
            input.substr(std::min(input.size(), record_.size() + 1)))) {}

  const SharedBody& message() const { return message_; }

  boost::asio::awaitable<DkimKeyAnswer> look_up(std::string name) override {
    ++lookups_;
    DkimKeyAnswer answer;
    if (name.starts_with("absent")) co_return answer;
    answer.status = DkimKeyAnswer::Status::found;
    answer.records = {record_, "v=DKIM1; p="};
    co_return answer;
  }
  int lookups() const { return lookups_; }

 private:
  std::string record_;
  SharedBody message_;
  int lookups_ = 0;
};

}  // namespace posthaste
