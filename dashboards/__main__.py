"""`python -m dashboards`: write the dashboards as JSON for Grafana's file provisioning."""

import json
from pathlib import Path

from dashboards.watch_floor import watch_floor

FOLDER = Path(__file__).parent / "grafana"


def rendered() -> dict[str, str]:
    """Every dashboard, by the name of its file."""
    return {"watch-floor.json": json.dumps(watch_floor(), indent=2) + "\n"}


def main() -> None:
    """Write all files, replacing those before."""
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote {FOLDER / name}")


if __name__ == "__main__":
    main()
