"""docs/configuration.md names every variable that the settings read, and none that they do not."""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"""env_[a-z]+\(\s*f?["']([A-Z][A-Z0-9_]+)""")
WHOLE = {"__init__.py", "offline.py"}  # of modules, and of fewer applications
MODULES = [path for path in (ROOT / "bgsite" / "settings").glob("*.py") if path.name not in WHOLE]
COMPOSED = {"STRIPE_PRICE_"}  # a family of names that is put together in the settings


def read_by_settings() -> set[str]:
    return {name for path in MODULES for name in READ.findall(path.read_text())} - COMPOSED


def named_in_the_page() -> set[str]:
    rows = [
        line.split("|")[1]
        for line in (ROOT / "docs" / "configuration.md").read_text().splitlines()
        if "|" in line
    ]
    names = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", " ".join(rows)))
    return {name for name in names if not name.startswith(tuple(COMPOSED))}


def test_every_variable_is_in_the_page_and_every_name_is_read() -> None:
    assert {"DATA_DIR", "DATABASE_URL", "S3_BUCKET", "INFERENCE_ENGINE"} <= read_by_settings()
    assert read_by_settings() == named_in_the_page()


def test_a_setting_is_set_in_one_module_and_every_module_is_loaded() -> None:
    set_in = Counter(
        name
        for path in MODULES
        for name in {n for n in _assigned(ast.parse(path.read_text())) if n.isupper()}
    )
    assert [name for name, count in set_in.items() if count > 1] == []
    loaded = (ROOT / "bgsite" / "settings" / "__init__.py").read_text()
    assert all(f"from bgsite.settings.{path.stem} import *" in loaded for path in MODULES)


def _assigned(tree: ast.AST) -> list[str]:
    targets = [target for node in ast.walk(tree) if isinstance(node, ast.Assign) for target in node.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]
