#!/usr/bin/python3
"""Tests of check_layers: each mistake is found, and right code is left alone."""

import os
import tempfile
import unittest

from program import load

check_layers = load("check_layers")

CMAKE = {
    "base": "posthaste_folder(base)",
    "platform": "posthaste_folder(platform LAYERS base LIBRARIES x)",
    "platform/io": "posthaste_folder(platform/io LAYERS platform)",
    "platform/dns": "posthaste_folder(platform/dns LAYERS platform/io)",
    "mail": "posthaste_folder(mail LAYERS base)",
    "spool": "posthaste_folder(spool LAYERS mail)",
    "identity": "posthaste_folder(identity LAYERS mail platform/dns)",
}


def problems(files, cmake=None):
    with tempfile.TemporaryDirectory() as root:
        tree = {f"src/{k}/CMakeLists.txt": v for k, v in {**CMAKE, **(cmake or {})}.items()}
        for path, text in {**tree, **files}.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return check_layers.check(root)


class Layers(unittest.TestCase):
    def assert_one(self, found, path, line, part):
        self.assertEqual(len(found), 1, found)
        self.assertEqual(found[0][:2], (path, line))
        self.assertIn(part, found[0][2])

    def test_downward_includes_are_right(self):
        self.assertEqual(problems({
            "src/identity/a.cc": '#include "identity/a.h"\n#include <vector>\n'
                                 '#include "mail/b.h"\n#include "base/c.h"\n'
                                 '#include "platform/dns/d.h"\n#include "platform/log.h"\n'}), [])

    def test_upward_include(self):
        self.assert_one(problems({"src/mail/a.cc": '\n#include "spool/b.h"\n'}),
                        "src/mail/a.cc", 2, "layer 4")

    def test_equal_layers(self):
        self.assert_one(problems({"src/spool/a.h": '#include "identity/b.h"\n'}),
                        "src/spool/a.h", 1, "identity")

    def test_lower_layer_that_is_not_linked(self):
        self.assert_one(problems({"src/spool/a.h": '#include "platform/io/b.h"\n'}),
                        "src/spool/a.h", 1, "without linking")

    def test_order_within_the_platform(self):
        self.assertEqual(problems({"src/platform/config.h": '#include "platform/log.h"\n'}), [])
        self.assert_one(problems({"src/platform/log.h": '#include "platform/config.h"\n'}),
                        "src/platform/log.h", 1, "log < metrics < config")
        self.assert_one(problems({"src/platform/io/a.h": '#include "platform/dns/b.h"\n'}),
                        "src/platform/io/a.h", 1, "layer")

    def test_include_without_folder(self):
        self.assert_one(problems({"src/mail/a.cc": '#include "a.h"\n'}), "src/mail/a.cc", 1,
                        "folder/file.h")

    def test_unknown_folder(self):
        self.assert_one(problems({"src/misc/a.h": "\n"}), "src/misc/a.h", 1, "no folder")

    def test_cmake_that_links_upward(self):
        self.assert_one(problems({}, {"mail": "# text\nposthaste_folder(mail LAYERS spool)"}),
                        "src/mail/CMakeLists.txt", 2, "no lower layer")

    def test_includes_in_comments_are_none(self):
        self.assertEqual(problems({"src/mail/a.cc": '// see\n/*\n#include "spool/b.h"\n*/\n'}), [])

    def test_files_in_inner_folders_belong_to_the_folder(self):
        self.assert_one(problems({"src/mail/verbs/a.cc": '#include "spool/b.h"\n'}),
                        "src/mail/verbs/a.cc", 1, "spool")


if __name__ == "__main__":
    unittest.main()
