#include "inbound/feedback/complaint_clue.h"

#include <algorithm>

namespace posthaste {
namespace {

void add(std::vector<ComplaintClue>& clues, ClueKind kind, std::string_view value) {
  while (!value.empty() && (value.front() == '<' || value.front() == ' ')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '>' || value.back() == ' ')) value.remove_suffix(1);
  const bool is_known = std::any_of(clues.begin(), clues.end(), [&](const ComplaintClue& clue) {
    return clue.kind == kind && clue.value == value;
  });
  if (!value.empty() && !is_known) clues.push_back({kind, std::string(value)});
}

}  // namespace

std::string_view to_string(ClueKind kind) {
  switch (kind) {
    case ClueKind::return_path:
      return "return_path";
    case ClueKind::cfbl_feedback_id:
      return "cfbl_feedback_id";
    case ClueKind::own_id:
      return "own_id";
    case ClueKind::message_id:
      return "message_id";
    case ClueKind::campaign:
      return "campaign";
  }
  return "campaign";
}

std::vector<ComplaintClue> clues_of(const Feedback& feedback) {
  std::vector<ComplaintClue> clues;
  const FeedbackOriginal& original = feedback.original;
  add(clues, ClueKind::return_path, feedback.original_mail_from);
  add(clues, ClueKind::return_path, original.return_path);
  add(clues, ClueKind::cfbl_feedback_id, original.cfbl_feedback_id);
  add(clues, ClueKind::own_id, original.own_id);
  add(clues, ClueKind::message_id, original.message_id);
  add(clues, ClueKind::campaign, original.feedback_id);
  add(clues, ClueKind::campaign, original.campaign_type);
  return clues;
}

}  // namespace posthaste
