"""The comparison without a browser: `python -m methods CONTENT STYLE`."""

import sys

from compare.cli import main
from engine.ray.pool import RayPool

if __name__ == "__main__":
    sys.exit(main(pools={"ray": RayPool}))
