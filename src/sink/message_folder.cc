#include "sink/message_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

namespace posthaste {

namespace fs = std::filesystem;

namespace {

Error cannot(const fs::path& path, std::string_view do_what, const std::error_code& ec) {
  return Error{ec, "cannot " + std::string(do_what) + " " + path.string() + " (" + ec.message() +
                       "): check its rights and the free space"};
}

// "ADDRESS PARAMETERS" as "<ADDRESS> PARAMETERS".
std::string path_of(std::string_view address_and_parameters) {
  const std::size_t space = address_and_parameters.find(' ');
  std::string path = fmt::format("<{}>", address_and_parameters.substr(0, space));
  if (space != std::string_view::npos) path += address_and_parameters.substr(space);
  return path;
}

}  // namespace

Result<MessageFolder> MessageFolder::open(const fs::path& path) {
  std::error_code ec;
  fs::create_directories(path, ec);
  if (ec) return cannot(path, "make", ec);
  std::uint64_t last = 0;
  for (auto entry = fs::directory_iterator(path, ec); !ec && entry != fs::directory_iterator();
       entry.increment(ec)) {
    const std::string stem = entry->path().stem().string();
    std::uint64_t number = 0;
    std::from_chars(stem.data(), stem.data() + stem.size(), number);
    last = std::max(last, number);
  }
  if (ec) return cannot(path, "read", ec);
  return MessageFolder(path, last + 1);
}

Result<void> MessageFolder::keep(const SinkEnvelope& envelope, std::string_view message) {
  std::string head = "X-Envelope-From: <" + envelope.sender + ">";
  if (!envelope.mail_parameters.empty()) head += " " + envelope.mail_parameters;
  head += "\r\n";
  for (const std::string& recipient : envelope.recipients) {
    head += "X-Envelope-To: " + path_of(recipient) + "\r\n";
  }
  const std::string name = fmt::format("{:08}.eml", next_++);
  const fs::path unfinished = path_ / ("." + name);
  std::ofstream file(unfinished, std::ios::binary);
  file.write(head.data(), static_cast<std::streamsize>(head.size()));
  file.write(message.data(), static_cast<std::streamsize>(message.size()));
  file.close();
  std::error_code ec;
  if (!file) {
    ec = std::make_error_code(std::errc::io_error);
  } else {
    fs::rename(unfinished, path_ / name, ec);
  }
  if (ec) return cannot(path_ / name, "write", ec);
  return {};
}

}  // namespace posthaste
