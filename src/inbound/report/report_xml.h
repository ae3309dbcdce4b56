#pragma once

#include <cstddef>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace posthaste {

// An XML report as a tree of elements and text. Nothing outside the text is ever read: there are no
// external entities, and a text that declares entities or a document type is refused.
struct ReportXml {
  pugi::xml_document tree;
  bool is_well_formed = true;
  std::string problem;  // of what is not well-formed: "line 3: Start-end tags mismatch"
};

// Tags and attributes of one report, end tags apart; each costs up to 140 octets of memory.
constexpr std::size_t kMaxXmlTags = 1'000'000;

// What is broken is read as well as can be: an end tag closes what it names, or nothing; the end of
// the text closes all. Errors: a document type, too many tags, nothing that is XML.
Result<void> read_report_xml(std::string_view text, ReportXml& into);

// The name without its namespace prefix.
std::string_view local_name(const pugi::xml_node& node);
// The first child element of this local name; an empty node if none.
pugi::xml_node find_child(const pugi::xml_node& node, std::string_view name);
// The first element of this local name in the whole tree, at most 8 levels down.
pugi::xml_node find_element(const pugi::xml_node& root, std::string_view name);
// Its text, without white space around it.
std::string text_of(const pugi::xml_node& node);
inline std::string child_text(const pugi::xml_node& node, std::string_view name) {
  return text_of(find_child(node, name));
}

}  // namespace posthaste
