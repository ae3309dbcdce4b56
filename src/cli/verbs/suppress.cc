// The suppression list of a running server. Import and export go in pages, so that a list of
// millions needs no more memory than one of ten.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/csv.h"
#include "base/json_text.h"
#include "base/time_text.h"
#include "cli/api_client.h"
#include "cli/output.h"
#include "cli/verbs/verbs.h"
#include "platform/http/http_client.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kPage = 5000;
constexpr std::array<const char*, 7> kColumns{"address", "reason", "tenant", "stream",
                                              "since",   "until",  "text"};

struct SuppressOptions {
  std::shared_ptr<ApiOptions> api;
  std::map<std::string, std::string> fields;  // of the API, by name
  std::size_t limit = 0;                      // 0: all
  std::string file;                           // "" or "-": standard input or output
};
using Options = std::shared_ptr<SuppressOptions>;
// Either nothing, or how the verb ends.
using Ending = std::optional<ExitCode>;

std::string query_of(const std::map<std::string, std::string>& fields) {
  std::string text;
  for (const auto& [field, value] : fields) {
    if (value.empty()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "?" : "&", field, url_encode(value));
  }
  return text;
}

// Calls `use` with each entry that the filters let through.
ExitCode for_each(const std::string& verb, const SuppressOptions& options,
                  const std::function<void(const ordered_json&)>& use) {
  std::map<std::string, std::string> fields = options.fields;
  std::size_t left = options.limit == 0 ? SIZE_MAX : options.limit;
  while (left > 0) {
    fields["limit"] = std::to_string(std::min(left, kPage));
    const auto answer =
        ask_api(verb, *options.api, "GET", "/api/v1/suppressions" + query_of(fields));
    if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
    const auto& json = std::get<ordered_json>(answer);
    for (const ordered_json& entry : json["suppressions"]) use(entry);
    left -= std::min(left, json["suppressions"].size());
    fields["from"] = json.value("next", "");
    if (fields["from"].empty()) break;
  }
  return ExitCode::done;
}

std::string scope_of(const ordered_json& entry) {
  const std::string tenant = entry.value("tenant", "");
  const std::string stream = entry.value("stream", "");
  if (tenant.empty() && stream.empty()) return "everybody";
  return fmt::format("{}{}{}", tenant.empty() ? "everybody" : tenant, stream.empty() ? "" : "/",
                     stream);
}

ExitCode list(const SuppressOptions& options) {
  std::size_t count = 0;
  const ExitCode code = for_each("suppress list", options, [&](const ordered_json& entry) {
    ++count;
    if (options.api->json) {
      std::puts(entry.dump().c_str());
      return;
    }
    fmt::print("{:<40} {:<13} {:<20} {}{}  {}\n", entry.value("address", ""),
               entry.value("reason", ""), scope_of(entry), entry.value("since", "").substr(0, 10),
               entry.contains("until") ? " to " + entry.value("until", "").substr(0, 10) : "",
               entry.value("text", ""));
  });
  if (code == ExitCode::done && !options.api->json) fmt::print("{} entries\n", count);
  return code;
}

ExitCode export_list(const SuppressOptions& options) {
  const bool is_stdout = options.file.empty() || options.file == "-";
  std::ofstream file;
  if (!is_stdout) file.open(options.file, std::ios::binary | std::ios::trunc);
  std::ostream& out = is_stdout ? std::cout : file;
  out << csv_line({kColumns.begin(), kColumns.end()});
  std::size_t count = 0;
  const ExitCode code = for_each("suppress export", options, [&](const ordered_json& entry) {
    std::vector<std::string> record;
    for (const char* column : kColumns) record.push_back(entry.value(column, ""));
    out << csv_line(record);
    if (++count % 100'000 == 0 && ::isatty(STDERR_FILENO) != 0) {
      fmt::print(stderr, "\r{} entries", count);
    }
  });
  out.flush();
  if (!out) {
    return fail("suppress export",
                options.file + " cannot be written: free the disk or name another",
                ExitCode::answer_is_no);
  }
  if (code == ExitCode::done && !is_stdout) fmt::print("{} entries\n", count);
  return code;
}

