#include "base/text_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace posthaste {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

Error unreadable(const std::filesystem::path& path, int error) {
  const std::string why = error == EISDIR ? "is a folder: name a file"
                                          : std::generic_category().message(error) +
                                                ": check the name and its permissions";
  return {make_error_code(boost::system::errc::io_error), path.string() + ": " + why};
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t most) {
  const File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return unreadable(path, errno);
  std::string text;
  std::array<char, 65536> buffer{};
  while (text.size() < most) {
    const std::size_t wanted = std::min(buffer.size(), most - text.size());
    const std::size_t count = std::fread(buffer.data(), 1, wanted, file.get());
    if (count == 0) break;
    text.append(buffer.data(), count);
  }
  if (std::ferror(file.get()) != 0) return unreadable(path, errno);
  return text;
}

Result<std::string> read_first_line(const std::filesystem::path& path) {
  Result<std::string> text = read_text_file(path);
  if (!text) return text.error();
  std::string line = text->substr(0, text->find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace posthaste
