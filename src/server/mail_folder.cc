#include "server/mail_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <iterator>
#include <system_error>
#include <utility>

#include "report/file_handle.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr std::ptrdiff_t kMaxMessages = 10'000;

}  // namespace

asio::awaitable<Result<void>> MailFolder::take(ReceivedMessage message) {
  std::function<Result<void>()> work = [this, message = std::move(message)] {
    return keep(message);
  };
  Result<void> kept = co_await disk_.run<Result<void>>(std::move(work));
  co_return kept;
}

// Whole and synced under a name of its own first, then renamed.
Result<void> MailFolder::keep(const ReceivedMessage& message) const {
  std::error_code ec;
  std::filesystem::create_directories(folder_, ec);
  const auto messages = std::distance(std::filesystem::directory_iterator(folder_, ec),
                                      std::filesystem::directory_iterator());
  if (messages >= kMaxMessages) {
    return {make_error_code(boost::system::errc::no_space_on_device),
            folder_.string() + " holds too many messages: read and delete them"};
  }
  const std::filesystem::path path = folder_ / (message.id.to_string() + ".eml");
  const std::filesystem::path fresh = path.string() + ".new";
  auto file = FileHandle::open(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return file.error();
  const Result<void> written = file->write(*message.body);
  if (!written) return written;
  if (::fsync(file->descriptor()) != 0 || std::rename(fresh.c_str(), path.c_str()) != 0) {
    return file_error(path, errno);
  }
  return sync_folder_of(path);
}

}  // namespace posthaste
