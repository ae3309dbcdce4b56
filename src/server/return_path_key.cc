#include "server/return_path_key.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace posthaste {
namespace {

Error file_error(const std::filesystem::path& path, const std::string& what) {
  return Error{make_error_code(boost::system::errc::io_error), path.string() + ": " + what};
}

Error system_failure(const std::filesystem::path& path) {
  return file_error(
      path, std::generic_category().message(errno) + ": check the name and its permissions");
}

std::string fresh_key() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, 32> octets{};
  if (RAND_bytes(octets.data(), octets.size()) != 1) return {};
  std::string text;
  for (const unsigned char octet : octets) {
    text.push_back(kHex[octet >> 4]);
    text.push_back(kHex[octet & 0x0f]);
  }
  return text;
}

bool has_bounce_domain(const ServerConfig& config) {
  const auto& blocks = config.return_paths;
  return config.bounce.domain ||
         std::any_of(blocks.begin(), blocks.end(),
                     [](const ReturnPathConfig& one) { return one.domain.has_value(); });
}

bool write_whole(int file, const std::string& text) {
  const ssize_t written = ::write(file, text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
}

}  // namespace

Result<std::vector<std::string>> read_return_path_keys(const std::filesystem::path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return system_failure(path);
  if ((status.st_mode & 0007) != 0) {
    return file_error(path, "everybody may read or change the key of return paths: chmod 600");
  }
  std::ifstream file(path);
  if (!file) return system_failure(path);
  std::vector<std::string> keys;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) keys.push_back(std::move(line));
  }
  return keys;
}

Result<std::vector<std::string>> keep_return_path_key(const std::filesystem::path& path) {
  std::error_code ec;
  if (std::filesystem::exists(path, ec)) return read_return_path_keys(path);
  std::filesystem::create_directories(path.parent_path(), ec);
  // Whole and synced under a name of its own first: nobody ever reads half a key.
  const std::string fresh = path.string() + ".new." + std::to_string(::getpid());
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return system_failure(fresh);
  const std::string key = fresh_key();
  const bool is_written = !key.empty() && write_whole(file, key + "\n");
  ::close(file);
  if (!is_written) {
    ::unlink(fresh.c_str());
    return file_error(path, "the key of return paths cannot be written: free the disk");
  }
  // A link fails where another was faster; then theirs counts.
  const bool is_there = ::link(fresh.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const Error failure = system_failure(path);
  ::unlink(fresh.c_str());
  if (!is_there) return failure;
  return read_return_path_keys(path);
}

Result<std::vector<std::string>> token_keys(const ServerConfig& config) {
  const bool is_used =
      has_bounce_domain(config) || !config.unsubscribe.empty() || !config.feedback.empty();
  if (!is_used) return std::vector<std::string>();
  return config.bounce.key_file.empty()
             ? keep_return_path_key(config.server.data_dir / "return_path.key")
             : read_return_path_keys(config.bounce.key_file);
}

Result<std::shared_ptr<const ReturnPaths>> make_return_paths(const ServerConfig& config,
                                                             std::vector<std::string> keys) {
  if (!has_bounce_domain(config)) return std::shared_ptr<const ReturnPaths>();
  auto codec = ReturnPathCodec::create(std::move(keys));
  if (!codec) return codec.error();
  return std::make_shared<const ReturnPaths>(
      ReturnPathOptions{config.bounce.domain, config.bounce.verp, config.return_paths},
      std::move(*codec));
}

Result<std::shared_ptr<const SenderHeaders>> make_sender_headers(const ServerConfig& config,
                                                                 std::vector<std::string> keys) {
  if (config.unsubscribe.empty() && config.feedback.empty()) {
    return std::shared_ptr<const SenderHeaders>();
  }
  auto headers = SenderHeaders::create(config.unsubscribe, config.feedback, std::move(keys));
  if (!headers) return headers.error();
  return std::make_shared<const SenderHeaders>(std::move(*headers));
}

}  // namespace posthaste
