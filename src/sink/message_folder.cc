#include "sink/message_folder.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>

namespace posthaste {

namespace fs = std::filesystem;

namespace {

Error cannot(const fs::path& path, std::string_view do_what, const std::error_code& ec) {
  return Error{ec, "cannot " + std::string(do_what) + " " + path.string() + " (" + ec.message() +
                       "): check its rights and the free space"};
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

Result<void> MessageFolder::keep(const SinkEnvelope& envelope, std::string_view message,
                                 const std::string& time) {
  nlohmann::ordered_json json = {{"client", envelope.client}, {"ehlo", envelope.ehlo},
                                 {"tls", envelope.tls},       {"sender", envelope.sender},
                                 {"mail_parameters", envelope.mail_parameters},
                                 {"recipients", nlohmann::ordered_json::array()},
                                 {"time", time}};
  for (const std::string& recipient : envelope.recipients) {
    const std::size_t space = recipient.find(' ');
    json["recipients"].push_back(
        {{"address", recipient.substr(0, space)},
         {"parameters", space == std::string::npos ? "" : recipient.substr(space + 1)}});
  }
  const std::string number = std::to_string(next_++);
  // What a client sent may be no UTF-8.
  const auto kept =
      write(number + ".json",
            json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  return kept ? write(number + ".eml", message) : kept;
}

Result<void> MessageFolder::write(const std::string& name, std::string_view octets) const {
  const fs::path path = path_ / name;
  const fs::path unfinished = path_ / ("." + name);
  std::ofstream file(unfinished, std::ios::binary);
  file.write(octets.data(), static_cast<std::streamsize>(octets.size()));
  file.close();
  std::error_code ec;
  if (!file) {
    ec = std::make_error_code(std::errc::io_error);
  } else {
    fs::rename(unfinished, path, ec);
  }
  if (ec) return cannot(path, "write", ec);
  return {};
}

}  // namespace posthaste
