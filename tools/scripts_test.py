#!/usr/bin/env python3
"""Tests of the scripts that decide whether the tree is good."""

import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).absolute().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE / "kafka.d"), str(HERE / "lint.d")]

import count_test_cases  # noqa: E402
import function_length  # noqa: E402
import layers  # noqa: E402
import modules  # noqa: E402
import text  # noqa: E402
import tidy  # noqa: E402
import wire  # noqa: E402


class CountTestCases(unittest.TestCase):
    def test_reads_each_form_of_a_summary(self):
        for log, counts in [
                ("All tests passed (663 assertions in 6 test cases)", (6, 0)),
                ("All tests passed (1 assertion in 1 test case)", (1, 0)),
                ("test cases:   6 |   2 passed |   4 failed", (2, 4)),
                ("test cases: 3 | 3 failed", (0, 3)),
                ("test cases: 3 | 2 passed | 1 failed as expected", (3, 0)),
                ("\x1b[1;32mAll tests passed\x1b[0m (2 assertions in 2 test cases)", (2, 0)),
                ("2 passed, 1 failed", (2, 1)),
                ("2 passed, 1 failed\n1795300843.2: src/main/tools/x.cc", (2, 1)),
                ("No tests ran", None),
                ("", None)]:
            self.assertEqual(count_test_cases.count_cases(log), counts, log)

    def test_a_target_that_fails_counts_at_least_once(self):
        crash = "Segmentation fault"
        leak = "All tests passed (9 assertions in 3 test cases)\nLeakSanitizer: leaks"
        self.assertEqual(count_test_cases.count_attempt("FAILED", crash), (0, 1))
        self.assertEqual(count_test_cases.count_attempt("TIMEOUT", ""), (0, 1))
        self.assertEqual(count_test_cases.count_attempt("FAILED", leak), (3, 1))

    def test_a_target_that_tests_nothing_fails(self):
        self.assertEqual(count_test_cases.count_attempt("PASSED", "hello"), (0, 1))

    def test_a_case_that_skips_itself_has_not_passed(self):
        log = "SKIPPED a cut: it needs root\nAll tests passed (1 assertion in 3 test cases)"
        self.assertEqual(count_test_cases.find_skipped(log), ["a cut: it needs root"])
        self.assertEqual(count_test_cases.count_attempt("PASSED", log), (2, 0))
        # Alone in its target: nothing has passed, and nothing is wrong.
        log = "SKIPPED a cut: it needs root\nAll tests passed (0 assertions in 1 test case)"
        self.assertEqual(count_test_cases.count_attempt("PASSED", log), (0, 0))

    def run_on(self, events, *flags):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)
            file.flush()
            run = subprocess.run([sys.executable, HERE / "count_test_cases.py", *flags,
                                  file.name], stdout=subprocess.PIPE, text=True, check=False)
        return run.returncode, run.stdout.splitlines()[-1]

    def test_the_last_line_adds_up_and_the_status_agrees(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write("All tests passed (9 assertions in 3 test cases)\n")
            log.flush()
            ran = {"id": {"testResult": {"label": "//a:b", "shard": 1}},
                   "testResult": {"status": "PASSED", "testActionOutput": [
                       {"name": "test.log", "uri": "file://" + log.name}]}}
            not_built = {"id": {"targetCompleted": {"label": "//a:c"}}, "completed": {}}
            self.assertEqual(self.run_on([ran]), (0, "3 passed, 0 failed"))
            self.assertEqual(self.run_on([ran, not_built]), (1, "3 passed, 1 failed"))
            self.assertEqual(self.run_on([ran], "--bazel-exit=3"), (1, "3 passed, 1 failed"))
            self.assertEqual(self.run_on([ran], "--planted-fault=failed"),
                             (1, "3 passed, 1 failed"))
            self.assertEqual(self.run_on([ran], "--left-out=//a:d", "--left-out=//a:e"),
                             (0, "3 passed, 0 failed"))
            self.assertEqual(self.run_on([ran], "--left-out=//a:d", "--left-out=//a:e",
                                         "--required"), (1, "3 passed, 2 failed"))
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write("SKIPPED x\nAll tests passed (9 assertions in 3 test cases)\n")
            log.flush()
            ran["testResult"]["testActionOutput"][0]["uri"] = "file://" + log.name
            self.assertEqual(self.run_on([ran]), (0, "2 passed, 0 failed"))
            self.assertEqual(self.run_on([ran], "--none-may-skip"), (1, "2 passed, 1 failed"))
        self.assertEqual(self.run_on([]), (1, "0 passed, 1 failed"))


class Kafka(unittest.TestCase):
    def run_kafka(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(
                os.environ, SLUICE_KAFKA_HOME=f"{folder}/kafka",
                # Port 1 refuses, as an unreachable Maven Central would not at once.
                MAVEN_OPTS=f"-Dmaven.repo.local={folder}/m2 -Dhttps.proxyHost=127.0.0.1 "
                           "-Dhttps.proxyPort=1")
            run = subprocess.run([HERE / "kafka", *words, "--dir", f"{folder}/run"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 check=False, env=environment)
            left = [path.name for path in pathlib.Path(folder).glob("kafka/*")]
        return run.returncode, run.stdout, run.stderr, left

    def test_says_that_it_cannot_be_had_and_leaves_nothing(self):
        status, out, error, left = self.run_kafka("start")
        self.assertEqual((status, out, left), (3, "", []), error)
        self.assertIn("cannot be fetched from Maven Central", error)

    def test_says_what_is_wrong_with_a_command(self):
        for words, status, message in [
                (["start", "--version", "2"], 2, "choose one of 3.9"),
                (["start", "--set", "x"], 2, "NAME=VALUE"),
                (["start", "--node", "2"], 1, "there is no Kafka in"),
                (["grant", "--role", "broker", "--user", "a"], 1, "there is no Kafka in"),
                (["topic", "a"], 2, "either --delete or --set")]:
            ended, out, error, _ = self.run_kafka(*words)
            self.assertEqual((ended, out), (status, ""), (words, error))
            self.assertIn(message, error)
        self.assertEqual(self.run_kafka("stop")[0], 0)

    def test_writes_down_what_it_means(self):
        self.assertEqual(wire.uvarint(300), b"\xac\x02")
        self.assertEqual(wire.compact("ab"), b"\x03ab")
        reader = wire.Reader(b"\xac\x02\x03ab\x00\x02cd\xff\xff")
        self.assertEqual((reader.uvarint(), reader.compact_string()), (300, "ab"))
        self.assertEqual((reader.string(), reader.string()), ("cd", ""))


class FunctionLength(unittest.TestCase):
    def lengths(self, head, lines, tail="}"):
        source = f"int before;\n\n{head}\n" + "  f();\n" * lines + tail + "\n\nint after;\n"
        return [length for _, length in function_length.long_functions(source)]

    def test_finds_functions_and_test_cases_above_the_limit(self):
        self.assertEqual(self.lengths("void F() {", 119), [121])
        self.assertEqual(self.lengths('TEST_CASE("x") {', 200), [202])
        self.assertEqual(self.lengths("absl::Status\nF(int a,\n    int b) {", 120), [124])

    def test_leaves_the_rest_alone(self):
        self.assertEqual(self.lengths("void F() {", 118), [])
        self.assertEqual(self.lengths("class C : public D {", 500, "};"), [])
        self.assertEqual(self.lengths("template <typename T>\nclass C {", 500, "};"), [])
        self.assertEqual(self.lengths("constexpr int kTable[] = {", 500, "};"), [])
        self.assertEqual(self.lengths("namespace {", 500, "}  // namespace"), [])
        self.assertEqual(self.lengths("constexpr char k[] =\n    \"\";\n\nclass C {", 500, "};"),
                         [])


class Layers(unittest.TestCase):
    def test_the_lowest_pattern_that_fits_is_the_layer(self):
        order = [["libs/base"], ["libs/bus", "libs/audit"], ["services/*"]]
        self.assertEqual(layers.layer_of("libs/audit", order), 1)
        self.assertEqual(layers.layer_of("services/broker", order), 2)
        self.assertIsNone(layers.layer_of("libs/new", order))

    def test_finds_a_circle_and_only_a_circle(self):
        self.assertIsNone(layers.find_circle({"a": {"b": 0, "c": 0}, "b": {"c": 0}}))
        self.assertEqual(layers.find_circle({"a": {"b": 0}, "b": {"c": 0}, "c": {"b": 0}}),
                         ["b", "c", "b"])

    def test_sees_includes_and_labels(self):
        self.assertEqual(layers.INCLUDE.findall('#include "libs/base/status.h"'),
                         ["libs/base"])
        self.assertEqual(layers.LABEL.findall('deps = ["//libs/base:a", "//libs/bus"],'),
                         ["libs/base", "libs/bus"])
        self.assertEqual(layers.INCLUDE.findall("#include <vector>"), [])


class Modules(unittest.TestCase):
    def test_a_row_of_the_table(self):
        row = modules.ROW.match("| `libs/base` | errors, files |")
        self.assertEqual(row.groups(), ("libs/base", "errors, files"))

    def test_modules_are_folders_below_three_parents(self):
        self.assertEqual(
            sorted(modules.modules(["libs/a/x.cc", "tools/lint.d/x.py", "tools/test",
                                    "tools/b/c/d.cc", "docs/e/f.md"])),
            ["libs/a", "tools/b"])


class Text(unittest.TestCase):
    def count(self, path, content):
        with contextlib.redirect_stdout(io.StringIO()):
            findings = text.Findings()
            text.check_name(path, findings)
            text.check_text(path, content, findings)
        return findings.count

    def test_finds_what_does_not_belong(self):
        for path, content in [
                ("a.cc", "x"), ("a.cc", "x \n"), ("a.cc", "\tx\n"), ("a.cc", "x\r\n"),
                ("a.cc", "\ufeffx\n"), ("a.cc", "\ufffd\n"), ("a.cc", "x\n\n"),
                ("a.cc", "// TO" "DO: x\n"), ("a.md", "see /wo" "rk/main/x\n"),
                ("libs/utils/a.cc", ""), ("libs/a/key_manager.cc", ""), ("a b.cc", "")]:
            self.assertEqual(self.count(path, content), 1, (path, content))

    def test_leaves_the_rest_alone(self):
        for path, content in [
                ("libs/a/a.cc", "// 买买提·艾力\nmkdtemp(\"XXXXXX\");\n"), ("a.md", ""),
                ("a.md", "https://example.org/work/x\n"), ("a.csv", "a\tb\n"),
                ("libs/community/a.cc", "")]:
            self.assertEqual(self.count(path, content), 0, (path, content))


class Tidy(unittest.TestCase):
    def test_takes_a_report_apart(self):
        report = "a.cc:1:2: error: x [y]\n  1 | code\nb.h:3:4: error: z [y]\nb.h:5:6: note: w"
        self.assertEqual(list(tidy.findings(report)), [
            "a.cc:1:2: error: x [y]\n  1 | code", "b.h:3:4: error: z [y]\nb.h:5:6: note: w"])
        self.assertEqual(list(tidy.findings("")), [])


class Divisions(unittest.TestCase):
    FILES = {
        "provinces.csv": 'code,name\n31,"上海市"\n32,"江苏省"\n',
        "cities.csv": 'code,name,provinceCode\n3101,"市辖区",31\n',
        "areas.csv": 'code,name,cityCode,provinceCode\n310101,"黄浦区",3101,31\n',
        "streets.csv": "code,name,areaCode,provinceCode,cityCode\n"
                       '310101002,"南京东路街道",310101,31,3101\n',
        "villages.csv": "code,name,streetCode,provinceCode,cityCode,areaCode\n"
                        '310101002001,"云中居委会",310101002,31,3101,310101\n',
    }

    def make(self, *flags, **replaced):
        with tempfile.TemporaryDirectory() as folder:
            dist = pathlib.Path(folder) / "dist"
            dist.mkdir()
            for name, content in self.FILES.items():
                content = replaced.get(name.split(".")[0], content)
                (dist / name).write_text(content, encoding="utf-8")
            out = pathlib.Path(folder) / "out.csv"
            run = subprocess.run([sys.executable, HERE / "divisions", "--package", folder,
                                  "--out", out, *flags], stderr=subprocess.PIPE, text=True,
                                 check=False)
            return run.stderr if run.returncode else out.read_text(encoding="utf-8")

    def test_one_table_with_parents_before_children(self):
        table = ("code,name,level,parent_code\n31,上海市,province,\n32,江苏省,province,\n"
                 "3101,市辖区,city,31\n310101,黄浦区,district,3101\n"
                 "310101002,南京东路街道,street,310101\n")
        self.assertEqual(self.make("--villages="), table)
        with_villages = table + "310101002001,云中居委会,village,310101002\n"
        self.assertEqual(self.make(), with_villages)
        self.assertEqual(self.make("--full"), with_villages)

    def test_refuses_what_it_cannot_make_a_table_of(self):
        self.assertIn("no province 99", self.make("--villages=99"))
        self.assertIn("cities.csv:2: parent 77", self.make(
            cities="code,name,provinceCode\n7701,x,77\n"))
        self.assertIn("needs quoting", self.make(provinces='code,name\n31,"a,b"\n'))


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
