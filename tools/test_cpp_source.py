#!/usr/bin/python3
"""Tests of cpp_source.py."""

import unittest

import cpp_source


def found(text):
    code = cpp_source.without_comments(text)
    return [(f.name, f.first_line, f.last_line, f.parameters) for f in cpp_source.functions(code)]


class Comments(unittest.TestCase):
    def test_literals_and_comments_go_and_lines_stay(self):
        text = 'a("// no {", \'"\', R"x(\n}")x"); // {\n/* {\n */ b(1\'000);'
        code = cpp_source.without_comments(text)
        self.assertEqual(code.count("\n"), text.count("\n"))
        self.assertNotIn("{", code)
        self.assertNotIn("}", code)
        self.assertIn("b(1'000);", code)

    def test_only_comments_stay(self):
        only = cpp_source.comments_only('x("// in text"); // said\n')
        self.assertIn("said", only)
        self.assertNotIn("in text", only)


class Functions(unittest.TestCase):
    def test_finds_definitions_in_classes_and_namespaces(self):
        self.assertEqual(found(
            "namespace a {\nclass B final : C {\n public:\n  int f(int x) const {\n    return x;\n"
            "  }\n};\n}\n"), [("f", 4, 6, ["int x"])])

    def test_sees_through_templates_and_trailing_words(self):
        self.assertEqual(found(
            "template <class Use>\ndecltype(auto) with(Use&& use) const {\n  if (x) {\n  }\n}\n"),
            [("with", 1, 5, ["Use&& use"])])

    def test_reads_constructors_with_brace_initializers(self):
        self.assertEqual(found("A::A(int a, int b) : a_{a}, b_(b) {\n  go();\n}\nint f() {}\n"),
                         [("A::A", 1, 3, ["int a", "int b"]), ("f", 4, 4, [])])

    def test_splits_parameters_at_the_outer_commas_only(self):
        self.assertEqual(found("void f(std::map<int, int> m, void (*g)(int, int) = {}) {}")[0][3],
                         ["std::map<int, int> m", "void (*g)(int, int) = {}"])

    def test_sees_declarations_in_classes_but_no_statements(self):
        self.assertEqual([f[0] for f in found(
            "class A {\n  void f(int a);\n  int x = g(1);\n};\nvoid h() {\n  call(1, 2);\n}\n")],
            ["f", "h"])

    def test_takes_no_table_for_a_function(self):
        self.assertEqual(found("namespace {\nconst auto f = make([](int a) {\n  return a;\n});\n"
                               "constexpr T kTable[] = {\n  {1, 2},\n};\n}\n"), [])


if __name__ == "__main__":
    unittest.main()