std::optional<std::int64_t> seconds_of(const std::string& text) {
  const bool is_day = text.size() == 10 && text[4] == '-';
  const auto time = parse_time_text(is_day ? text + "T00:00:00Z" : text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
}

// An entry for the API from texts by column; what is wrong otherwise.
std::string make_entry(const std::map<std::string, std::string>& texts, ordered_json& entry) {
  entry = ordered_json::object();
  for (const auto& [column, text] : texts) {
    if (text.empty()) continue;
    if (column != "since" && column != "until") {
      entry[column] = text;
      continue;
    }
    const auto seconds = seconds_of(text);
    if (!seconds) {
      return fmt::format("{} \"{}\" is no time: write it as 2026-01-31T12:00:00Z", column, text);
    }
    entry[column] = *seconds;
  }
  return {};
}

// The rows of a file on their way to the server.
class Import {
 public:
  explicit Import(const SuppressOptions& options) : options_(options) {}

  ExitCode run(std::istream& in);

 private:
  Ending read_header(CsvReader& reader);
  Ending send();
  void complain(const std::string& line, const std::string& what);

  const SuppressOptions& options_;
  std::vector<std::string> columns_;
  ordered_json entries_ = ordered_json::array();
  std::uint64_t added_ = 0;
  std::uint64_t wrong_ = 0;
};

void Import::complain(const std::string& line, const std::string& what) {
  ++wrong_;
  fmt::print(stderr, "posthaste suppress import: line {}: {}\n", line, what);
}

Ending Import::read_header(CsvReader& reader) {
  const auto header = reader.next();
  if (header) columns_ = *header;
  const bool is_known = std::all_of(columns_.begin(), columns_.end(), [](const std::string& one) {
    return std::find(kColumns.begin(), kColumns.end(), one) != kColumns.end();
  });
  const bool has_address = std::find(columns_.begin(), columns_.end(), "address") != columns_.end();
  if (is_known && has_address) return std::nullopt;
  return fail("suppress import",
              "the first line names no columns, or unknown ones: begin the file with "
              "address,reason,tenant,stream,since,until,text, of which only address must be there",
              ExitCode::usage);
}

Ending Import::send() {
  if (entries_.empty()) return std::nullopt;
  const ordered_json body = {{"entries", std::move(entries_)}};
  entries_ = ordered_json::array();
  const auto answer =
      ask_api("suppress import", *options_.api, "POST", "/api/v1/suppressions", dump_json(body));
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  added_ += json.value("added", 0ULL);
  for (const ordered_json& one : json["errors"]) {
    complain(std::to_string(one.value("line", 0ULL)), one.value("error", ""));
  }
  if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r{} entries", added_);
  return std::nullopt;
}

ExitCode Import::run(std::istream& in) {
  CsvReader reader(in);
  if (const Ending ending = read_header(reader)) return *ending;
  while (true) {
    const auto record = reader.next();
    const std::string line = std::to_string(reader.line());
    if (!record) {
      complain(line, record.error().detail);
      continue;
    }
    if (record->empty()) break;
    if (record->size() > columns_.size()) {
      complain(line, "it has more fields than the first line has names");
      continue;
    }
    std::map<std::string, std::string> texts = options_.fields;
    for (std::size_t i = 0; i < record->size(); ++i) {
      if (!(*record)[i].empty()) texts[columns_[i]] = (*record)[i];
    }
    ordered_json entry;
    const std::string what = make_entry(texts, entry);
    if (!what.empty()) {
      complain(line, what);
      continue;
    }
    entry["line"] = reader.line();
    entries_.push_back(std::move(entry));
    if (entries_.size() < kPage) continue;
    if (const Ending ending = send()) return *ending;
  }
  if (const Ending ending = send()) return *ending;
  if (options_.api->json) {
    const ordered_json summary = {{"added", added_}, {"errors", wrong_}};
    std::puts(summary.dump().c_str());
  } else {
    fmt::print("{} entries imported, {} lines wrong\n", added_, wrong_);
  }
  return wrong_ == 0 ? ExitCode::done : ExitCode::answer_is_no;
}

ExitCode import_list(const SuppressOptions& options) {
  if (options.file == "-") return Import(options).run(std::cin);
  std::ifstream file(options.file, std::ios::binary);
  if (!file) {
    return fail("suppress import", options.file + " cannot be read: check the name",
                ExitCode::usage);
  }
  return Import(options).run(file);
}

ExitCode add(const SuppressOptions& options) {
  ordered_json entry;
  const std::string what = make_entry(options.fields, entry);
  if (!what.empty()) return fail("suppress add", what, ExitCode::usage);
  const ordered_json body = {{"entries", ordered_json::array({entry})}};
  const auto answer =
      ask_api("suppress add", *options.api, "POST", "/api/v1/suppressions", dump_json(body));
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  for (const ordered_json& one : json["errors"]) {
    return fail("suppress add", one.value("error", ""), ExitCode::usage);
  }
  std::puts(options.api->json ? json.dump().c_str() : "it gets no more mail");
  return ExitCode::done;
}

ExitCode remove(const SuppressOptions& options) {
  const auto answer = ask_api("suppress remove", *options.api, "POST",
                              "/api/v1/suppressions/remove" + query_of(options.fields));
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  const bool was_there = json.value("removed", false);
  std::puts(options.api->json ? json.dump().c_str()
            : was_there       ? "it gets mail again"
                              : "it was not on the list for this tenant and stream");
  return was_there ? ExitCode::done : ExitCode::answer_is_no;
}

void declare(CLI::App* command, const Options& options, const char* flag, const char* help) {
  // "--reason" is the API's "reason", and ADDRESS its "address".
  std::string field = flag;
  field.erase(0, field.find_first_not_of('-'));
  if (field == "ADDRESS") field = "address";
  CLI::Option* option = command->add_option(flag, options->fields[field], help);
  if (field == "address" && flag[0] != '-') option->required();
}

Options declare_scope(CLI::App* command) {
  auto options = std::make_shared<SuppressOptions>();
  options->api = ApiOptions::declare(command);
  declare(command, options, "--tenant", "Tenant; else everybody");
  declare(command, options, "--stream", "Stream of the tenant's mail; else all of it");
  return options;
}

Options declare_filters(CLI::App* command) {
  auto options = std::make_shared<SuppressOptions>();
  options->api = ApiOptions::declare(command);
  declare(command, options, "--address", "Only this address, in all scopes");
  declare(command, options, "--domain", "Only addresses of this domain");
  declare(command, options, "--tenant", "Only this tenant's");
  declare(command, options, "--stream", "Only of this stream");
  declare(command, options, "--reason",
          "Only hard_bounce, soft_bounces, complaint, unsubscribe or manual");
  command->add_flag_callback(
      "--everybody", [options] { options->fields["everybody"] = "true"; },
      "With a tenant's entries also those that hold for everybody");
  command->add_flag_callback(
      "--expired", [options] { options->fields["expired"] = "true"; },
      "Also those whose time is over");
  return options;
}

}  // namespace

