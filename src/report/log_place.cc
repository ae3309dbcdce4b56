#include "report/log_place.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "report/file_handle.h"
#include "report/lines_from_end.h"
#include "report/log_archive.h"
#include "report/log_line.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;

// What a power cut takes from a spool is the work of moments, far less than
// this many lines.
constexpr std::size_t kMostLines = 100'000;

bool has_event_of(const Spool& spool, const LogLine& line) {
  if (line.sequence > spool.last_told()) return false;
  const auto told = spool.told(line.sequence, 1);
  if (!told || told->empty() || told->front().sequence != line.sequence) return false;
  const auto event = Event::decode(told->front().record);
  return event && line.tells(*event);
}

// Walks the lines of a log from its end until the place is found.
class Search {
 public:
  Search(const Spool& spool, std::uint64_t saved) : spool_(spool), place_{saved, 0} {}

  // False: the search is over.
  bool look_into(const fs::path& path) {
    // A pipe without a writer must not hold up the loop.
    const auto file = FileHandle::open(path, O_RDONLY | O_NONBLOCK);
    struct stat status {};
    if (!file || ::fstat(file->descriptor(), &status) != 0) return true;
    if (!S_ISREG(status.st_mode)) return true;
    LinesFromEnd lines(file->descriptor(), static_cast<std::uint64_t>(status.st_size));
    while (true) {
      const auto line = lines.next();
      if (!line || !*line) return true;
      if (!look_at(**line)) return false;
    }
  }
  LogPlace place() const { return place_; }

 private:
  bool look_at(const std::string& text) {
    if (++lines_ > kMostLines) return false;
    const auto line = LogLine::parse(text);
    if (!line) return true;
    if (line->sequence <= place_.sequence) return false;
    if (has_event_of(spool_, *line)) {
      place_.sequence = line->sequence;
      return false;
    }
    ++place_.unknown_lines;
    return true;
  }

  const Spool& spool_;
  LogPlace place_;
  std::size_t lines_ = 0;
};

}  // namespace

LogPlace find_log_place(const Spool& spool, const LogConfig& config, std::uint64_t saved) {
  Search search(spool, saved);
  std::vector<fs::path> files = LogArchive(config).files();
  files.push_back(config.path);
  // A file is compressed only when the cursor stands behind it.
  while (!files.empty() && !is_packed(files.back()) && search.look_into(files.back())) {
    files.pop_back();
  }
  return search.place();
}

}  // namespace posthaste
