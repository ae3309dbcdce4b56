// The classic interface. Its flags are no options in the usual sense ("-oi", "-faddress"), so they
// are read here and not by the command line library.
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "blast/submission_client.h"
#include "cli/smtp_relay.h"
#include "cli/verbs/sendmail.h"
#include "cli/verbs/verbs.h"
#include "mail/message.h"

namespace posthaste {
namespace {

struct Call {
  std::string sender;
  std::string full_name;
  std::vector<std::string> recipients;
  bool takes_recipients_from_header = false;
  bool dot_ends = true;
  bool speaks_smtp = false;  // -bs
  std::string unusable;      // a mode that only a daemon has
};

Call read_arguments(const std::vector<std::string>& arguments) {
  Call call;
  const auto value = [&](std::size_t& i) {
    if (arguments[i].size() > 2) return arguments[i].substr(2);
    return i + 1 < arguments.size() ? arguments[++i] : std::string();
  };
  bool ends_options = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (ends_options || word.size() < 2 || word[0] != '-') {
      call.recipients.push_back(word);
    } else if (word == "--") {
      ends_options = true;
    } else if (word == "-t") {
      call.takes_recipients_from_header = true;
    } else if (word == "-i" || word == "-oi") {
      call.dot_ends = false;
    } else if (word[1] == 'f' || word[1] == 'r') {
      call.sender = value(i);
    } else if (word[1] == 'F') {
      call.full_name = value(i);
    } else if (word[1] == 'N' || word[1] == 'R' || word[1] == 'V' || word[1] == 'B' ||
               word[1] == 'L') {
      value(i);  // DSN and logging wishes, which the server's configuration decides
    } else if (word == "-bs") {
      call.speaks_smtp = true;
    } else if (word[1] == 'b' && word != "-bm") {
      call.unusable = word;
    }
    // All others, such as -oem, change nothing here.
  }
  return call;
}

std::string read_message(bool dot_ends) {
  std::string message;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (dot_ends && (line == "." || line == ".\r")) break;
    message += line + "\n";
  }
  return message;
}

std::string user_name() {
  const char* user = std::getenv("USER");
  return user == nullptr || *user == '\0' ? "root" : user;
}

void add_header_recipients(const std::string& message, std::vector<std::string>& recipients) {
  const MessageView view(message);
  for (const HeaderField& field : view.fields()) {
    const bool names_recipients = equals_ignoring_case(field.name, "To") ||
                                  equals_ignoring_case(field.name, "Cc") ||
                                  equals_ignoring_case(field.name, "Bcc");
    if (!names_recipients) continue;
    for (std::string& address : addresses_of(field.value)) recipients.push_back(std::move(address));
  }
}

int complain(const std::string& what, int code) {
  std::fprintf(stderr, "sendmail: %s\n", what.c_str());
  return code;
}

// Where mail is handed in: POSTHASTE_SUBMIT, else the default of `submission`.
void choose_server(Submission& submission) {
  const char* server = std::getenv("POSTHASTE_SUBMIT");
  if (server == nullptr) return;
  const std::string text = server;
  const std::size_t colon = text.rfind(':');
  submission.host = text.substr(0, colon);
  if (colon != std::string::npos) {
    submission.port = static_cast<unsigned short>(std::atoi(text.c_str() + colon + 1));
  }
}

}  // namespace

int run_sendmail(const std::vector<std::string>& arguments) {
  Call call = read_arguments(arguments);
  if (!call.unusable.empty()) {
    return complain(call.unusable + " is not done here: submit by SMTP instead", EX_USAGE);
  }
  Submission submission;
  choose_server(submission);
  if (call.speaks_smtp) {
    const bool is_reached =
        relay_smtp(submission.host, submission.port, STDIN_FILENO, STDOUT_FILENO);
    return is_reached ? EX_OK : EX_TEMPFAIL;
  }
  std::string message = read_message(call.dot_ends);
  if (call.takes_recipients_from_header) add_header_recipients(message, call.recipients);
  if (call.recipients.empty()) {
    return complain("no recipients: name them, or use -t with To, Cc or Bcc fields", EX_USAGE);
  }
  if (call.sender.empty()) call.sender = user_name() + "@localhost";
  if (call.sender == "<>") call.sender.clear();
  if (MessageView(message).find("From") == nullptr) {
    const std::string name = call.full_name.empty() ? "" : "\"" + call.full_name + "\" ";
    message.insert(0, "From: " + name + "<" + call.sender + ">\n");
  }
  submission.sender = call.sender;
  submission.recipients = call.recipients;
  submission.message = std::move(message);
  SystemClock clock;
  const auto result = submit(submission, clock);
  if (!result) return complain(result.error().message(), EX_TEMPFAIL);
  for (const RefusedRecipient& one : result->refused) {
    complain(one.address + ": " + one.reply.text(), 0);
  }
  if (result->is_accepted) return result->refused.empty() ? EX_OK : EX_NOUSER;
  const bool is_transient = result->reply.is_transient();
  return complain(result->reply.text(), is_transient ? EX_TEMPFAIL : EX_UNAVAILABLE);
}

void add_sendmail(Program& program) {
  CLI::App* verb = program.add_verb(
      "sendmail",
      "The classic interface: -t, -i, -f SENDER, -bs, recipients; message on standard input");
  verb->prefix_command();
  program.add_action(verb, [verb] {
    const int code = run_sendmail(verb->remaining());
    return code == EX_OK         ? ExitCode::done
           : code == EX_USAGE    ? ExitCode::usage
           : code == EX_TEMPFAIL ? ExitCode::unreachable
                                 : ExitCode::answer_is_no;
  });
}

}  // namespace posthaste
