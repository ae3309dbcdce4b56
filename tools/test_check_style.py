#!/usr/bin/python3
"""Tests of check_style: each rule is broken once, and kept once."""

import unittest

from program import load

check_style = load("check_style")


def problems(text, path="src/mail/a.cc"):
    return list(check_style.check_file(path, text))


class Style(unittest.TestCase):
    def assert_one(self, text, part, line=1, path="src/mail/a.cc"):
        found = problems(text, path)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0][1])
        self.assertEqual(found[0][0], line)

    def assert_none(self, text, path="src/mail/a.cc"):
        self.assertEqual(problems(text, path), [])

    def test_coroutines_have_an_owner(self):
        self.assert_one("void f() {\n  co_spawn(a, b);\n}\n", "TaskGroup", 2)
        self.assert_none("void f() { co_spawn(a, b); }\n", "src/platform/io/task_group.cc")
        self.assert_none("#include <boost/asio/co_spawn.hpp>\n// co_spawn is elsewhere\n")
        self.assert_one("void f() { go(asio::detached); }\n", "owner")
        self.assert_one("void f() { thread.detach(); }\n", "owner")

    def test_time_is_passed_in(self):
        self.assert_one("auto t = std::chrono::system_clock::now();\n", "Clock&")
        self.assert_one("auto t = steady_clock::now();\n", "Clock&")
        self.assert_one("boost::asio::steady_timer timer_;\n", "Deadline")
        self.assert_one("void f() { std::this_thread::sleep_for(1s); }\n", "sleeps")
        self.assert_none("auto t = steady_clock::now();\n", "src/base/clock.cc")
        self.assert_none("using time_point = std::chrono::steady_clock::time_point;\n")
        self.assert_none('const char* text = "steady_clock::now";\n')

    def test_capturing_lambdas_are_not_awaited(self):
        self.assert_one("A f() {\n  co_await g([&] { return 1; });\n}\n", "co_await", 2)
        self.assert_one("A f() {\n  auto x = co_await g(1,\n    [this](int a) { h(a); });\n}\n",
                        "co_await", 3)
        self.assert_none("A f() {\n  auto [ec, n] = co_await g(a[1], [](int a) { return a; });\n}\n")
        self.assert_none("A f() {\n  auto h = [&] { return 1; };\n  co_await g(h);\n}\n")
        self.assert_none("A f() {\n  if (auto x = co_await g()) {\n    h([&] { return x; });\n  }\n}\n")

    def test_sizes(self):
        self.assert_one("int a;\n" * 401, "401 lines", 401)
        self.assert_none("int a;\n" * 400)
        self.assert_one("void f() {\n" + "  g();\n" * 59 + "}\n", "61 lines")
        self.assert_none("void f() {\n" + "  g();\n" * 58 + "}\n")
        self.assert_one("void f(int a, int b, int c, int d, int e, int g) {}\n", "6 parameters")
        self.assert_none("void f(std::map<int, int> a, int b, int c, int d, int e) {}\n")
        self.assert_one("class A {\n  void f(int a, int b, int c, int d, int e, int g);\n};\n",
                        "6 parameters", 2)

    def test_two_bools(self):
        self.assert_one("void f(bool a, int b, const bool c = false) {}\n", "two bool")
        self.assert_none("void f(bool a, std::vector<bool> b) {}\n")

    def test_names_say_what_things_are(self):
        self.assert_one("\n", "util or helper", 1, "src/mail/string_util.cc")
        self.assert_one("\n", "util or helper", 1, "src/mail/helpers/a.cc")
        self.assert_one("class ParseHelper;\n", "ParseHelper")
        self.assert_one("namespace utils {}\n", "utils")
        self.assert_none("#include <utility>\nclass Utilization;\n")

    def test_debts_have_an_issue(self):
        self.assert_one("// TODO: later\n", "TODO(#NUMBER)")
        self.assert_one("int a; /* FIXME */\n", "without an issue")
        self.assert_none("// TODO(#12): later\n// mail to todo@example.com\n")

    def test_headers_guard_themselves(self):
        self.assert_one("int a;\n", "#pragma once", 1, "src/mail/a.h")
        self.assert_none("// What.\n#pragma once\n", "src/mail/a.h")


if __name__ == "__main__":
    unittest.main()
