"""One target in the hands of atheris, which takes the arguments of libFuzzer."""

import sys


def main() -> None:
    """Fuzz a target; what is imported here is instrumented, and so must come after atheris."""
    import atheris

    with atheris.instrument_imports(
        include=["markets", "detectors", "alerts", "forensics", "dashboards", "streams"],
        enable_loader_override=False,
    ):
        from tests.fuzz.targets import TARGETS

    target, *arguments = sys.argv[1:]
    with TARGETS[target]() as tried:
        atheris.Setup([sys.argv[0], *arguments], tried)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
