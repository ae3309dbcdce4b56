#include "base/csv.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace posthaste {
namespace {

// Longer than any honest record, so that a quote without an end cannot swallow the whole file.
constexpr std::size_t kMaxRecord = 64 << 10;

Error bad_record(std::string what) {
  return Error{make_error_code(boost::system::errc::invalid_argument), std::move(what)};
}

}  // namespace

bool CsvReader::read_line(std::string& line) {
  if (!std::getline(in_, line)) return false;
  ++lines_read_;
  return true;
}

// RFC 4180 §2: record = field *(COMMA field)
Result<std::vector<std::string>> CsvReader::next() {
  std::string line;
  do {
    if (!read_line(line)) return std::vector<std::string>();
    if (lines_read_ == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);
  } while (line.empty() || line == "\r");
  line_ = lines_read_;

  std::vector<std::string> fields;
  for (std::size_t at = 0;; ++at) {
    Result<std::string> field = take_field(line, at);
    if (!field) return field.error();
    if (fields.size() < form_.most_fields) fields.push_back(std::move(*field));
    if (at >= line.size()) return fields;
  }
}

// RFC 4180 §2: field = escaped / non-escaped
Result<std::string> CsvReader::take_field(std::string& line, std::size_t& at) {
  const auto skip_spaces = [&] {
    while (form_.is_trimmed && at < line.size() && line[at] == ' ') ++at;
  };
  skip_spaces();
  if (at == line.size() || line[at] != '"') {
    const std::size_t end = std::min(line.find(form_.separator, at), line.size());
    std::string field = line.substr(at, end - at);
    at = end;
    if (at == line.size() && field.ends_with('\r')) field.pop_back();
    if (form_.is_trimmed) field = trim_white(field);
    return field;
  }
  Result<std::string> field = take_quoted(line, at);
  if (!field) return field;
  skip_spaces();
  // A CR before that is the text of a quoted field, or of one still to come.
  if (at + 1 == line.size() && line[at] == '\r') line.pop_back();
  if (at < line.size() && line[at] != form_.separator) {
    return bad_record("text stands behind a quoted field: put a comma between");
  }
  if (form_.is_trimmed) *field = trim_white(*field);
  return field;
}

// RFC 4180 §2: escaped = DQUOTE *(TEXTDATA / COMMA / CR / LF / 2DQUOTE) DQUOTE
Result<std::string> CsvReader::take_quoted(std::string& line, std::size_t& at) {
  std::string field;
  for (++at;; ++at) {
    if (at == line.size()) {
      std::string further;
      if (line.size() > kMaxRecord || !read_line(further)) {
        return bad_record("a quote does not end: close it, or double it to mean itself");
      }
      line += '\n' + further;
    }
    if (line[at] != '"') {
      field.push_back(line[at]);
    } else if (at + 1 < line.size() && line[at + 1] == '"') {
      field.push_back('"');
      ++at;
    } else {
      ++at;
      return field;
    }
  }
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  return quoted + '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty() || &field != &fields.front()) line += ',';
    line += csv_field(field);
  }
  return line + "\r\n";
}

}  // namespace posthaste
