#pragma once

#include <termios.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/screen_keys.h"

namespace posthaste {

// The whole terminal, for a program that draws it anew again and again: alternate screen, no
// cursor, keys as they are typed. Gives all back when it goes, also when a signal ends the program,
// and while it is stopped with Ctrl-Z. While it lives, signals are read from it.
//
//   auto screen = TerminalScreen::open();
//   (*screen)->draw(lines);
//   const auto what = (*screen)->wait(2s, -1);
class TerminalScreen {
 public:
  // Called before other threads are started, so that none of them gets the signals. Errors:
  // standard input or output is no terminal, or one that cannot be drawn on.
  static Result<std::unique_ptr<TerminalScreen>> open();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;
  ~TerminalScreen();

  ScreenSize size() const;
  // Requires: as many lines as the screen has rows.
  void draw(const std::vector<ScreenLine>& lines);

  struct Happening {
    std::vector<Key> keys;
    bool is_ended = false;    // by a signal, or the terminal is gone
    bool is_resized = false;  // or must be drawn anew for another reason
    bool is_told = false;     // `other` can be read
  };
  // Returns when something happens, at the latest after `most`. `other` is a file descriptor to
  // wait for, too; -1: none.
  Happening wait(std::chrono::milliseconds most, int other);

 private:
  TerminalScreen(const termios& before, const sigset_t& signals_before, int signal_fd);
  void enter();
  void leave();
  void stop_for_a_while();
  void take_signals(Happening& happening);
  bool write_all(const std::string& text);

  termios before_;
  sigset_t signals_before_;
  int signal_fd_;
  bool has_colour_;
  bool is_gone_ = false;  // nothing can be written any more
  std::string input_;
};

}  // namespace posthaste
