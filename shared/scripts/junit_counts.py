#!/usr/bin/env python3
"""Prints "passed failed skipped" of a JUnit report; names what did not pass on stderr."""
import sys
import xml.etree.ElementTree as ET

passed = failed = skipped = 0
for case in ET.parse(sys.argv[1]).getroot().iter("testcase"):
    name = case.get("name", "?")
    if case.find("failure") is not None or case.find("error") is not None:
        failed += 1
        print(f"FAILED  {name}", file=sys.stderr)
    elif case.find("skipped") is not None or case.get("status") == "notrun":
        skipped += 1
        print(f"SKIPPED {name}", file=sys.stderr)
    else:
        passed += 1
if passed + failed + skipped == 0:
    sys.exit(f"{sys.argv[1]}: no test ran")
print(passed, failed, skipped)
