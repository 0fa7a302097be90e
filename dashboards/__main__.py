"""`python -m dashboards`: write the dashboards as JSON for Grafana's file provisioning."""

from dashboards.rendered import FOLDER, rendered


def main() -> None:
    """Write all files, replacing those before."""
    for name, text in rendered().items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"wrote {FOLDER / name}")


if __name__ == "__main__":
    main()
