#pragma once

#include <re2/re2.h>

#include <memory>
#include <string_view>
#include <vector>

namespace posthaste {

// The phrases by which mail systems tell people what became of a message, as data: patterns on
// text whose white space is single spaces. Any thread may ask.

// How these texts are matched: in any case, and within memory for the longest list of words.
RE2::Options text_options();
inline re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// "could not be delivered to the following recipients": addresses follow.
const std::vector<std::unique_ptr<const RE2>>& failure_leads();
// "Your message to <a@b> could not be delivered": the address stands in the phrase, group 1.
const std::vector<std::unique_ptr<const RE2>>& failures_with_address();
// "Your message was blocked": a failure that names nobody by itself.
bool tells_refusal(std::string_view text);
// "You are not a member of this list": what a list manager tells whose post it does not take.
bool tells_list_refusal(std::string_view text);
// A list manager's own address, as it writes for itself and not for a member.
bool is_list_manager(std::string_view from);
// A line behind which the returned message stands.
bool begins_original(std::string_view line);
bool is_bounce_subject(std::string_view subject);
// One that begins as no person's does: "Undelivered Mail …".
bool is_machine_subject(std::string_view subject);
// A parcel may fail to be delivered too.
bool speaks_of_mail(std::string_view text);
// A mail system's own address, or what a system shows in its place.
bool is_daemon(std::string_view from);
// The message waits, and nothing is lost yet; what also says that all is over is no delay.
bool tells_delay(std::string_view text);
bool tells_success(std::string_view text);
// "Out of office", "Automatic reply", in many languages.
bool is_auto_reply_subject(std::string_view subject);
// The sender is asked to prove that he is no machine.
bool is_challenge(std::string_view subject, std::string_view text);

// An address as it stands in text, group 1 of any pattern that ends or begins with it.
extern const char* const kAddressPattern;

}  // namespace posthaste
