#include "inbound/report/report_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "inbound/report/report_error.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr int kSearchDepth = 8;
constexpr std::string_view kSpace = " \t\r\n";

bool contains_ignoring_case(std::string_view text, std::string_view upper) {
  const auto same = [](char a, char b) { return to_upper(a) == b; };
  return std::search(text.begin(), text.end(), upper.begin(), upper.end(), same) != text.end();
}

std::string decode_entities(std::string_view text) {
  struct Entity {
    std::string_view name;
    char octet;
  };
  static constexpr Entity kEntities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string decoded;
  for (std::size_t i = 0; i < text.size();) {
    const auto* found = std::find_if(
        std::begin(kEntities), std::end(kEntities),
        [rest = text.substr(i)](const Entity& entity) { return rest.starts_with(entity.name); });
    if (found != std::end(kEntities)) {
      decoded += found->octet;
      i += found->name.size();
    } else {
      decoded += text[i++];
    }
  }
  return decoded;
}

// Reads what the XML parser gave up on: a stack of open elements, and no rule that a sender could
// break. Attributes are dropped.
class TolerantReader {
 public:
  TolerantReader(std::string_view text, pugi::xml_document& tree) : text_(text), open_{tree} {}

  void run() {
    while (position_ < text_.size()) {
      const std::size_t tag = std::min(text_.find('<', position_), text_.size());
      add_text(text_.substr(position_, tag - position_));
      position_ = tag;
      if (position_ < text_.size()) read_markup();
    }
  }

 private:
  void read_markup() {
    const std::string_view rest = text_.substr(position_);
    if (rest.starts_with("<!--")) return skip_behind("-->");
    if (rest.starts_with("<?")) return skip_behind("?>");
    if (rest.starts_with("<![CDATA[")) {
      const std::size_t end = std::min(rest.find("]]>"), rest.size());
      add_text(rest.substr(9, end - std::min<std::size_t>(end, 9)));
      return skip_behind("]]>");
    }
    if (rest.starts_with("<!")) return skip_behind(">");
    read_tag(rest);
  }

  void skip_behind(std::string_view mark) {
    const std::size_t end = text_.find(mark, position_);
    position_ = end == std::string_view::npos ? text_.size() : end + mark.size();
  }

  void read_tag(std::string_view rest) {
    // A tag without its end stops before the next.
    const std::size_t end = std::min(rest.find_first_of("<>", 1), rest.size());
    position_ += end < rest.size() && rest[end] == '>' ? end + 1 : end;
    std::string_view inner = rest.substr(1, end - 1);
    const bool is_closing = inner.starts_with('/');
    if (is_closing) inner.remove_prefix(1);
    const std::string name(inner.substr(0, inner.find_first_of(" \t\r\n/")));
    if (name.empty()) return;
    if (is_closing) return close(name);
    if (open_.size() > kMaxDepth) return;
    pugi::xml_node node = open_.back().append_child(name.c_str());
    if (!inner.ends_with('/')) open_.push_back(node);
  }

  void close(const std::string& name) {
    const auto found =
        std::find_if(open_.rbegin(), open_.rend() - 1,
                     [&](const pugi::xml_node& node) { return node.name() == name; });
    if (found != open_.rend() - 1) open_.erase(found.base() - 1, open_.end());
  }

  void add_text(std::string_view text) {
    if (open_.size() < 2 || text.find_first_not_of(kSpace) == std::string_view::npos) return;
    open_.back().append_child(pugi::node_pcdata).set_value(decode_entities(text).c_str());
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::vector<pugi::xml_node> open_;  // the document first
};

pugi::xml_node find_within(const pugi::xml_node& root, std::string_view name, int depth) {
  if (depth == 0) return {};
  if (const pugi::xml_node found = find_child(root, name)) return found;
  for (const pugi::xml_node& child : root.children()) {
    if (const pugi::xml_node found = find_within(child, name, depth - 1)) return found;
  }
  return {};
}

// What will be a node or an attribute, before anything is built of it.
std::size_t tags_in(std::string_view text) {
  std::size_t tags = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_end_tag = text[i] == '<' && i + 1 < text.size() && text[i + 1] == '/';
    if ((text[i] == '<' && !is_end_tag) || text[i] == '=') ++tags;
  }
  return tags;
}

}  // namespace

Result<void> read_report_xml(std::string_view text, ReportXml& into) {
  if (tags_in(text) > kMaxXmlTags) {
    return {ReportErrc::too_large,
            fmt::format("the XML has more than {} tags: the sender must split it", kMaxXmlTags)};
  }
  const Error doctype{ReportErrc::bad_report,
                      "the XML declares a document type or entities, which no report needs: made "
                      "to exhaust its reader, do not open it"};
  if (contains_ignoring_case(text, "<!DOCTYPE") || contains_ignoring_case(text, "<!ENTITY")) {
    return doctype;
  }
  const auto outcome =
      into.tree.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_doctype);
  // In UTF-16 only the parser finds it.
  for (const pugi::xml_node& node : into.tree.children()) {
    if (node.type() == pugi::node_doctype) return doctype;
  }
  if (outcome) return {};
  const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(outcome.offset, 0));
  const std::string_view before = text.substr(0, offset);
  into.is_well_formed = false;
  into.problem = fmt::format("line {}: {}", 1 + std::count(before.begin(), before.end(), '\n'),
                             outcome.description());
  into.tree.reset();
  TolerantReader(text, into.tree).run();
  if (!into.tree.first_child()) {
    return {ReportErrc::bad_report, "no XML (" + into.problem + "): ask for it again"};
  }
  return {};
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node find_child(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element && local_name(child) == name) return child;
  }
  return {};
}

pugi::xml_node find_element(const pugi::xml_node& root, std::string_view name) {
  return find_within(root, name, kSearchDepth);
}

std::string text_of(const pugi::xml_node& node) {
  const std::string_view text = node.child_value();
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin));
}

}  // namespace posthaste
