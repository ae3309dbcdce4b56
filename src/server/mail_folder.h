#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>

#include "base/result.h"
#include "mail/message_sink.h"
#include "platform/io/blocking_pool.h"

namespace posthaste {

// Keeps messages as files, "ID.eml" each, for people to read and delete; at most 10,000. Any loop.
class MailFolder final : public MessageSink {
 public:
  // `disk` outlives it. The folder is made when the first message comes.
  MailFolder(std::filesystem::path folder, BlockingPool& disk)
      : folder_(std::move(folder)), disk_(disk) {}

  boost::asio::awaitable<Result<void>> take(ReceivedMessage message) override;
  bool is_accepting() const override { return true; }

 private:
  Result<void> keep(const ReceivedMessage& message) const;

  std::filesystem::path folder_;
  BlockingPool& disk_;
};

}  // namespace posthaste
