"""``python -m slm`` is ``slm``."""

from slm.cli.main import run

if __name__ == "__main__":
    run()
