"""Counts what a test program did: summarize.py SUITE EXIT_CODE XML OUT

XML is the report of a Catch2 program; without one, the last line of OUT says `N passed, N failed`.
Prints what failed, and as last line `SUITE: N passed, N failed`. A program that crashed, or failed
without saying where, or ran no case, counts as one failure more.
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree


def place(element):
    """The compiler was called in the build tree; people look from the root of the repository."""
    return f"{re.sub(r'^([.][.]/)+', '', element.get('filename'))}:{element.get('line')}"


def places_of_failure(case):
    for element in case.iter():
        if element.get("success") == "false" and element.tag == "Expression":
            text = " ".join((element.findtext("Original") or "").split())
            actual = " ".join((element.findtext("Expanded") or "").split())
            yield f"{place(element)}: {text}\n        was {actual}"
        elif element.tag in ("Exception", "Failure", "FatalErrorCondition"):
            text = (element.text or "").strip()
            yield f"{place(element)}: {element.tag.lower()}: {text}"


def count_cases(path):
    """The numbers of passed and failed cases, and whether the report ends as it should."""
    passed = failed = 0
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag != "TestCase":
                continue
            result = element.find("OverallResult")
            if result is None or result.get("success") != "true":
                failed += 1
                print(f"    FAILED {element.get('name')}")
                for failure in places_of_failure(element):
                    print(f"      {failure}")
            elif result.get("skips", "0") == "0":
                passed += 1
            element.clear()
    except (ElementTree.ParseError, OSError):
        return passed, failed, False
    return passed, failed, True


def main():
    suite, exit_code, xml, out = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    with open(out, errors="replace") as file:
        lines = file.read().splitlines()
    if os.path.exists(xml):
        passed, failed, whole = count_cases(xml)
    else:
        said = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1] if lines else "")
        passed, failed, whole = (int(said[1]), int(said[2]), True) if said else (0, 0, False)

    if not whole:
        failed += 1
        print(f"    FAILED {suite}_test ended early, with exit code {exit_code}")
    elif exit_code != 0 and failed == 0:
        failed = 1
        print(f"    FAILED {suite}_test has no failed case, but exit code {exit_code}")
    elif passed + failed == 0:
        failed = 1
        print(f"    FAILED {suite}_test ran nothing")
    if failed > 0:
        for line in lines[-60:]:
            print(f"    | {line}")
    print(f"{suite}: {passed} passed, {failed} failed")


main()
