#!/usr/bin/python3
"""Tests of rfc_index."""

import json
import os
import tempfile
import unittest

from program import load

rfc_index = load("rfc_index")


def cited(comments):
    found, problems = rfc_index.citations_in("src/a.cc", comments)
    return [(c.rfc, c.section, c.line, c.gap) for c in found], [p[1] for p in problems]


class Citations(unittest.TestCase):
    def test_reads_the_form(self):
        self.assertEqual(cited("// RFC 5321 §4.5.3.2.7\n"), ([("5321", "4.5.3.2.7", 1, "")], []))
        self.assertEqual(cited("\n// see RFC 6376 §A.2.\n"), ([("6376", "A.2", 2, "")], []))
        self.assertEqual(cited("// (RFC 5890)\n"), ([("5890", "", 1, "")], []))

    def test_reads_several_sections_and_line_breaks(self):
        self.assertEqual([c[1] for c in cited("// RFC 6376 §3.4.3, §3.4.4 and §6\n")[0]],
                         ["3.4.3", "3.4.4", "6"])
        self.assertEqual(cited("// by RFC 6376\n// §3.5 and\n")[0], [("6376", "3.5", 1, "")])

    def test_reads_gaps(self):
        self.assertEqual(cited("// RFC 6532 §3.2, not done: no need yet\n")[0],
                         [("6532", "3.2", 1, "not done: no need yet")])

    def test_refuses_other_forms(self):
        for text in ("RFC5321", "rfc 5321", "RFC-5321", "RFC 5321 section 4", "RFC 5321, Section 4",
                     "RFC 5321 § 4", "RFC 5321§4", "RFC  5321 §4"):
            self.assertEqual(cited(f"\n// {text}\n")[1], [2], text)

    def test_takes_no_other_word_for_one(self):
        self.assertEqual(cited("// rfc822;a@b is an ORCPT, keys/rfc8032_7_1.key a file\n"), ([], []))


class Index(unittest.TestCase):
    TABLE = {"5321": {"title": "SMTP", "sections": ["1", "4"]},
             "9477": {"title": "CFBL", "subsections": ["3", "3.1", "3.2"]}}

    def run_on(self, root, files, check_only):
        files = {"tools/rfc_sections.json": json.dumps(self.TABLE), **files}
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return rfc_index.run(root, check_only)

    def test_writes_the_page_and_then_checks_it(self):
        with tempfile.TemporaryDirectory() as root:
            files = {"src/a/b.cc": "// RFC 5321 §4.2\nint a;\n",
                     "src/a/b_test.cc": "\n// RFC 9999 §1\n",
                     "src/a/c.cc": "// RFC 9999 §1\n"}
            self.assertEqual(len(self.run_on(root, files, True)), 1)
            self.assertEqual(self.run_on(root, files, False), [])
            self.assertEqual(self.run_on(root, files, True), [])
            page = open(os.path.join(root, "docs/rfc.md"), encoding="utf-8").read()
            self.assertIn("| §4.2 | [src/a/b.cc:1](../src/a/b.cc#L1) | [src/a/b_test.cc]", page)
            self.assertIn("| §1 | [src/a/c.cc:1](../src/a/c.cc#L1) | [src/a/b_test.cc:2]", page)
            files["src/a/b.cc"] = "\n" + files["src/a/b.cc"]
            stale = self.run_on(root, files, True)
            self.assertEqual(stale[0][0], "docs/rfc.md")

    def test_finds_sections_that_do_not_exist(self):
        with tempfile.TemporaryDirectory() as root:
            found = self.run_on(root, {"src/a.cc": "\n// RFC 5321 §12.1\n"}, False)
            self.assertEqual([p[:2] for p in found], [("src/a.cc", 2)])

    def test_finds_subsections_that_do_not_exist(self):
        with tempfile.TemporaryDirectory() as root:
            text = "// RFC 9477 §3.2\n// RFC 9477 §3.9\n// RFC 9477 §3\n"
            found = self.run_on(root, {"src/a.cc": text}, False)
            self.assertEqual([p[:2] for p in found], [("src/a.cc", 2)])

    def test_sorts_sections_by_number(self):
        order = sorted(["10", "A.1", "2.10", "2.9", ""], key=rfc_index.section_key)
        self.assertEqual(order, ["", "2.9", "2.10", "10", "A.1"])


if __name__ == "__main__":
    unittest.main()
