"""The table on standard output, the same in Markdown for the README, and results.json."""

import json

WIDTH = 78


def shown(row, result):
    if result.measured is None:
        return "not measured"
    digits = 1 if result.measured >= 5 else 2
    if not row.good(result) and round(result.measured, digits) == row.target:
        digits += 1  # a miss that rounding would hide
    return f"{result.measured:.{digits}f}{row.unit}"


def verdict(row, result):
    if result.skipped:
        return "skip"
    return "pass" if row.good(result) else "FAIL"


def print_table(pairs):
    print(f"\n{'what':<{WIDTH}} {'target':>9} {'measured':>12}")
    for row, result in pairs:
        print(f"{row.what:<{WIDTH}} {row.target_text():>9} {shown(row, result):>12}  {verdict(row, result)}")
        if result.note:
            print(f"    {row.name}: {result.note}")


def print_markdown(pairs):
    print("\n| what | target | measured | |\n|---|---|---|---|")
    for row, result in pairs:
        print(f"| {row.what} | {row.target_text()} | {shown(row, result)} | {verdict(row, result)} |")


def write_json(path, machine, bare, pairs):
    rows = {row.name: {"what": row.what, "target": row.target, "at_least": row.at_least,
                       "unit": row.unit.strip(), "measured": result.measured,
                       "verdict": verdict(row, result), "note": result.note, "rounds": result.rounds}
            for row, result in pairs}
    with open(path, "w") as file:
        json.dump({"machine": machine, "bare": bare, "rows": rows}, file, indent=1, ensure_ascii=False)
        file.write("\n")
