#include "report/log_archive.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>

#include "report/file_handle.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPacked = ".zst";
constexpr std::string_view kUnfinished = ".zst.tmp";
constexpr int kLevel = 3;

// "20260131T235959Z"
std::string compact(WallTime time) {
  std::string text;
  for (const char c : to_rfc3339(time).substr(0, 19)) {
    if (c != '-' && c != ':') text.push_back(c);
  }
  return text + "Z";
}

bool is_stamp(std::string_view text) {
  constexpr std::string_view kForm = "00000000T000000Z";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  });
}

// The number within a second: "" is the first, "-1" the second.
std::optional<std::uint32_t> parse_number(std::string_view text) {
  if (text.empty()) return 0;
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  if (text[0] != '-') return std::nullopt;
  const auto [stop, failure] = std::from_chars(text.data() + 1, end, number);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return number;
}

using Compressor = std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)>;

// Compresses `in` into `out`, a piece at a time: a log may be larger than the
// memory.
Result<void> compress(FileHandle& in, FileHandle& out, const fs::path& path) {
  const Compressor compressor(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  if (compressor == nullptr) return file_error(path, ENOMEM);
  ZSTD_CCtx_setParameter(compressor.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(compressor.get(), ZSTD_c_checksumFlag, 1);
  std::string text(ZSTD_CStreamInSize(), '\0');
  std::string packed(ZSTD_CStreamOutSize(), '\0');
  bool is_last = false;
  while (!is_last) {
    const auto count = in.read(text.data(), text.size());
    if (!count) return count.error();
    is_last = *count == 0;
    ZSTD_inBuffer input{text.data(), *count, 0};
    std::size_t rest = 1;
    while (is_last ? rest != 0 : input.pos < input.size) {
      ZSTD_outBuffer output{packed.data(), packed.size(), 0};
      rest = ZSTD_compressStream2(compressor.get(), &output, &input,
                                  is_last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(rest) != 0) return file_error(path, EIO);
      if (auto written = out.write({packed.data(), output.pos}); !written) return written;
    }
  }
  return {};
}

// Writes the compressed copy of `file` as `target` and makes it safe.
Result<void> write_packed(const fs::path& file, const fs::path& target) {
  auto in = FileHandle::open(file, O_RDONLY);
  if (!in) return in.error();
  auto out = FileHandle::open(target, O_WRONLY | O_CREAT | O_TRUNC);
  if (!out) return out.error();
  if (auto compressed = compress(*in, *out, file); !compressed) return compressed;
  if (::fdatasync(out->descriptor()) != 0) return file_error(target, errno);
  return {};
}

// Replaces `file` by its compressed copy. The file goes last: a power cut
// leaves one of them whole.
Result<void> pack(const fs::path& file) {
  std::error_code ec;
  // Removed meanwhile: as too old, or by the operator.
  if (!fs::exists(file, ec)) return {};
  fs::path unfinished = file;
  unfinished += kUnfinished;
  if (auto written = write_packed(file, unfinished); !written) {
    fs::remove(unfinished, ec);
    return written;
  }
  fs::path packed = file;
  packed += kPacked;
  fs::rename(unfinished, packed, ec);
  if (ec) return file_error(packed, ec.value());
  if (auto synced = sync_folder_of(packed); !synced) return synced;
  fs::remove(file, ec);
  if (ec) return file_error(file, ec.value());
  return {};
}

}  // namespace

bool is_packed(const fs::path& file) {
  return file.extension() == kPacked;
}

std::vector<LogArchive::Entry> LogArchive::entries() const {
  constexpr std::size_t kStampSize = 16;
  std::vector<Entry> found;
  const std::string prefix = path_.filename().string() + ".";
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  std::error_code ec;
  for (fs::directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    std::string_view rest = std::string_view(name).substr(prefix.size());
    Entry entry;
    entry.path = at->path();
    entry.is_packed = rest.ends_with(kPacked);
    if (entry.is_packed) rest.remove_suffix(kPacked.size());
    entry.stamp = rest.substr(0, kStampSize);
    const auto number = parse_number(rest.substr(entry.stamp.size()));
    if (!is_stamp(entry.stamp) || !number) continue;
    entry.number = *number;
    found.push_back(std::move(entry));
  }
  std::sort(found.begin(), found.end(), [](const Entry& one, const Entry& other) {
    return std::tie(one.stamp, one.number, one.is_packed) <
           std::tie(other.stamp, other.number, other.is_packed);
  });
  return found;
}

fs::path LogArchive::new_name(WallTime now) const {
  const std::string stamp = compact(now);
  // Behind all others of this second, so that the order of the names is that of
  // time.
  std::uint32_t number = 0;
  for (const Entry& entry : entries()) {
    if (entry.stamp == stamp) number = entry.number + 1;
  }
  fs::path name = path_;
  name += "." + stamp;
  if (number > 0) name += "-" + std::to_string(number);
  return name;
}

std::vector<fs::path> LogArchive::files() const {
  std::vector<fs::path> files;
  for (const Entry& entry : entries()) {
    fs::path packed = files.empty() ? fs::path() : files.back();
    packed += kPacked;
    if (entry.is_packed && entry.path == packed) continue;
    files.push_back(entry.path);
  }
  return files;
}

std::vector<fs::path> LogArchive::unpacked() const {
  std::vector<fs::path> found;
  if (!compress_) return found;
  for (const Entry& entry : entries()) {
    if (!entry.is_packed) found.push_back(entry.path);
  }
  return found;
}

void LogArchive::remove_oldest() const {
  const std::vector<fs::path> all = files();
  for (std::size_t i = 0; i + keep_ < all.size(); ++i) {
    std::error_code ec;
    fs::remove(all[i], ec);
    fs::path copy = all[i];
    copy += kPacked;
    if (!is_packed(all[i])) fs::remove(copy, ec);
  }
}

Result<void> LogArchive::tidy(const std::vector<fs::path>& put_away) const {
  // First, for it makes room.
  remove_oldest();
  Result<void> outcome;
  if (compress_) {
    for (const fs::path& file : put_away) {
      if (auto packed = pack(file); !packed) outcome = packed;
    }
  }
  return outcome;
}

}  // namespace posthaste
