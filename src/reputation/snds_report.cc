#include "reputation/snds_report.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cctype>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "base/ascii.h"
#include "base/csv.h"
#include "reputation/reputation_error.h"

namespace posthaste {

namespace ip = boost::asio::ip;
using nlohmann::json;

namespace {

constexpr std::size_t kMostRows = 100'000;
constexpr std::size_t kMostColumns = 64;
constexpr std::size_t kMostText = 500;

using Row = std::vector<std::string>;

// A report as a table; `header` are the bare names of its columns.
struct Table {
  Row header;
  std::vector<Row> rows;
};

// "ipaddress" of "IP Address", "ipAddress" and "ip_address".
std::string bare(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (std::isalnum(octet) != 0) result += static_cast<char>(std::tolower(octet));
  }
  return result;
}

std::optional<ip::address> address_of(const std::string& text) {
  boost::system::error_code ec;
  const auto address = ip::make_address(text, ec);
  if (ec) return std::nullopt;
  return address;
}

Error no_report(const char* what) {
  return reputation_error(ReputationErrc::bad_answer, std::string("SNDS: ") + what);
}

std::string cell_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null() || value.is_structured()) return {};
  return value.dump();
}

// [{"ipAddress": …}, …], or such a list as a member of an object.
const json* list_of(const json& document) {
  if (document.is_array()) return &document;
  if (!document.is_object()) return nullptr;
  for (const char* name : {"value", "items", "data", "results"}) {
    const auto found = document.find(name);
    if (found != document.end() && found->is_array()) return &*found;
  }
  return nullptr;
}

Result<Table> read_json(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  const json* list = list_of(document);
  if (list == nullptr) return no_report("the JSON holds no list of rows");
  Table table;
  for (const json& one : *list) {
    if (!one.is_object() || table.rows.size() >= kMostRows) continue;
    Row row(table.header.size());
    for (const auto& [name, value] : one.items()) {
      const std::string column = bare(name);
      const auto known = std::find(table.header.begin(), table.header.end(), column);
      const auto at = static_cast<std::size_t>(known - table.header.begin());
      if (known == table.header.end()) {
        if (table.header.size() >= kMostColumns) continue;
        table.header.push_back(column);
        row.emplace_back();
      }
      row[at] = std::string(trim_white(cell_text(value)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

char separator_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  for (const char c : {',', ';', '\t'}) {
    if (line.find(c) != std::string_view::npos) return c;
  }
  return ',';
}

Result<Table> read_csv(std::string_view text, const Row& old_columns) {
  std::istringstream in{std::string(text)};
  CsvReader reader(in, {separator_of(text), true, kMostColumns});
  Table table;
  while (table.rows.size() < kMostRows) {
    Result<Row> row = reader.next();
    if (!row) continue;  // what is wrong in one is no reason to lose the others
    if (row->empty()) break;
    const bool is_blank = row->size() == 1 && row->front().empty();
    if (is_blank) continue;
    const bool is_first = table.header.empty();
    if (is_first && !address_of(row->front())) {
      for (const std::string& name : *row) table.header.push_back(bare(name));
      continue;
    }
    if (is_first) table.header = old_columns;
    table.rows.push_back(std::move(*row));
  }
  return table;
}

Result<Table> read_table(std::string_view text, const Row& old_columns) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Table();
  if (text[first] == '<') {
    return no_report("the answer is a page, not a report: the link has expired or wants a login");
  }
  const bool is_json = text[first] == '[' || text[first] == '{';
  return is_json ? read_json(text.substr(first)) : read_csv(text.substr(first), old_columns);
}

// The column of the first of these names that the table has.
class Column {
 public:
  Column(const Table& table, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      const auto found = std::find(table.header.begin(), table.header.end(), name);
      if (found == table.header.end()) continue;
      index_ = static_cast<std::size_t>(found - table.header.begin());
      return;
    }
  }
  bool exists() const { return index_.has_value(); }
  std::string of(const Row& row) const {
    if (!index_ || *index_ >= row.size()) return {};
    return row[*index_].substr(0, kMostText);
  }

 private:
  std::optional<std::size_t> index_;
};

std::optional<std::uint64_t> count_of(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ','), text.end());
  std::uint64_t count = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

// "< 0.1%", "0.3%", "0.003".
void read_rate(const std::string& text, SndsRow& row) {
  const std::size_t digit = text.find_first_of("0123456789.");
  if (digit == std::string::npos) return;
  double rate = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data() + digit, end, rate);
  if (ec != std::errc() || rate < 0 || rate > 100) return;
  const bool is_percent = std::find(rest, end, '%') != end;
  if (!is_percent && rate > 1) return;
  row.complaint_rate = is_percent ? rate / 100 : rate;
  row.is_below = text.find('<') != std::string::npos || bare(text).starts_with("less");
}

