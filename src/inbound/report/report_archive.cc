#include "inbound/report/report_archive.h"

#include <fmt/format.h>
#include <zip.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/ascii.h"
#include "inbound/report/report_error.h"
#include "mail/message.h"

namespace posthaste {
namespace {

constexpr std::size_t kChunk = 64U << 10U;
// Below this the ratio says nothing: a short report may repeat itself as much as it likes.
constexpr std::size_t kRatioCountsFrom = 1U << 20U;

ReportContainer container_of(std::string_view octets) {
  using namespace std::string_view_literals;
  if (octets.starts_with("\x1f\x8b"sv)) return ReportContainer::gzip;
  // A local file, or the end of an archive without any.
  if (octets.starts_with("PK\x03\x04"sv) || octets.starts_with("PK\x05\x06"sv)) {
    return ReportContainer::zip;
  }
  return ReportContainer::plain;
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

Result<void> check_label(const LabelledOctets& report, ReportContainer container) {
  const auto named = container_named(report.file_name);
  const auto typed = container_typed(report.media_type);
  if ((!named && !typed) || named == container || typed == container) return {};
  return {ReportErrc::bad_archive,
          fmt::format("labelled as {} but the octets are {}: the sender must label it right",
                      to_string(named ? *named : *typed),
                      container == ReportContainer::plain ? std::string("neither gzip nor zip")
                                                          : std::string(to_string(container)))};
}

// RFC 1952: gzip. What follows the last member is padding of the mail and is dropped.
class Inflater {
 public:
  Inflater() { is_ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }
  ~Inflater() {
    if (is_ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Result<std::string> run(std::string_view packed, UnpackBudget& budget) {
    if (!is_ready_) return {ReportErrc::bad_archive, "no memory to unpack it: try again"};
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    std::string unpacked;
    for (;;) {
      if (auto member = run_member(unpacked, budget); !member) return member.error();
      if (stream_.avail_in < 2 || stream_.next_in[0] != 0x1f || stream_.next_in[1] != 0x8b) break;
      inflateReset(&stream_);
    }
    return unpacked;
  }

 private:
  Result<void> run_member(std::string& unpacked, UnpackBudget& budget) {
    for (;;) {
      stream_.next_out = chunk_.data();
      stream_.avail_out = static_cast<uInt>(chunk_.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t got = chunk_.size() - stream_.avail_out;
      if (auto within = budget.add_unpacked(got); !within) return within;
      unpacked.append(reinterpret_cast<const char*>(chunk_.data()), got);
      if (status == Z_STREAM_END) return {};
      if (status == Z_OK && got > 0) continue;
      if (status == Z_OK || status == Z_BUF_ERROR) {
        return {ReportErrc::bad_archive, "the gzip ends too early: ask for the whole of it"};
      }
      return {ReportErrc::bad_archive,
              fmt::format("the gzip is damaged ({}): ask for it again",
                          stream_.msg != nullptr ? stream_.msg : "bad data")};
    }
  }

  z_stream stream_{};
  bool is_ready_ = false;
  std::array<Bytef, kChunk> chunk_;
};

Result<std::string> gunzip(std::string_view packed, UnpackBudget& budget) {
  return std::make_unique<Inflater>()->run(packed, budget);
}

Result<std::string> take_plain(std::string_view octets, UnpackBudget& budget) {
  if (auto within = budget.add_unpacked(octets.size()); !within) return within.error();
  return std::string(octets);
}

struct ZipCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

Error zip_damage(std::string_view what) {
  return {ReportErrc::bad_archive, fmt::format("the zip is damaged ({}): ask for it again", what)};
}

Result<std::unique_ptr<zip_t, ZipCloser>> open_zip(std::string_view packed) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(packed.data(), packed.size(), 0, &error);
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr) {
    const std::string what = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (source != nullptr) zip_source_free(source);
    return zip_damage(what);
  }
  zip_error_fini(&error);
  return std::unique_ptr<zip_t, ZipCloser>(archive);
}

// The other methods may ask for gigabytes of memory before the first octet comes.
Result<void> check_method(zip_t* archive, zip_uint64_t index) {
  zip_stat_t facts;
  zip_stat_init(&facts);
  if (zip_stat_index(archive, index, 0, &facts) != 0) return zip_damage(zip_strerror(archive));
  const bool is_usual = (facts.valid & ZIP_STAT_COMP_METHOD) != 0 &&
                        (facts.comp_method == ZIP_CM_STORE || facts.comp_method == ZIP_CM_DEFLATE);
  if (is_usual) return {};
  return {ReportErrc::bad_archive, "the zip is packed otherwise than by deflate: pack it so"};
}

Result<std::string> read_zip_file(zip_t* archive, zip_uint64_t index, UnpackBudget& budget) {
  if (auto usual = check_method(archive, index); !usual) return usual.error();
  const std::unique_ptr<zip_file_t, ZipCloser> file(zip_fopen_index(archive, index, 0));
  if (!file) {
    if (zip_error_code_zip(zip_get_error(archive)) == ZIP_ER_NOPASSWD) {
      return {ReportErrc::bad_archive, "the zip is encrypted: reports come without a password"};
    }
    return zip_damage(zip_strerror(archive));
  }
  std::string unpacked;
  std::array<char, kChunk> chunk;
  for (;;) {
    const zip_int64_t got = zip_fread(file.get(), chunk.data(), chunk.size());
    if (got < 0) return zip_damage(zip_file_strerror(file.get()));
    if (got == 0) return unpacked;
    if (auto within = budget.add_unpacked(static_cast<std::size_t>(got)); !within)
      return within.error();
    unpacked.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

// Folders, and what macOS puts beside every file.
bool is_clutter(std::string_view name) {
  return name.empty() || name.ends_with('/') || name.starts_with("__MACOSX/");
}

Result<std::vector<std::string>> unzip(std::string_view packed, UnpackBudget& budget) {
  auto archive = open_zip(packed);
  if (!archive) return archive.error();
  std::vector<std::string> files;
  const zip_int64_t entries = zip_get_num_entries(archive->get(), 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    const auto index = static_cast<zip_uint64_t>(i);
    const char* name = zip_get_name(archive->get(), index, ZIP_FL_ENC_RAW);
    if (name == nullptr || is_clutter(name)) continue;
    if (auto within = budget.add_file(); !within) return within.error();
    auto file = read_zip_file(archive->get(), index, budget);
    if (!file) return file.error();
    files.push_back(std::move(*file));
  }
  if (files.empty()) return {ReportErrc::bad_archive, "the zip is empty: ask for it again"};
  return files;
}

}  // namespace

std::string_view to_string(ReportContainer container) {
  switch (container) {
    case ReportContainer::plain:
      return "plain";
    case ReportContainer::gzip:
      return "gzip";
    case ReportContainer::zip:
      return "zip";
    case ReportContainer::mime:
      return "mime";
  }
  return "plain";
}

std::optional<ReportContainer> container_named(std::string_view file_name) {
  if (ends_with_ignoring_case(file_name, ".gz") || ends_with_ignoring_case(file_name, ".gzip")) {
    return ReportContainer::gzip;
  }
  if (ends_with_ignoring_case(file_name, ".zip")) return ReportContainer::zip;
  if (ends_with_ignoring_case(file_name, ".xml") || ends_with_ignoring_case(file_name, ".json")) {
    return ReportContainer::plain;
  }
  return std::nullopt;
}

std::optional<ReportContainer> container_typed(std::string_view media_type) {
  const auto is_one_of = [media_type](std::initializer_list<std::string_view> types) {
    return std::any_of(types.begin(), types.end(), [media_type](std::string_view type) {
      return equals_ignoring_case(media_type, type);
    });
  };
  if (is_one_of({"application/gzip", "application/x-gzip", "application/tlsrpt+gzip"})) {
    return ReportContainer::gzip;
  }
  if (is_one_of({"application/zip", "application/x-zip", "application/x-zip-compressed"})) {
    return ReportContainer::zip;
  }
  if (is_one_of({"application/xml", "text/xml", "application/json", "application/tlsrpt+json"})) {
    return ReportContainer::plain;
  }
  return std::nullopt;
}

Result<void> UnpackBudget::add_packed(std::size_t octets) {
  packed_ += octets;
  if (packed_ <= limits_.max_packed) return {};
  return {ReportErrc::too_large,
          fmt::format("has {} octets, more than {}: the sender must split it", packed_,
                      limits_.max_packed)};
}

Result<void> UnpackBudget::add_unpacked(std::size_t octets) {
  unpacked_ += octets;
  if (unpacked_ > limits_.max_unpacked) {
    return {ReportErrc::too_large,
            fmt::format("unpacks to more than {} octets: the sender must split it",
                        limits_.max_unpacked)};
  }
  if (unpacked_ > kRatioCountsFrom && unpacked_ / limits_.max_ratio > packed_) {
    return {ReportErrc::too_large,
            fmt::format("{} octets unpack to more than {} times as many: made to exhaust its "
                        "reader, do not open it",
                        packed_, limits_.max_ratio)};
  }
  return {};
}

Result<void> UnpackBudget::add_file() {
  if (++files_ <= limits_.max_files) return {};
  return {ReportErrc::too_large,
          fmt::format("holds more than {} files: one is a report", limits_.max_files)};
}

Result<UnpackedReport> unpack_report(const LabelledOctets& report, UnpackBudget& budget) {
  const std::string_view octets = report.octets;
  if (auto within = budget.add_packed(octets.size()); !within) return within.error();
  UnpackedReport unpacked;
  unpacked.container = container_of(octets);
  if (auto label = check_label(report, unpacked.container); !label) return label.error();
  if (unpacked.container == ReportContainer::zip) {
    auto files = unzip(octets, budget);
    if (!files) return files.error();
    unpacked.files = std::move(*files);
  } else {
    if (auto within = budget.add_file(); !within) return within.error();
    auto file = unpacked.container == ReportContainer::gzip ? gunzip(octets, budget)
                                                            : take_plain(octets, budget);
    if (!file) return file.error();
    unpacked.files.push_back(std::move(*file));
    if (unpacked.container == ReportContainer::plain) return unpacked;
  }
  for (const std::string& file : unpacked.files) {
    if (container_of(file) != ReportContainer::plain) {
      return {ReportErrc::bad_archive, "holds another archive: the sender must pack it once"};
    }
  }
  return unpacked;
}

}  // namespace posthaste
