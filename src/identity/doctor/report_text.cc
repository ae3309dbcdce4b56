#include "identity/doctor/report_text.h"

#include <fmt/format.h>
#include <string_view>

#include "base/printable.h"

namespace posthaste {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kBlue = "\x1b[34m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kFaint = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

constexpr std::size_t kCheckWidth = 15;
constexpr std::size_t kIndent = 6;  // of what stands below a finding

class Writer {
 public:
  explicit Writer(const ReportStyle& style) : style_(style) {}

  void write(const DoctorReport& report) {
    for (const DoctorSection& section : report.sections) write(section);
    write_sum(report);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string colored(std::string_view color, std::string_view text) const {
    if (!style_.has_color) return std::string(text);
    return fmt::format("{}{}{}", color, text, kPlain);
  }

  static std::string_view color_of(Severity severity) {
    switch (severity) {
      case Severity::ok:
        return kGreen;
      case Severity::skipped:
        return kFaint;
      case Severity::info:
        return kBlue;
      case Severity::warning:
        return kYellow;
      case Severity::error:
        return kRed;
    }
    return kPlain;
  }

  std::string mark(Severity severity) const {
    constexpr std::string_view kSymbols[] = {"✔", "–", "i", "!", "✘"};
    constexpr std::string_view kWords[] = {"ok     ", "skipped", "info   ", "WARNING", "ERROR  "};
    const auto index = static_cast<std::size_t>(severity);
    return colored(color_of(severity), style_.has_symbols ? kSymbols[index] : kWords[index]);
  }

  void write(const DoctorSection& section) {
    const std::string title =
        section.subject.empty() ? section.title : section.title + " " + section.subject;
    std::string body;
    body.swap(out_);
    for (const Finding& finding : section.findings) write(finding);
    body.swap(out_);
    if (body.empty()) return;
    out_ += colored(kBold, printable(title)) + "\n" + body + "\n";
  }

  void write(const Finding& finding) {
    const bool is_trouble = finding.severity > Severity::skipped;
    if (!is_trouble && !style_.shows_all) return;
    const std::size_t lead = kCheckWidth + (style_.has_symbols ? 5 : 11);
    out_ += fmt::format("  {} {:<{}} ", mark(finding.severity), finding.check, kCheckWidth);
    wrap(finding.found, lead, lead);
    if (!is_trouble) return;
    indent(kIndent);
    wrap(finding.why, kIndent, kIndent);
    write(finding.remedy);
  }

  void indent(std::size_t count) { out_.append(count, ' '); }

  // Prose from column `column` on, the lines after the first at `margin`.
  void wrap(std::string_view prose, std::size_t column, std::size_t margin) {
    const std::string clean = printable(prose);
    std::string_view text = clean;
    bool is_first = true;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      const std::string_view word = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!is_first && column + 1 + word.size() > style_.width) {
        out_ += "\n";
        indent(margin);
        column = margin;
      } else if (!is_first) {
        out_ += " ";
        ++column;
      }
      out_ += word;
      column += word.size();
      is_first = false;
    }
    out_ += "\n";
  }

  void line(std::string_view color, std::string_view text) {
    indent(kIndent);
    out_ += colored(color, printable(text)) + "\n";
  }

  void write(const Remedy& remedy) {
    for (const DoctorRecord& record : remedy.remove) line(kRed, "- " + zone_line(record));
    for (const DoctorRecord& record : remedy.publish) line(kGreen, "+ " + zone_line(record));
    for (const RemedyFile& file : remedy.files) write(file);
    for (const RemedySetting& setting : remedy.settings) {
      line(kGreen, setting.option.empty()
                       ? fmt::format("set {} = \"{}\"", setting.key, setting.value)
                       : fmt::format("set {} = \"{}\" (here: {} {})", setting.key, setting.value,
                                     setting.option, setting.value));
    }
    for (const std::string& command : remedy.commands) line(kGreen, "$ " + command);
    if (remedy.advice.empty()) return;
    indent(kIndent);
    wrap(remedy.advice, kIndent, kIndent);
  }

  void write(const RemedyFile& file) {
    line(kGreen, "serve at " + file.url + " as text/plain:");
    std::string_view text = file.text;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      line(kGreen, fmt::format("  | {}", text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  static std::string number(std::size_t count, std::string_view one, std::string_view several) {
    return fmt::format("{} {}", count, count == 1 ? one : several);
  }

  void write_sum(const DoctorReport& report) {
    const std::size_t errors = report.count(Severity::error);
    const std::size_t warnings = report.count(Severity::warning);
    const std::string text =
        fmt::format("{}, {}, {} to know about, {} in order", number(errors, "error", "errors"),
                    number(warnings, "warning", "warnings"), report.count(Severity::info),
                    report.count(Severity::ok));
    const std::string_view color = errors > 0 ? kRed : warnings > 0 ? kYellow : kGreen;
    out_ += colored(color, text) + "\n";
  }

  const ReportStyle& style_;
  std::string out_;
};

}  // namespace

std::string report_text(const DoctorReport& report, const ReportStyle& style) {
  Writer writer(style);
  writer.write(report);
  return writer.take();
}

}  // namespace posthaste