std::string known_result(const std::string& text) {
  const std::string word = uppered(text);
  constexpr std::array kWords{"GREEN", "YELLOW", "RED"};
  const bool is_known = std::find(kWords.begin(), kWords.end(), word) != kWords.end();
  return is_known ? word : std::string();
}

bool is_true(const std::string& text) {
  const std::string word = bare(text);
  return word == "true" || word == "yes" || word == "1" || word == "blocked";
}

}  // namespace

Result<std::vector<SndsRow>> parse_snds_data(std::string_view text) {
  // The order of the old reports, which had no header.
  static const Row kOld{"ipaddress",       "activitystart", "activityend",  "rcptcommands",
                        "datacommands",    "recipients",    "filterresult", "complaintrate",
                        "trapperiodstart", "trapperiodend", "traphits",     "samplehelo",
                        "samplemailfrom",  "comments"};
  const auto table = read_table(text, kOld);
  if (!table) return table.error();
  const Column address(*table, {"ipaddress", "ip", "beginningipaddress", "address"});
  const Column start(*table, {"activitystart", "activityperiodstart", "activityperiod", "date"});
  const Column end(*table, {"activityend", "activityperiodend"});
  const Column rcpt(*table, {"rcptcommands", "rcpt"});
  const Column data(*table, {"datacommands", "data", "emailvolume", "messagecount"});
  const Column recipients(*table, {"messagerecipients", "recipients"});
  const Column result(*table, {"filterresult", "overallstatus", "ipstatus", "status"});
  const Column rate(*table, {"complaintrate", "complaintpercent", "complaints"});
  const Column traps(*table, {"traphits", "spamtraphits", "trapcount"});
  const Column comments(*table, {"comments", "comment"});
  std::vector<SndsRow> rows;
  if (table->rows.empty()) return rows;
  if (!address.exists() || !result.exists()) {
    return no_report("the report has no columns of addresses and filter results: its form is new");
  }
  for (const Row& line : table->rows) {
    const auto parsed = address_of(address.of(line));
    if (!parsed) continue;
    SndsRow row;
    row.address = parsed->to_string();
    row.activity_start = start.of(line);
    row.activity_end = end.of(line);
    row.rcpt_commands = count_of(rcpt.of(line));
    row.data_commands = count_of(data.of(line));
    row.recipients = count_of(recipients.of(line));
    row.filter_result = known_result(result.of(line));
    read_rate(rate.of(line), row);
    row.trap_hits = count_of(traps.of(line));
    row.comments = comments.of(line);
    rows.push_back(std::move(row));
  }
  return rows;
}

bool SndsRange::has(const std::string& address) const {
  const auto wanted = address_of(address);
  const auto from = address_of(first);
  const auto to = address_of(last);
  if (!wanted || !from || !to) return false;
  const bool is_one_family = wanted->is_v4() == from->is_v4() && from->is_v4() == to->is_v4();
  return is_one_family && *from <= *wanted && *wanted <= *to;
}

Result<std::vector<SndsRange>> parse_snds_status(std::string_view text) {
  static const Row kOld{"beginningipaddress", "endingipaddress", "blocked", "reason"};
  const auto table = read_table(text, kOld);
  if (!table) return table.error();
  const Column first(*table,
                     {"beginningipaddress", "startingipaddress", "startip", "ipaddress", "ip"});
  const Column last(*table, {"endingipaddress", "endingip", "endip"});
  const Column blocked(*table, {"blocked", "isblocked", "listed", "islisted"});
  const Column reason(*table, {"reason", "description", "details", "comments"});
  std::vector<SndsRange> ranges;
  if (table->rows.empty()) return ranges;
  if (!first.exists() || !blocked.exists()) {
    return no_report("the status has no columns of addresses and blocks: its form is new");
  }
  for (const Row& line : table->rows) {
    SndsRange range{first.of(line), last.of(line), is_true(blocked.of(line)), reason.of(line)};
    if (range.last.empty()) range.last = range.first;
    if (address_of(range.first) && address_of(range.last)) ranges.push_back(std::move(range));
  }
  return ranges;
}

}  // namespace posthaste