void add_suppress(Program& program) {
  CLI::App* verb = program.add_verb("suppress", "The addresses that get no more mail");
  verb->require_subcommand(1);
  CLI::App* list_command = verb->add_subcommand("list", "Who is on the list, and why");
  const Options listed = declare_filters(list_command);
  listed->limit = 100;
  list_command->add_option("--limit", listed->limit, "At most so many; 0: all")
      ->capture_default_str();
  program.add_action(list_command, [listed] { return list(*listed); });

  CLI::App* add_command = verb->add_subcommand("add", "Put an address on the list");
  const Options added = declare_scope(add_command);
  declare(add_command, added, "ADDRESS", "The address");
  declare(add_command, added, "--reason", "Why; else manual");
  declare(add_command, added, "--until", "When it ends, as 2026-01-31T12:00:00Z; else never");
  declare(add_command, added, "--text", "A note for whoever asks");
  program.add_action(add_command, [added] { return add(*added); });

  CLI::App* remove_command = verb->add_subcommand("remove", "Take an address off the list");
  const Options removed = declare_scope(remove_command);
  declare(remove_command, removed, "ADDRESS", "The address");
  program.add_action(remove_command, [removed] { return remove(*removed); });

  CLI::App* import_command =
      verb->add_subcommand("import", "Put a CSV file's addresses on the list");
  const Options imported = declare_scope(import_command);
  declare(import_command, imported, "--reason", "Why, where the file does not say; else manual");
  import_command->add_option("FILE", imported->file, "The file; - is standard input")->required();
  program.add_action(import_command, [imported] { return import_list(*imported); });

  CLI::App* export_command = verb->add_subcommand("export", "Write the list as CSV");
  const Options exported = declare_filters(export_command);
  export_command->add_option("FILE", exported->file, "The file; else standard output");
  program.add_action(export_command, [exported] { return export_list(*exported); });
}

}  // namespace posthaste
