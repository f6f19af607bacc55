# Kedge — drift monitoring beside the model.
# SPDX-License-Identifier: Apache-2.0
"""The module is one file for Python 3.8 and later that needs nothing else."""

import ast
import importlib.util
import unittest

from support import CLIENT


class SourceTest(unittest.TestCase):
    def setUp(self):
        self.source = (CLIENT / "kedge.py").read_text()

    def test_it_is_in_the_language_of_3_8(self):
        for file in CLIENT.rglob("*.py"):
            with self.subTest(file=file.name):
                ast.parse(file.read_text(), feature_version=(3, 8))

    def test_it_imports_the_standard_library_alone(self):
        for node in ast.walk(ast.parse(self.source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module]
            for name in names:
                origin = importlib.util.find_spec(name).origin
                self.assertNotIn("site-packages", origin or "")

    def test_its_lines_fit(self):
        self.assertLessEqual(max(map(len, self.source.splitlines())), 100)
