#include "cli/terminal_screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace posthaste {
namespace {

// xterm: the alternate screen; no cursor; lines that are too wide are cut off.
constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr const char* kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
// Before the text: after a line of full width the cursor stands on its last column.
constexpr const char* kStartOfLine = "\x1b[K";
constexpr const char* kEndOfLine = "\x1b[0m";

// ECMA-48 §8.3.117.
std::string_view start_of(LineStyle style, bool has_colour) {
  switch (style) {
    case LineStyle::plain:
      return "";
    case LineStyle::title:
    case LineStyle::heading:
      return "\x1b[1m";
    case LineStyle::selected:
      return "\x1b[7m";
    case LineStyle::held:
      return has_colour ? "\x1b[33m" : "";
    case LineStyle::warning:
      return has_colour ? "\x1b[1;31m" : "\x1b[1m";
    case LineStyle::faint:
      return "\x1b[2m";
  }
  return "";
}

// https://no-color.org: set and not empty.
bool wants_colour() {
  const char* refused = std::getenv("NO_COLOR");
  return refused == nullptr || *refused == '\0';
}

Error cannot(const std::string& why) {
  return Error{make_error_code(boost::system::errc::inappropriate_io_control_operation),
               why + ": use --once for one look, or --json for programs"};
}

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}) {
    sigaddset(&set, number);
  }
  return set;
}

}  // namespace

Result<std::unique_ptr<TerminalScreen>> TerminalScreen::open() {
  termios before{};
  if (isatty(STDOUT_FILENO) == 0) return cannot("standard output is no terminal");
  if (tcgetattr(STDIN_FILENO, &before) != 0) return cannot("standard input is no terminal");
  const char* kind = std::getenv("TERM");
  if (kind == nullptr || std::string_view(kind) == "dumb" || std::string_view(kind).empty()) {
    return cannot("this terminal cannot be drawn on (TERM is dumb or not set)");
  }
  const sigset_t signals = watched_signals();
  sigset_t signals_before;
  pthread_sigmask(SIG_BLOCK, &signals, &signals_before);
  const int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) {
    const Error error{boost::system::error_code(errno, boost::system::system_category()),
                      "signals cannot be watched"};
    pthread_sigmask(SIG_SETMASK, &signals_before, nullptr);
    return error;
  }
  return std::unique_ptr<TerminalScreen>(new TerminalScreen(before, signals_before, fd));
}

TerminalScreen::TerminalScreen(const termios& before, const sigset_t& signals_before, int signal_fd)
    : before_(before),
      signals_before_(signals_before),
      signal_fd_(signal_fd),
      has_colour_(wants_colour()) {
  enter();
}

TerminalScreen::~TerminalScreen() {
  leave();
  close(signal_fd_);
  pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
}

void TerminalScreen::enter() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  write_all(kEnter);
}

void TerminalScreen::leave() {
  write_all(kLeave);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

// SIGTSTP is blocked, so its own action is made up for.
void TerminalScreen::stop_for_a_while() {
  leave();
  raise(SIGSTOP);
  enter();
}

ScreenSize TerminalScreen::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {size.ws_col, size.ws_row};
}

bool TerminalScreen::write_all(const std::string& text) {
  std::string_view left = text;
  while (!left.empty() && !is_gone_) {
    const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{STDOUT_FILENO, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      is_gone_ = true;
    }
  }
  return !is_gone_;
}

void TerminalScreen::draw(const std::vector<ScreenLine>& lines) {
  std::string text = kHome;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // No line end after the last one: the screen would scroll.
    if (i > 0) text += "\r\n";
    text += kStartOfLine;
    text += start_of(lines[i].style, has_colour_);
    text += lines[i].text;
    text += kEndOfLine;
  }
  write_all(text);
}

void TerminalScreen::take_signals(Happening& happening) {
  signalfd_siginfo info{};
  while (read(signal_fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGWINCH) {
      happening.is_resized = true;
    } else if (info.ssi_signo == SIGTSTP) {
      stop_for_a_while();
      happening.is_resized = true;
    } else {
      happening.is_ended = true;
    }
  }
}

TerminalScreen::Happening TerminalScreen::wait(std::chrono::milliseconds most, int other) {
  Happening happening;
  std::array<pollfd, 3> fds{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{signal_fd_, POLLIN, 0},
                            pollfd{other, POLLIN, 0}};
  const int ready = poll(fds.data(), fds.size(), static_cast<int>(most.count()));
  if (ready > 0 && fds[1].revents != 0) take_signals(happening);
  if (ready > 0 && fds[0].revents != 0 && !happening.is_ended) {
    std::array<char, 256> octets{};
    const ssize_t size = read(STDIN_FILENO, octets.data(), octets.size());
    if (size > 0) input_.append(octets.data(), static_cast<std::size_t>(size));
    // With VMIN 0 a terminal that is there gives nothing only when nothing was typed.
    const bool is_gone = size < 0 ? errno != EAGAIN && errno != EINTR : size == 0;
    if (is_gone || (fds[0].revents & POLLHUP) != 0) happening.is_ended = true;
    happening.keys = take_keys(input_);
  }
  happening.is_told = ready > 0 && (fds[2].revents & POLLIN) != 0;
  if (is_gone_) happening.is_ended = true;
  return happening;
}

}  // namespace posthaste
