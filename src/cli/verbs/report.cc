#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "cli/api_client.h"
#include "cli/input.h"
#include "cli/report_table.h"
#include "cli/verbs/verbs.h"
#include "inbound/report/report_error.h"
#include "inbound/report/report_json.h"
#include "inbound/report/report_store.h"
#include "platform/http/http_client.h"
#include "server/server_config.h"

namespace posthaste {
namespace {

using nlohmann::ordered_json;

constexpr const char* kParseHelp =
    "FILE is XML, JSON, gzip, zip or a whole mail; - is standard input. Prints one JSON object a\n"
    "line and report: kind first (complaint, dmarc_failure, dmarc_aggregate, tls_report; other "
    "for\n"
    "a mail without report; error with the error), then file, container, and the report's fields.\n"
    "A DMARC aggregate report has its rows in rows, their number in records; a TLS report has\n"
    "policies with failures. Ends with 1 when a file could not be read.";

struct FileReading {
  std::optional<ReportReading> reading;
  std::optional<Error> error;

  bool is_other() const { return error && error->code == make_error_code(ReportErrc::no_report); }
};

FileReading read_one(const std::string& path) {
  // One octet more than a report may have: then it is seen to be too large.
  const Result<std::string> octets = read_input(path, kMaxReportMail + 1);
  if (!octets) {
    return {std::nullopt, Error{ReportErrc::bad_report, "cannot be opened: look at its name"}};
  }
  auto reading = read_report_file(*octets, path == "-" ? "" : path);
  if (!reading) return {std::nullopt, reading.error()};
  return {std::move(*reading), std::nullopt};
}

// `kind` first, then where it is from, then the rest.
ordered_json line_of(const std::string& file, const ReportReading& reading, const Report& report) {
  const ordered_json told = to_json(report);
  ordered_json line = {
      {"kind", told["kind"]}, {"file", file}, {"container", to_string(reading.container)}};
  for (const auto& [name, value] : told.items()) line[name] = value;
  return line;
}

void print_line(const ordered_json& line) {
  fmt::print("{}\n", dump_report_json(line));
}

struct ParseOptions {
  std::vector<std::string> files;
  bool json = false;
};

ExitCode parse(const std::vector<std::string>& files) {
  ExitCode code = ExitCode::done;
  for (const std::string& file : files) {
    const FileReading read = read_one(file);
    if (read.is_other()) {
      print_line({{"kind", "other"}, {"file", file}});
    } else if (read.error) {
      print_line({{"kind", "error"}, {"file", file}, {"error", read.error->message()}});
      code = fail("report parse", file + ": " + read.error->message(), ExitCode::answer_is_no);
    } else {
      for (const Report& report : read.reading->reports) {
        print_line(line_of(file, *read.reading, report));
      }
    }
  }
  return code;
}

// The store of --db, or of the server that the configuration describes.
struct StoreOptions {
  std::string database;
  std::string config;
};

Result<std::string> database_path(const StoreOptions& options) {
  if (!options.database.empty()) return options.database;
  const std::string path = options.config.empty() ? default_config_path().string() : options.config;
  const ServerConfigOrErrors loaded = load_server_config(path);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    return {ReportErrc::store_failed,
            fmt::format("{}: name the database with --db, or mend the configuration",
                        errors->empty() ? path : errors->front().to_string())};
  }
  const auto& config = std::get<std::shared_ptr<const ServerConfig>>(loaded);
  return (config->server.data_dir / "reports.db").string();
}

Result<std::unique_ptr<ReportStore>> open_store(const StoreOptions& options) {
  auto path = database_path(options);
  if (!path) return path.error();
  return ReportStore::open({*path});
}

struct ImportOptions {
  StoreOptions store;
  std::vector<std::string> files;
  bool json = false;
};

// One report, put into the store, told to the user.
Result<void> import_one(const std::string& file, const ReportReading& reading, const Report& report,
                        const ImportOptions& options, ReportStore& store) {
  auto outcome = store.add(report, reading.submitter, SystemClock().wall());
  if (!outcome) return outcome.error();
  const ordered_json told = to_json(report);
  const std::string organization =
      told.value("org_name", told.value("organization_name", told.value("reporter", "")));
  if (options.json) {
    print_line({{"kind", told["kind"]},
                {"file", file},
                {"outcome", to_string(*outcome)},
                {"organization", organization},
                {"report_id", told.value("report_id", "")}});
    return {};
  }
  const char* words = *outcome == StoreOutcome::stored      ? "stored"
                      : *outcome == StoreOutcome::duplicate ? "known already"
                                                            : "not kept, for it is a complaint";
  fmt::print("{}: {} of {}: {}\n", file, told.value("kind", ""), organization, words);
  return {};
}

ExitCode import_files(const ImportOptions& options) {
  auto store = open_store(options.store);
  if (!store) return fail("report import", store.error().message(), ExitCode::usage);
  ExitCode code = ExitCode::done;
  for (const std::string& file : options.files) {
    const FileReading read = read_one(file);
    if (read.error) {
      code = fail("report import", file + ": " + read.error->message(), ExitCode::answer_is_no);
      continue;
    }
    for (const Report& report : read.reading->reports) {
      auto done = import_one(file, *read.reading, report, options, **store);
      if (!done) return fail("report import", done.error().message(), ExitCode::internal);
    }
  }
  return code;
}

struct SummaryOptions {
  std::shared_ptr<ApiOptions> api;
  std::string database;
  std::string domain;
  int days = 30;
};

// From the server when --api names one, else from the database itself.
std::variant<ordered_json, ExitCode> ask_summary(const SummaryOptions& options) {
  if (!options.api->url.empty()) {
    return ask_api("report summary", *options.api, "GET",
                   fmt::format("/api/v1/reports/summary?domain={}&days={}",
                               url_encode(options.domain), options.days));
  }
  auto store = open_store({options.database, options.api->config});
  if (!store) return fail("report summary", store.error().message(), ExitCode::usage);
  const auto since = SystemClock().wall() - std::chrono::days(options.days);
  SummaryQuery query;
  query.domain = options.domain;
  query.since = std::chrono::floor<std::chrono::seconds>(since).time_since_epoch().count();
  auto summary = (*store)->summary(query);
  if (!summary) return fail("report summary", summary.error().message(), ExitCode::internal);
  return to_json(*summary);
}

ExitCode summarize(const SummaryOptions& options) {
  const auto answer = ask_summary(options);
  if (const auto* code = std::get_if<ExitCode>(&answer)) return *code;
  const auto& json = std::get<ordered_json>(answer);
  if (options.api->json) {
    print_line(json);
  } else {
    fmt::print("{}", report_table(json));
  }
  return ExitCode::done;
}

void add_parse(Program& program, CLI::App* verb) {
  CLI::App* command = verb->add_subcommand(
      "parse",
      "What reports say: ARF complaints, DMARC aggregate and failure reports, TLS reports");
  command->footer(kParseHelp);
  auto options = std::make_shared<ParseOptions>();
  command->add_option("FILE", options->files, "Files to read; - is standard input")->required();
  command->add_flag("--json", options->json, "It is JSON in any case");
  program.add_action(command, [options] { return parse(options->files); });
}

void add_import(Program& program, CLI::App* verb) {
  CLI::App* command =
      verb->add_subcommand("import", "Puts reports from files into the database of reports");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("FILE", options->files, "Files to read; - is standard input")->required();
  command->add_option("--db", options->store.database, "Database (default: data_dir/reports.db)");
  command->add_option("-c,--config", options->store.config, "Configuration file");
  command->add_flag("--json", options->json, "One JSON object a report");
  program.add_action(command, [options] { return import_files(*options); });
}

void add_summary(Program& program, CLI::App* verb) {
  CLI::App* command = verb->add_subcommand(
      "summary", "Who sends as us, from where, aligned or not, what fails and since when");
  auto options = std::make_shared<SummaryOptions>();
  options->api = ApiOptions::declare(command);
  command->add_option("--db", options->database,
                      "Database (default: data_dir/reports.db); not used with --api");
  command->add_option("--domain", options->domain, "This domain and those below it");
  command->add_option("--days", options->days, "How far back, by the reports' own times (30)")
      ->check(CLI::Range(1, 40000));
  program.add_action(command, [options] { return summarize(*options); });
}

}  // namespace

void add_report(Program& program) {
  CLI::App* verb = program.add_verb("report", "What receivers report: complaints, DMARC, TLS");
  verb->require_subcommand(1);
  add_parse(program, verb);
  add_summary(program, verb);
  add_import(program, verb);
}

}  // namespace posthaste
